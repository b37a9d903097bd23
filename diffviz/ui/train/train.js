// The Train tab: settings, a training that is pulled from the server, and all that is shown of it, on one training time.
import { Charts } from "../../player/charts.js";
import { find, write } from "../../player/dom.js";
import { badge } from "../../player/panels.js";
import { Theme } from "../../player/theme.js";
import { showText } from "../dialog.js";
import { CHART_SETS, chartSetsOf, chartsOf } from "./charts.js";
import { bindKept } from "./kept.js";
import { Moment } from "./moment.js";
import { countOf } from "./numbers.js";
import { TrainPanels } from "./panels.js";
import { PACES, Pull } from "./pull.js";
import { Reports } from "./reports.js";
import { makeTrainSettings } from "./settings.js";
import { ASIDE, STAGE, WATCH } from "./stage.js";
import { makeSteady } from "./steady.js";
import { TrainTransport } from "./transport.js";
import { metricsOf, summaryOf, told } from "./words.js";

/** @typedef {import("./contract.js").Begin} Begin */
/** @typedef {import("./contract.js").Answer} Answer */
/** @typedef {import("./charts.js").Shown} Shown */

const QUIET_MS = 250; // after the last change of a setting, until an untrained network of it is shown
const CHARTS_MS = 500; // between two drawings of the charts while it trains

/**
 * @param {HTMLElement} aside @param {HTMLElement} place
 * @param {object} page
 * @param {any} page.table contract.d.ts's Table, with the glossary's entries by setting
 * @param {Record<string, any>} page.controls that are made for one field alone, by kind
 * @param {string} page.plotlyUrl
 * @param {(name: string) => (what: object) => Promise<any>} page.ask
 * @param {(text: string) => void} page.sign what is said of the training in the page's head
 * @param {(runs: import("./contract.js").Settings[]) => void} page.changed the settings
 * @param {(kept: Answer, beside: boolean, begin: Begin) => void} page.explore the networks are to be used there
 */
