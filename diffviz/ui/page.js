// The page around the player: what a person chooses becomes a run, and what the server says is shown where it belongs.
import { compose, ofStudent, parse, seedOf, unread } from "./address.js";
import { makeArrow } from "./arrow.js";
import { bindAside } from "./aside.js";
import { makeControls } from "./controls.js";
import { bindGlossary, escaped, index } from "./dialog.js";
import { embed } from "./embed.js";
import { bindFocus, bindSkip } from "./focus.js";
import { makeForm } from "./form.js";
import { headline } from "./headline.js";
import { laden, lightened } from "./heavy.js";
import { bindHelp, helpOf } from "./help.js";
import { keepHistory } from "./history.js";
import { bindKeys } from "./keys.js";
import { makeLessons } from "./lessons.js";
import { makeNotices } from "./notices.js";
import { bindPresent } from "./present.js";
import { makeQuestions } from "./questions.js";
import { beside, differing, domainOf, withChoice, withDataset } from "./rules.js";
import { makeRequests } from "./requests.js";
import { makeResults } from "./results.js";
import { makeRunning } from "./running.js";
import { makeSettings } from "./settings.js";
import { bindShare } from "./share.js";
import { makeSweep } from "./sweep.js";
import { makeSwitch } from "./switch.js";
import { makeTrainTab } from "./train/tab.js";
import { bindTheme } from "./theme.js";
import { makeRunButton, watchServer } from "./waiting.js";

const FILE_MS = 250; // until Gradio has put the file's address into its place

/** @typedef {Record<string, any>} Values */
/** @typedef {import("./settings.js").Problems} Problems */

