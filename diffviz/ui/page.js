// The page around the player: what a person chooses becomes a run, and what the server says is shown where it belongs.
import { compose, parse } from "./address.js";
import { bindGlossary, index, make } from "./dialog.js";
import { makeDrawer } from "./drawer.js";
import { makeForm } from "./form.js";
import { makeGallery } from "./gallery.js";
import { headline } from "./headline.js";
import { bindHelp } from "./help.js";
import { makePainter } from "./painter.js";
import { bindPresent } from "./present.js";
import { makeQuestions } from "./questions.js";
import { canonical, differing, domainOf, offered, relevant, withDataset } from "./rules.js";
import { bindShare } from "./share.js";
import { makeSweep } from "./sweep.js";
import { bindTheme } from "./theme.js";
import { makeUpload } from "./upload.js";
import { watchServer } from "./waiting.js";

const QUIET_MS = 150; // after the last change of a control
const FILE_MS = 250; // until Gradio has put the file's address into its place
const ADDRESS_MS = 400; // between two changes of the address by the view alone

/** @typedef {Record<string, any>} Values */

/** @param {HTMLElement} element @param {{trigger: Function, watch: Function, said: () => string, paint: (what: object) => Promise<any>, takePicture: (what: object) => Promise<any>}} bridge */
export function mount(element, bridge) {
  const table = JSON.parse(document.getElementById("dv-tables")?.textContent || "{}");
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const player = () => /** @type {any} */ (element.querySelector(".dv"))?.player;
  const full = (/** @type {Values} */ values) => ({ ...table.defaults, ...values });

  /** @type {{runs: Values[], side: number, question: any, problems: Record<string, string>, waits: boolean, busy: boolean, shown: any, going: boolean}} */
  const state = { runs: [full(table.questions[0].runs[0])], side: 0, question: table.questions[0], problems: {}, waits: false, busy: false, shown: null, going: false };
  /** @type {any} */
  let timer = null;
  const ready = player() ? Promise.resolve() : new Promise((resolve) => window.addEventListener("diffviz:ready", resolve, { once: true }));

  // each request has its turn: a later one of the same visitor ends those before it (turns.py)
  let turn = 0;
  const ask = (/** @type {string} */ name, /** @type {object} */ data) => bridge.trigger(name, { ...data, turn: ++turn });

  // ---- the parts ----

  const own = {
    gallery: (/** @type {any} */ _field, /** @type {any} */ tell) => makeGallery(table, /** @type {HTMLDialogElement} */ (find(".dv-gallery")), tell),
    drawer: makeDrawer,
    upload: (/** @type {any} */ field, /** @type {any} */ tell) => makeUpload(field, (value, problem, most) => {
      const values = state.runs[state.side];
      values.particles = Math.min(values.particles, most ?? Infinity);
      tell(value, problem);
    }, bridge.takePicture),
    painter: (/** @type {any} */ field, /** @type {any} */ tell) => makePainter(field, tell, bridge.paint),
  };
  const form = makeForm(find(".dv-form"), table, own, changed);
  const questions = makeQuestions(find(".dv-question"), /** @type {HTMLDialogElement} */ (find(".dv-drawer-of-questions")), table, pose);
  bindHelp(find(".dv-form"), (row) => helpOf(row.dataset.field || ""));
  bindGlossary(table.glossary, () => state.shown?.runs[0].worked || {});
  bindTheme(find(".dv-theme"));
  bindPresent(find(".dv-present-button"));
  bindShare(find(".dv-share"), find(".dv-menu-list"), table.files, { link: () => new URL(`?${address()}`, location.href).href, run: () => state.shown && (state.shown.comparison || state.shown.runs[0]), file: takeFile });
  const sweep = makeSweep(find(".dv-said"), () => setBusy(false));
  watchServer(() => state.busy, () => {
    player()?.stopped();
    setBusy(false);
    notices([{ field: "run", message: "The server no longer answers. What has come can be played; load the page again to go on.", side: null }]);
  });

  /** @param {string} name */
  function helpOf(name) {
    const field = form.help(name), value = state.runs[state.side][name];
    const rows = field?.kind === "menu" ? (domainOf(table, state.runs[state.side].dataset).choices[name] || field.choices || []) : [];
    const why = rows.find((/** @type {any} */ row) => row[0] === String(value ?? ""))?.[2];
    return field ? [field.help, why && `Now: ${why}`].filter(Boolean).join("\n") : "";
  }

  // ---- what a person does ----

  /** A control was changed. @param {string} name @param {any} value @param {string} problem */
  function changed(name, value, problem) {
    if (problem) state.problems[name] = problem;
    else delete state.problems[name];
    if (!problem) {
      const values = state.runs[state.side];
      state.runs[state.side] = name === "dataset" ? withDataset(table, values, value) : offered(table, { ...values, [name]: value });
      const both = domainOf(table, state.runs[0].dataset);
      if (state.runs.length > 1) { // what both must have alike
        for (const shared of both.shared || []) if (shared === name || (name === "dataset")) state.runs[1 - state.side] = name === "dataset" ? withDataset(table, state.runs[1 - state.side], value) : { ...state.runs[1 - state.side], [shared]: state.runs[state.side][shared] };
      }
    }
    touched();
  }

  /** The settings are others than before: they are run after a moment of quiet. */
  function touched() {
    const same = state.question && isAnswered(state.question);
    if (!same) state.question = table.questions.find(isAnswered) || null;
    questions.show(state.question);
    refresh();
    notices(Object.entries(state.problems).map(([field, message]) => ({ field, message, side: null })));
    clearTimeout(timer);
    timer = setTimeout(() => run(false), QUIET_MS);
  }

  const isAnswered = (/** @type {any} */ question) => question.runs.length === state.runs.length && question.runs.every((/** @type {Values} */ values, /** @type {number} */ i) => JSON.stringify(canonical(table, full(values))) === JSON.stringify(canonical(table, state.runs[i])));

  /** @param {any} question */
  function pose(question) {
    state.question = question;
    state.runs = question.runs.map(full);
    state.side = 0;
    state.problems = {};
    questions.show(question);
    player()?.restore?.({ layers: question.layers });
    refresh();
    run(true);
  }

  /** @param {boolean} asked by Run itself */
  function run(asked) {
    clearTimeout(timer);
    const counted = relevant(table, state.runs[state.side]), wrong = Object.keys(state.problems).filter((name) => counted.has(name));
    if (wrong.length) return;
    if (!asked && state.shown && isShown()) return light(false);
    if (state.busy) ask("stop", { replaced: true }); // a place of the queue is free for what comes
    if (asked) light(false);
    if (asked) setBusy(true);
    ask("run", { runs: state.runs, asked });
  }

  function stop() {
    sweep.end();
    ask("stop", {});
    setBusy(false);
  }

  /** What was typed wrong is left: the boxes show the values that count. */
  function forget() {
    state.problems = {};
    notices([]);
  }

  function compare() {
    forget();
    if (state.runs.length > 1) {
      state.runs = [state.runs[0]];
      state.side = 0;
    } else {
      state.runs = [state.runs[0], { ...state.runs[0] }];
      state.side = 1;
    }
    state.question = table.questions.find(isAnswered) || null;
    questions.show(state.question);
    refresh();
    run(true);
  }

  // ---- what is shown of it ----

  function refresh() {
    const pair = state.runs.length > 1, marked = pair ? differing(table, state.runs[0], state.runs[1]) : [];
    form.show(state.runs[state.side], marked, state.problems);
    find(".dv-switch").hidden = !pair;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(".dv-switch [data-side]"))) button.setAttribute("aria-pressed", String(Number(button.dataset.side) === state.side));
    find(".dv-switch [data-do=copy]").textContent = state.side ? "copy to A" : "copy to B";
    find(".dv-sweep").hidden = !domainOf(table, state.runs[0].dataset).sweep;
    const button = find(".dv-compare");
    button.setAttribute("aria-pressed", String(pair));
    button.textContent = pair ? "Compare: A | B ×" : "Compare";
    element.classList.toggle("dv-b-shown", pair && state.side === 1);
    document.body.classList.toggle("dv-changed", Boolean(state.shown) && !isShown());
  }

  /** Are the settings those of the run on screen? */
  const isShown = () => {
    const runs = state.shown?.runs;
    return Boolean(runs) && runs.length === state.runs.length && runs.every((/** @type {any} */ run, /** @type {number} */ i) => run.experiment && JSON.stringify(canonical(table, full(run.experiment))) === JSON.stringify(canonical(table, state.runs[i])));
  };

  /** Run stays lit until it is pressed, or the settings are again what is shown. @param {boolean} waits @param {number} [seconds] */
  function light(waits, seconds = 0) {
    state.waits = waits;
    find(".dv-run").classList.toggle("dv-lit", waits);
    find(".dv-hint-line").textContent = waits ? `This takes about ${seconds < 1.5 ? "a second" : `${Math.round(seconds)} seconds`}: press Run.` : "Changes run by themselves; longer runs wait for Run.";
  }

  /** @param {boolean} busy */
  function setBusy(busy) {
    state.busy = busy;
    find(".dv-run").hidden = busy;
    find(".dv-stop").hidden = !busy;
  }

  /** Each error beside its control, or over Run where it has none. @param {{field: string, message: string, side: number | null}[]} list */
  function notices(list) {
    form.forgive();
    const place = find(".dv-said"), rest = list.filter(({ field, message, side }) => !((side === null || side === state.side || state.runs.length === 1) && form.tell(field, message)));
    place.replaceChildren(...rest.map(({ message, side }) => {
      const said = make("p", { className: "dv-error", textContent: side === null || state.runs.length === 1 ? message : `${"AB"[side]}: ${message}` });
      said.setAttribute("role", "alert");
      return said;
    }));
  }

  // ---- the address ----

  const address = () => {
    const { runs } = state.shown;
    return compose(runs.map((/** @type {any} */ each) => each.query), table.defaults.dataset, state.question && isShown() ? state.question.key : null, player()?.view?.() || {});
  };

  /** @param {string} search */
  async function open(search) {
    const { question, view, plain } = parse(search);
    state.going = true;
    state.question = questions.find(question);
    await ready; // what is to be seen of the run must be known to the player before the run comes
    if (Object.keys(view).length) player()?.restore?.(view);
    if (plain) return pose(table.questions[0]);
    setBusy(true);
    ask("link", { query: search });
  }

  const showRun = (/** @type {any} */ detail) => {
    const before = state.shown?.runs.map((/** @type {any} */ run) => run.query).join();
    state.shown = detail;
    headline(find(".dv-shown"), detail);
    if (isShown()) light(false);
    refresh();
    const now = detail.runs.map((/** @type {any} */ run) => run.query).join(), url = `?${address()}`;
    if (state.going || before === undefined || before === now) history.replaceState(null, "", url);
    else history.pushState(null, "", url);
    state.going = false;
  };
  window.addEventListener("diffviz:run", (event) => showRun(/** @type {CustomEvent} */ (event).detail));
  window.addEventListener("popstate", () => open(location.search));
  let waiting = false;
  window.addEventListener("diffviz:view", () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (state.shown && !state.going) history.replaceState(null, "", `?${address()}`);
    }, ADDRESS_MS);
  });
  window.addEventListener("diffviz:busy", (event) => setBusy(/** @type {CustomEvent} */ (event).detail.busy));

  // ---- what the server says ----

  bridge.watch("value", () => {
    const said = JSON.parse(bridge.said() || "{}");
    if (said.form) {
      state.runs = said.form.map(full);
      state.side = 0;
      if (!state.question || !isAnswered(state.question)) state.question = table.questions.find(isAnswered) || null;
      questions.show(state.question);
      refresh();
    }
    if (said.notices) notices(said.notices);
    if (said.notices?.length) setBusy(false);
    if (said.sweep) sweep.told(said.sweep);
    if (said.file) setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector("#dv-file"))?.click(), FILE_MS);
    if (said.waits) light(true, said.waits);
  });

  /** @param {string} kind */
  function takeFile(kind) {
    if (!state.shown) return;
    ask("file", { kind, runs: state.shown.runs.map((/** @type {any} */ run) => run.experiment), layers: player()?.view?.().layers || [] });
  }

  // ---- buttons ----

  const on = (/** @type {string} */ selector, /** @type {(event: MouseEvent) => void} */ action) => find(selector).addEventListener("click", action);
  on(".dv-run", () => run(true));
  on(".dv-stop", stop);
  on(".dv-skip", (event) => {
    event.preventDefault();
    const stage = /** @type {HTMLElement} */ (document.getElementById("dv-player"));
    stage.tabIndex = -1;
    stage.focus();
  });
  on(".dv-sweep", () => {
    sweep.begin();
    setBusy(true);
    ask("sweep", { runs: state.runs });
  });
  on(".dv-terms", () => index(table.glossary));
  on(".dv-controls-toggle", () => {
    const open = element.classList.toggle("dv-aside-shown");
    find(".dv-controls-toggle").setAttribute("aria-expanded", String(open));
  });
  on(".dv-compare", compare);
  on(".dv-draw", () => {
    for (const values of state.runs) values.seed = (values.seed + 1) % 2 ** 31;
    touched();
  });
  on(".dv-reset", () => pose(state.question || table.questions.find((/** @type {any} */ q) => q.runs.length === state.runs.length && full(q.runs[0]).dataset === state.runs[0].dataset) || table.questions[0]));
  on(".dv-switch", (event) => {
    const { side, do: what } = /** @type {HTMLElement} */ (event.target).dataset;
    forget();
    if (side) state.side = Number(side);
    else if (what === "copy") state.runs[1 - state.side] = { ...state.runs[state.side] };
    else if (what === "swap") state.runs.reverse();
    if (what) touched();
    else refresh();
  });

  refresh();
  questions.show(state.question);
  light(false);
  if (player()?.shown) showRun(player().shown);
  setBusy(Boolean(player()?.busy));
  if (location.search && !parse(location.search).plain) open(location.search);
}