export function mountTrain(aside, place, { table, controls, plotlyUrl, ask, sign, explore, changed }) {
  aside.innerHTML = ASIDE;
  place.innerHTML = STAGE;
  const root = /** @type {HTMLElement} */ (find(place, ".dv"));
  const part = (/** @type {string} */ name) => /** @type {HTMLButtonElement} */ (find(aside, name));
  const theme = new Theme(root), reports = new Reports(), moment = new Moment(reports, () => show(false));
  const slider = /** @type {HTMLInputElement} */ (find(root, ".dv-level input")), pace = /** @type {HTMLSelectElement} */ (find(root, ".dv-speed"));
  /** @type {Begin | null} */
  let begin = null;
  let of = 0, left = /** @type {number | null} */ (null), trained = "", said = ""; // settings: that the training has, that were told
  /** the data of Explore, when the tab was opened last @type {import("./contract.js").Settings | null} */
  let brought = null;
  /** recipes of the address with which it was opened last @type {import("./contract.js").Settings[] | null} */
  let linked = null;
  let error = "", charted = 0, drawing = false, energies = false, loaded = false, lost = false; // energies: are all networks of them? loaded: of a file; lost: only what was seen of it is left
  /** @type {any} */
  let timer = null;

  const settings = makeTrainSettings(aside, table, controls, touched);
  const pull = new Pull({
    ask: ask("train_asked"),
    about: () => ({ recipes: settings.runs, reports: reports.received, view: { log_snr: -Number(slider.value) } }),
    heard,
    refused(refusal) {
      if (refusal.gone) lost = true; // what was seen of it stays until another begins
      fail(sentences({ ...refusal, notices: settings.tell(refusal.notices ?? []) }));
    },
    changed: refresh,
  });
  const words = makeSteady(find(root, ".dv-words"));
  const panels = new TrainPanels(find(root, ".dv-panels"), theme);
  const none = /** @type {any} */ ({ isStale: () => false, see() {} }); // none of them comes later
  const charts = new Charts(root, { plotlyUrl, sets: CHART_SETS, later: none, pick, changed: () => chart(true) });
  const transport = new TrainTransport(root, { moment, pull, toggle: () => toggle(false), one, letGo });

  const presets = /** @type {HTMLSelectElement} */ (find(aside, ".dv-train-preset"));
  for (const { key, title } of table.presets) presets.append(new Option(title, key));
  presets.addEventListener("change", () => {
    const preset = table.presets.find((/** @type {any} */ each) => each.key === presets.value);
    if (!preset) return;
    settings.fill(preset.runs);
    forget();
    pull.step(0);
  });
  for (const [name, { title }] of Object.entries(PACES)) pace.append(new Option(title, name));
  pace.value = pull.pace;
  pace.addEventListener("change", () => { pull.pace = pace.value; });
  slider.addEventListener("input", () => {
    show(false);
    clearTimeout(timer);
    if (!pull.running && !lost) timer = setTimeout(() => pull.step(0), QUIET_MS); // else the next report has it
  });
  part(".dv-train-go").addEventListener("click", () => toggle(true));
  part(".dv-train-reset").addEventListener("click", () => {
    forget();
    pull.step(0);
  });
  bindKept(aside, { pull, ask, most: table.most, explore, fail, begin: () => begin, sentences, loaded: load });
  part(".dv-train-bring").addEventListener("click", () => {
    settings.fill(withData());
    touched();
  });
  new MutationObserver(() => {
    if (theme.read()) retheme();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  /** Log SNR, where there is no other. */
  function ownLevels() {
    return [...new Set(begin?.runs.flatMap(({ log_snr }) => log_snr ?? []))];
  }

  /** On the slider data stand on the left. */
  function level() {
    return ownLevels()[0] ?? -Number(slider.value);
  }

  // ---- what a person does ----

  function touched() {
    clearTimeout(timer);
    if (!pull.update && !pull.running && !settings.wrong) {
      timer = setTimeout(() => {
        forget();
        pull.step(0);
      }, QUIET_MS);
    }
    refresh();
  }

  /** What comes next of the settings as they are: the training on screen goes on, also to another number of updates, or another one
   * would begin in its place. @returns {"begin" | "on" | "lengthen" | "anew"} */
  function next() {
    const [{ updates }] = settings.runs, same = settings.key === trained;
    if (!pull.update) return "begin";
    if (same && !pull.over) return "on";
    return !same && updates > pull.update && settings.keyWith({ updates: of }) === trained ? "lengthen" : "anew";
  }

  /** Why nothing of this training goes on by itself. */
  const whyNot = () => (settings.key === trained ? "The training is over. With more updates it goes on." : "The settings are others than those of this training.");

  /** Before an update, wherever one is looking. */
  function ready() {
    fail("");
    clearTimeout(timer);
    if (!moment.live) moment.end();
    if (next() === "begin" && (lost || settings.key !== trained)) forget();
  }

  /** @param {boolean} anew may the training on screen be given up for another? */
  async function toggle(anew) {
    if (pull.running) {
      pull.pause();
      pull.step(0); // all that is shown is then of the last update
      return;
    }
    const wanted = next();
    if (settings.wrong || (wanted === "anew" && !anew)) return;
    ready();
    if (wanted === "anew") forget();
    if (wanted === "lengthen" && !(await lengthen())) return;
    pull.go();
  }

  async function lengthen() {
    const key = settings.key, answer = await pull.lengthen(settings.runs[0].updates);
    if (answer) trained = key;
    refresh();
    return answer;
  }

  /** A single update; nothing where that would be another training's. */
  function one() {
    if (settings.wrong || !["begin", "on"].includes(next())) return;
    ready();
    pull.step(1);
  }

  /** Nothing of the training is left. */
  function forget() {
    pull.forget();
    reports.clear();
    moment.live = true;
    begin = null;
    trained = settings.key;
    left = null;
    loaded = lost = false;
    fail("");
  }

  /** @param {number} value @param {import("../../player/chart.js").Chart} chart */
  function pick(value, { name }) {
    if (name !== "levels") return moment.seek(value);
    slider.value = String(-value);
    slider.dispatchEvent(new Event("input"));
  }

  function letGo() {
    if (!charts.large) return false;
    charts.enlarge("");
    return true;
  }

  /** A training of a file. @param {Answer & {begin: Begin}} answer */
  function load(answer) {
    forget();
    settings.fill(answer.begin.recipes);
    trained = settings.key;
    loaded = true;
    pull.adopt(answer);
  }

  /** The settings, of the data of Explore. */
  const withData = () => settings.runs.map((run) => ({ ...run, ...brought }));

  /** All that is refused, in words. @param {import("./contract.js").Refusal} refusal */
  function sentences({ error: said = "", notices = [] }) {
    return [said, ...notices.map(({ message }) => message)].filter(Boolean).join(" ");
  }

  /** @param {string} sentence "" for none */
  function fail(sentence) {
    error = sentence;
    refresh();
  }

  // ---- what comes ----

  /** @param {Answer} answer */
  function heard(answer) {
    of = answer.of;
    left = answer.left;
    if (answer.begin) {
      begin = answer.begin;
      panels.begin(begin);
      words.forget();
      const found = begin.runs.every(({ kind }) => kind !== "denoiser");
      charts.host.sets = chartSetsOf(begin);
      if (found !== energies) charts.choose(found ? "energy" : "training");
      energies = found;
      slider.hidden = ownLevels().length > 0; // else there is none to be chosen
      root.classList.toggle("dv-pair", begin.runs.length > 1);
    }
    for (const report of answer.reports) reports.add(report);
    const stopped = reports.last?.runs.map(({ diverged }) => diverged).find(Boolean);
    if (stopped) pull.stop();
    fail([...settings.tell(answer.notices).map(({ message }) => message), stopped].filter(Boolean).join(" "));
    transport.announce(answer.done ? "The training is done." : "");
    if (moment.live) show(pull.running);
  }

  // ---- what is shown of it ----

  /** @returns {Shown | null} */
  const shown = () => begin && { begin, reports, index: moment.index, of, level: level() };

  /** @param {boolean} moving samples are seen on their way */
  function show(moving) {
    const now = shown();
    const levels = ownLevels();
    write(find(root, ".dv-level b"), `log SNR ${(levels.length ? levels : [level()]).map((value) => String(value).replace("-", "−")).join(" and ")}`);
    if (now && root.offsetParent) {
      panels.show(now, moving);
      chart(!pull.running);
      const pair = now.begin.runs.length > 1;
      write(find(root, ".dv-captions"), now.begin.runs.map((_, side) => `<div class="dv-caption"><p>${pair ? badge(side) : ""}${told(now, side)}</p></div>`).join(""));
      write(find(root, ".dv-summary"), now.begin.runs.map((_, side) => summaryOf(now, side)).map((sentence, side) => (sentence && pair ? badge(side) + sentence : sentence)).filter(Boolean).join(" "));
      words.settle();
    }
    refresh();
  }

  /** The charts: drawing them takes a while, so not with every report. @param {boolean} now at once */
  function chart(now) {
    const wanted = shown();
    if (!wanted || !root.offsetParent) return;
    const wait = charted + CHARTS_MS - performance.now();
    if (!now && (wait > 0 || drawing)) {
      if (!drawing) {
        drawing = true;
        setTimeout(() => {
          drawing = false;
          chart(true);
        }, Math.max(0, wait));
      }
      return;
    }
    charted = performance.now();
    const drawn = chartsOf(wanted), pair = wanted.begin.runs.length > 1;
    charts.present = theme.present;
    charts.show(Object.fromEntries(Object.entries(drawn).map(([name, each]) => [name, each.chart])), JSON.stringify([wanted.begin.recipes, of]), pair, false);
    if (pair) charts.tabulate(metricsOf(wanted));
    for (const each of charts.visible) {
      if (each.chart?.axis === "own") each.fix([], false);
      else if (drawn[each.name]) each.move([drawn[each.name].at], drawn[each.name].reading, drawn[each.name].at);
    }
  }

  /** Buttons, transport and the sign in the page's head. */
  function refresh() {
    if (settings.key !== said) {
      const preset = table.presets.find((/** @type {any} */ { runs }) => settings.keyOf(runs) === settings.key);
      presets.value = preset?.key ?? "";
      write(find(aside, ".dv-watch"), preset?.what ?? WATCH);
      changed(settings.runs);
    }
    said = settings.key;
    const { running, update, waiting } = pull, coming = next(), known = Boolean(begin && pull.job), [{ updates }] = settings.runs;
    const remaining = transport.show(of, left, coming === "anew" ? whyNot() : "", coming === "lengthen"), go = part(".dv-train-go");
    go.textContent = running ? "Pause" : { begin: "Train", on: "Continue", lengthen: `Continue to ${countOf(updates)}`, anew: "Train anew" }[coming];
    part(".dv-train-reset").disabled = !reports.list.length;
    part(".dv-train-bring").hidden = !brought || settings.keyWith(brought) === settings.key;
    for (const name of ["use", "beside", "save"]) part(`.dv-train-${name}`).disabled = !known || !update;
    const state = waiting ? "The server has much to do: waiting for a turn." : running ? remaining || "The server is computing." : coming === "lengthen" ? `Its learning rate, made for ${countOf(of)} updates so far, follows that for ${countOf(updates)} from here.` : coming === "anew" ? whyNot() : "";
    write(find(aside, ".dv-hint-line"), [update && !running ? `${countOf(update)} of ${countOf(of)} updates.` : "", loaded && !running ? "What was seen before is not in the file." : "", state].filter(Boolean).join(" "));
    find(aside, ".dv-train-error").hidden = !error;
    write(find(aside, ".dv-train-error"), error);
    sign(running ? `training: ${Math.floor((100 * update) / Math.max(1, of))} %` : "");
  }

  function retheme() {
    charts.present = theme.present;
    charts.redraw();
    panels.retheme();
  }

  return {
    /** The command that repeats the training on screen is shown. */
    async command() {
      const answer = await ask("train_command")({ job: pull.job, recipes: begin?.recipes ?? settings.runs, of: begin ? of : null });
      if (answer?.commands) showText(`The same training on the command line${answer.file ? `, with its points saved from their editor as ${answer.file}` : ""}`, answer.commands.join("\n"));
      else fail(answer?.later ? "The server has much to do: try again in a moment." : answer ? sentences(answer) : "The server does not answer.");
    },
    /** The tab is opened. @param {import("./contract.js").Settings | null} data of Explore, with which an untrained network begins @param {import("./contract.js").Settings[] | null} recipes of an address; a training on screen stays beside these settings */
    enter(data, recipes) {
      theme.read();
      const others = JSON.stringify(data) !== JSON.stringify(brought), none = !pull.update && !pull.running && !lost;
      const anew = recipes ? recipes !== linked : none && data && others;
      [brought, linked] = [data, recipes];
      if (anew) settings.fill(recipes ?? withData());
      if (anew && none && settings.key !== trained) forget();
      if (!begin && !pull.running) {
        trained = settings.key;
        pull.step(0);
      }
      said = ""; // the address holds what is on screen, whatever it held
      show(false);
      retheme();
    },
  };
}