/** @param {HTMLElement} element @param {{trigger: (event: string, data: object) => void, watch: Function, said: () => string, ask: (name: string) => (what: object) => Promise<any>}} bridge ask: a function of the server, by its name in Python */
export function mount(element, bridge) {
  const table = JSON.parse(document.getElementById("dv-tables")?.textContent || "{}");
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const player = () => /** @type {any} */ (element.querySelector("#dv-player .dv"))?.player;
  const { full, key, questionOf, wrong } = makeSettings(table);

  /**
   * problems: of each side's controls, what is wrong; filled: the newest request whose form was shown or is no longer wanted
   * @type {{runs: Values[], side: number, question: any, problems: Problems[], filled: number, shown: any}}
   */
  const state = { runs: [full(table.questions[0].runs[0])], side: 0, question: table.questions[0], problems: [{}, {}], filled: 0, shown: null };
  const requests = makeRequests(bridge.trigger, (request) => player()?.expect(request));
  const student = new URLSearchParams(location.search).get("student")?.slice(0, 40) ?? "";

  // ---- the parts ----

  const sides = makeSwitch(element, {
    compare,
    turn(side) {
      state.problems = [{}, {}]; // what was typed wrong is left
      turnTo(side);
    },
    copy: () => exchange([state.runs[state.side], state.runs[state.side]]),
    swap: () => exchange([...state.runs].reverse()),
  });
  const form = makeForm(find(".dv-form"), table, makeControls(table, /** @type {HTMLDialogElement} */ (find(".dv-gallery")), bridge.ask), changed);
  const notices = makeNotices(find(".dv-notice"), form, { sides: () => state.runs.length, side: () => state.side, turnTo });
  const button = makeRunButton(find(".dv-actions"));
  const running = makeRunning({ requests, waits: bridge.ask("waits_for"), key, isShown: () => isShown(), player, button, sweep: () => sweep });
  const questions = makeQuestions(find(".dv-question"), /** @type {HTMLDialogElement} */ (find(".dv-drawer-of-questions")), table, ask);
  const lessons = makeLessons(element, table, {
    failed: () => notices.tell([{ field: "run", message: "The lessons cannot be fetched: the server does not answer.", side: null }]),
    reveal: bridge.ask("reveal_step"),
    warm: bridge.ask("warm_lesson"),
    show(step, view, going) {
      train.show(false);
      if (running.busy) running.stop(); // nothing of the step before comes under this one's text
      else running.forget();
      clear();
      fill(step.runs);
      state.question = null;
      restore(view, isShown());
      refresh();
      if (!isShown()) return run(true, going);
      running.going = going;
      showRun(state.shown);
    },
    again: (view) => restore(view, true),
    over: () => restore({ asking: false }),
    seeds: () => state.runs.map(({ seed }) => seed),
    seed: student ? seedOf(student) : null,
    left() {
      restore({ only: [] }, true);
      touched();
      if (isShown()) showRun(state.shown);
    },
    arrow: () => arrow.open(),
    pick: (panel, found) => player()?.panels.places.ask(panel, found),
    mark: (marks) => player()?.panels.mark(marks),
  });
  const viewed = () => window.dispatchEvent(new CustomEvent("diffviz:view"));
  const train = makeTrainTab(element, { table, ask: bridge.ask, player, run: () => state.runs[state.side], explore: show, menus: () => refresh(), changed: viewed });
  const results = makeResults(table.results, {
    show: (row) => show(row.runs, row.layers),
    changed: viewed,
    failed: () => notices.tell([{ field: "run", message: "The results cannot be fetched: the server does not answer.", side: null }]),
  });
  bindHelp(find(".dv-form"), (row) => helpOf(table, form.help(row.dataset.field || ""), state.runs[state.side]));
  bindGlossary(table.glossary, () => state.shown?.runs[0].worked || {});
  bindTheme(find(".dv-theme"));
  bindFocus(element);
  bindSkip(find(".dv-skip"));
  bindAside(find(".dv-controls-toggle"), element);
  bindPresent(find(".dv-present-button"));
  bindKeys({ a: () => { if (domainOf(table, state.runs[0].dataset).arrow && state.shown) arrow.open(); } });
  bindShare(find(".dv-share"), find(".dv-menu-list"), table.files, { link: () => new URL(`?${address()}`, location.href).href, run: () => state.shown && (state.shown.comparison || state.shown.runs[0]), file: takeFile, training: () => (train.recipes ? train.command : null) });
  const sweep = makeSweep(() => {
    if (running.busy) running.stop();
    running.begin("sweep", { runs: state.runs });
    running.work(true);
  }, () => running.stop());
  const arrow = makeArrow({ ask: bridge.ask("time_arrow"), run: () => state.runs[state.side], changed: viewed });
  watchServer(() => running.busy, () => {
    player()?.stop();
    running.finished();
    notices.tell([{ field: "run", message: "The server no longer answers. What has come can be played; load the page again to go on.", side: null }]);
  });

  // ---- what a person does ----

  /** A control was changed. @param {string} name @param {any} value @param {string} problem @param {number} [most] particles of such a run */
  function changed(name, value, problem, most = Infinity) {
    const problems = state.problems[state.side];
    if (problem) problems[name] = problem;
    else delete problems[name];
    if (!problem) {
      const values = { ...state.runs[state.side] }, other = state.runs[1 - state.side];
      values.particles = Math.min(values.particles, most);
      state.runs[state.side] = name === "dataset" ? withDataset(table, values, value) : withChoice(table, values, name, value);
      if (other) state.runs[1 - state.side] = beside(table, state.runs[state.side], other);
    }
    touched();
  }

  /** Both sides have others' settings. @param {Values[]} runs */
  function exchange(runs) {
    state.problems = [{}, {}];
    state.runs = runs.map((values) => ({ ...values }));
    touched();
  }

  /** The settings are others than before: they are run after a moment of quiet. */
  function touched() {
    answer();
    refresh();
    state.filled = requests.newest;
    notices.tell(wrong(state.runs, state.problems));
    running.soon(() => run(false));
  }

  /** Which question the settings answer. */
  function answer() {
    state.question = questionOf(state.runs, state.question);
    questions.show(state.question);
  }

  /** Other runs than before, of a question or an address. @param {Values[]} runs */
  function fill(runs) {
    state.runs = runs.map((values) => full(student ? { ...values, seed: seedOf(student) } : values));
    state.side = 0;
    state.problems = [{}, {}];
    form.reveal(state.runs);
  }

  /** @param {any} question @param {boolean} [going] along the history */
  function ask(question, going = false) {
    lessons.end();
    fill(question.runs);
    state.question = question;
    questions.show(question);
    restore({ layers: question.layers, only: [] });
    refresh();
    run(true, going);
  }

  /** @param {boolean} asked by Run itself @param {boolean} [going] along the history */
  function run(asked, going = false) {
    running.forget();
    const problems = wrong(state.runs, state.problems);
    if (asked || problems.length) notices.tell(problems);
    if (!problems.length) running.run(state.runs, asked, going);
  }

  /** Runs that no question asks for. @param {Values[]} runs @param {string[] | null} [layers] */
  function show(runs, layers) {
    train.show(false);
    lessons.end();
    fill(runs);
    state.question = null;
    restore({ large: null, zoom: null, turn: null, chosen: null, place: null, only: [], at: undefined, ...(layers ? { layers } : {}) });
    answer();
    refresh();
    run(true);
  }

  /** What was typed wrong is left: the boxes show the values that count. */
  function clear() {
    state.problems = [{}, {}];
    notices.tell([]);
  }

  function compare() {
    clear();
    lessons.end();
    restore({ only: [] });
    state.runs = state.runs.length > 1 ? [state.runs[0]] : [state.runs[0], { ...state.runs[0] }];
    state.side = state.runs.length - 1;
    answer();
    refresh();
    run(true);
  }

  // ---- what is shown of it ----

  function refresh() {
    const pair = state.runs.length > 1, marked = pair ? differing(table, state.runs[0], state.runs[1]) : [];
    form.show(state.runs[state.side], marked, state.problems[state.side]);
    sides.show(pair, state.side);
    find(".dv-sweep").hidden = !domainOf(table, state.runs[0].dataset).sweep;
    find(".dv-arrow-open").hidden = !domainOf(table, state.runs[0].dataset).arrow;
    document.body.classList.toggle("dv-changed", Boolean(state.shown) && !isSame());
  }

  /** Are the settings those of the run on screen? */
  const isSame = () => Boolean(state.shown?.runs.every((/** @type {any} */ run) => run.experiment)) && key(state.shown.runs.map((/** @type {any} */ run) => run.experiment)) === key(state.runs);

  /** And is all of it there? */
  const isShown = () => isSame() && Boolean(player()?.complete);

  /** Whose controls are shown. @param {number} side */
  function turnTo(side) {
    state.side = side;
    refresh();
    notices.show();
  }

  // ---- the address ----

  const address = () => {
    const { runs } = state.shown;
    return compose(runs.map((/** @type {any} */ each) => lightened(each.query)), table.defaults.dataset, state.question && isSame() ? state.question.key : null, { ...player()?.view?.(), arrow: arrow.steps, train: train.recipes }, lessons.address, student, results.isOpen);
  };

  /** @param {any} view of the run that comes next @param {boolean} [now] of the one on screen */
  function restore(view, now = false) {
    if (player()) player().restore(view, now);
    else window.addEventListener("diffviz:ready", () => player().restore(view, true), { once: true }); // it may have come by then
  }

  /** @param {string} search */
  async function open(search) {
    const { question, lesson, step, results: wanted, view: { arrow: steps, train: training, ...view }, plain } = parse(search);
    arrow.expect(steps);
    train.show(Boolean(training), training);
    if (wanted) results.open();
    const others = [...unread(search, [...Object.keys(table.defaults), ...table.former]), ...train.unread(training)], lost = others.length ? [`The address has ${others.length > 1 ? "fields" : "a field"} that the page does not know: ${others.slice(0, 5).map(escaped).join(", ")}.`] : [];
    notices.link(lost);
    if (lesson) {
      const found = await lessons.enter(lesson, step, view);
      if (found.lost) notices.link([...lost, found.lost]);
      if (found.entered) return;
    } else if (step) notices.link([...lost, `The address has a step, “${escaped(step)}”, and no lesson.`]);
    lessons.end();
    if (Object.keys(view).length) restore({ large: null, zoom: null, turn: null, chosen: null, place: null, only: [], ...view });
    if (plain) return ask(table.questions[0], true);
    running.begin("link", { query: ofStudent(laden(search)) }, true);
    state.question = questions.find(question);
    running.work(true);
  }

  const framed = embed(/** @type {HTMLAnchorElement} */ (find(".dv-whole")), () => (state.shown ? address() : ""));
  const keep = framed ? () => {} : keepHistory(address, () => Boolean(state.shown) && !running.going, open);
  /** what the history has an entry for */
  let entry = "";
  const showRun = (/** @type {any} */ detail) => {
    state.shown = detail;
    headline(find(".dv-shown"), detail);
    lessons.shown();
    if (isSame()) button.light(null);
    refresh();
    arrow.shown();
    const before = entry;
    entry = JSON.stringify([detail.runs.map((/** @type {any} */ run) => run.query), lessons.address]);
    keep(!running.going && Boolean(before) && before !== entry);
    running.going = false;
  };
  window.addEventListener("diffviz:run", (event) => showRun(/** @type {CustomEvent} */ (event).detail));
  window.addEventListener("diffviz:lost", () => { // messages of a run that the server no longer has
    if (isSame()) run(true);
    else player()?.stop();
  });
  window.addEventListener("diffviz:change", (event) => { // in a panel, which is to show what it does
    const { side, name, value } = /** @type {CustomEvent} */ (event).detail;
    if (state.side !== side) turnTo(side);
    changed(name, value, "");
    run(true);
  });
  window.addEventListener("diffviz:busy", (event) => {
    const { busy, request } = /** @type {CustomEvent} */ (event).detail;
    if (request === requests.newest) running.work(busy);
  });

  // ---- what the server says ----

  let heard = "";
  bridge.watch("value", () => {
    const said = JSON.parse(bridge.said() || "{}");
    if (said.request !== undefined && said.request !== requests.newest) return; // of what is no longer wanted
    if (said.form && state.filled !== said.request) {
      state.filled = said.request;
      fill(said.form);
      running.asks(state.runs);
      answer();
      refresh();
      train.came();
    }
    const told = JSON.stringify([said.request, said.notices]); // each request's anew, though it be in the same words
    if (said.notices && told !== heard) notices.tell(said.notices);
    heard = told;
    if (said.sweep) sweep.told(said.sweep);
    if (said.file) setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector("#dv-file"))?.click(), FILE_MS);
    if (said.waits) button.light(said.waits);
    if (said.before !== undefined) button.wait(said.before);
    if (running.busy && said.before !== undefined && said.before !== null) running.work(true); // it can be stopped
    if (said.ended) running.finished();
  });

  /** @param {string} kind */
  function takeFile(kind) {
    if (!state.shown) return;
    bridge.trigger("file", { kind, runs: state.shown.runs.map((/** @type {any} */ run) => run.experiment), view: player()?.view?.() || {}, lesson: lessons.address });
  }

  // ---- buttons ----

  const on = (/** @type {string} */ selector, /** @type {(event: MouseEvent) => void} */ action) => find(selector).addEventListener("click", action);
  on(".dv-run", () => run(true));
  on(".dv-stop", () => running.stop());
  on(".dv-sweep", () => sweep.open(domainOf(table, state.runs[0].dataset).sweep));
  on(".dv-arrow-open", () => arrow.open());
  on(".dv-terms", () => index(table.glossary));
  on(".dv-tab-results", () => results.open());
  on(".dv-draw", () => {
    for (const values of state.runs) values.seed = (values.seed + 1) % 2 ** 31;
    touched();
  });
  on(".dv-reset", () => ask(state.question || table.questions.find((/** @type {any} */ q) => q.runs.length === state.runs.length && full(q.runs[0]).dataset === state.runs[0].dataset) || table.questions[0]));

  Object.assign(find(".dv-student"), { hidden: !student, textContent: `student ${student}: seed ${seedOf(student)}` });
  refresh();
  questions.show(state.question);
  if (matchMedia("(min-width: 901px) and (min-height: 950px)").matches) for (const fold of Object.keys(table.folds)) form.open(fold);
  button.light(null);
  if (player()?.shown) showRun(player().shown);
  running.work(Boolean(player()?.busy));
  if (location.search) open(location.search); // of an address without, the run was sent along with the page
}
