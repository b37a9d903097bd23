// Lessons: a table of contents, and one step at a time in the place of the controls. A step shows its run on the same instrument;
// where it asks for a prediction, the summary of the run waits until a person has made one, and so do charts that a step has not.
import { closesBeside, escaped, make } from "./dialog.js";
import { plain } from "../player/dom.js";
import { isTyped } from "../player/keyboard.js";
import { picture } from "./pictures.js";
import { markPart } from "./parts.js";

/** @typedef {{question: string, answers?: string[], panel?: string, what?: string}} Prediction */
/** @typedef {{name: string, title: string, text: string, runs: Record<string, any>[], arrow: boolean, layers: string[], charts: string[], at: number | null, back: boolean, direction: string, playing: boolean, clock: string, predict: Prediction | null}} Step at: null for its start; playing: where it asks, once it has its answer */
/** @typedef {{name: string, title: string, minutes: number, able: string, picture: string, steps: Step[]}} Lesson */
/** @typedef {{right: number | null, place: [number, number] | null, text: string, why: string, formula: string, sources: {text: string, url: string}[], view: Record<string, any>}} Answer view: what changes of it */

const KEYS = { PageDown: 1, PageUp: -1, n: 1, p: -1 }; // a clicker sends the first two
const NEAR = 0.25; // in units of the data: a place that was found

/** How the player shows a step. One that asks stands still until its answer. @param {Step} step */
export function viewOf({ layers, charts, at, back, direction, playing, clock, predict }) {
  return { layers, only: charts, at, back, direction, playing: playing && !predict, asking: Boolean(predict), clock, large: null, zoom: null, turn: null, chosen: null, place: null, speed: 1 };
}

/** What counts of a view that an address says: where a question is open, a link that was copied beside its answer does not show it.
 * @param {Step} step @param {Record<string, any>} seen */
export function seenOf({ predict }, { layers, playing, ...seen }) {
  if (predict) return seen;
  return { ...seen, ...(layers && { layers }), ...(playing !== undefined && { playing }) };
}

/** Where "next" leads: to the answer of this step, to the next step, or to the end.
 * @param {Lesson} lesson @param {number} index @param {boolean} answered @returns {"answer" | "step" | "end"} */
export function nextOf(lesson, index, answered) {
  if (lesson.steps[index].predict && !answered) return "answer";
  return index + 1 < lesson.steps.length ? "step" : "end";
}

/** What one is able to do after a lesson, as HTML. @param {Lesson} lesson @param {string} [when] */
const aim = ({ able }, when = "Afterwards you can") => `${when} ${able[0].toLowerCase()}${able.slice(1)}`;

/** What is said is seen as far as it goes with what it says that of, which is not cut. @param {HTMLElement} box that scrolls @param {Element} said @param {Element} first */
function bringIntoSight(box, said, first) {
  if (getComputedStyle(box).overflowY === "visible") return said.scrollIntoView({ block: "nearest" });
  const { top, bottom } = box.getBoundingClientRect(), below = said.getBoundingClientRect().bottom - bottom, above = first.getBoundingClientRect().top - top - 4;
  box.scrollTop += Math.max(Math.min(below, above), Math.min(above, 0));
}

const byTouch = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

const icon = (/** @type {string} */ path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}" fill="none" stroke="currentColor" stroke-width="1.8"/></svg>`;

/**
 * @param {HTMLElement} page @param {any} table
 * @param {{failed: () => void, reveal: (what: object) => Promise<Answer | null>, warm: (what: object) => void, show: (step: Step, view: object, going: boolean) => void, again: (view: object) => void, over: () => void, seeds: () => number[], seed: number | null, left: () => void, arrow: () => void, pick: (panel: string, found: (x: number, y: number) => void) => void, mark: (marks: object[]) => void}} act
 */
export function makeLessons(page, table, act) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (page.querySelector(selector));
  const place = find(".dv-lesson"), box = /** @type {HTMLDialogElement} */ (find(".dv-contents")), tab = find(".dv-tab-lessons"), explore = find(".dv-tab-explore");
  /** @type {Promise<Lesson[]> | null} */
  let loading = null;
  let opens = 0;
  /** @type {Lesson | null} */
  let lesson = null;
  let index = 0;
  /** of the step: the index of an answer, a place, or -1 for none @type {number | [number, number] | null} */
  let predicted = null;
  /** @type {Answer | null} */
  let answer = null;
  let asked = 0;

  const button = (/** @type {string} */ className, /** @type {string} */ text, /** @type {() => void} */ onclick) => make("button", { type: "button", className, textContent: text, onclick });
  const counter = make("p", { className: "dv-lesson-count" }), heading = make("h2", { tabIndex: -1 }), text = make("div", { className: "dv-lesson-text" });
  const predict = make("div", { className: "dv-predict" }), said = make("div", { className: "dv-answer" });
  said.setAttribute("aria-live", "polite");
  const back = button("dv-lesson-back", "Back", () => go(-1)), forth = button("dv-lesson-next", "Next", () => go(1));
  const contents = make("button", { type: "button", className: "dv-lesson-contents", title: "All lessons and steps", innerHTML: icon("M3 4h10M3 8h10M3 12h10"), onclick: () => open() });
  contents.setAttribute("aria-label", "All lessons and steps");
  const bar = make("progress", { max: 1, value: 0 });
  const scrolled = make("div", { className: "dv-lesson-body" }, heading, text, predict, said);
  place.append(
    make("div", { className: "dv-lesson-head" }, counter, contents), bar, scrolled,
    make("div", { className: "dv-lesson-foot" }, back, forth),
    button("dv-lesson-leave", "Explore this run with all controls", () => leave()),
  );

  const step = () => /** @type {Step} */ (/** @type {Lesson} */ (lesson).steps[index]);
  const waiting = () => Boolean(step().predict) && predicted === null;

  // ---- one step ----

  /** @param {Lesson} chosen @param {number} number @param {boolean} [going] along the history @param {object} [seen] of the view, what an address says */
  function enter(chosen, number, going = false, seen = {}) {
    if (chosen !== lesson) act.warm({ lesson: chosen.name, seed: act.seed });
    lesson = chosen;
    index = number;
    predicted = answer = null;
    asked += 1;
    setPart(true);
    act.mark([]);
    act.show(step(), { ...viewOf(step()), ...seenOf(step(), seen) }, going);
    draw();
    scrolled.scrollTop = 0;
    if (!going) heading.focus({ preventScroll: true });
    if (!waiting()) reveal();
  }

  function draw() {
    const { steps, title } = /** @type {Lesson} */ (lesson), now = step();
    document.body.classList.toggle("dv-predicting", waiting());
    document.body.classList.toggle("dv-no-charts", waiting() && !now.charts.length);
    counter.innerHTML = `${title} · ${index + 1} of ${steps.length}`;
    bar.value = (index + 1) / steps.length;
    bar.setAttribute("aria-label", `Step ${index + 1} of ${steps.length}`);
    heading.innerHTML = now.title;
    text.innerHTML = `<p>${now.text}</p>`;
    if (now.arrow) text.append(button("dv-lesson-play", "Play time's arrow", act.arrow));
    back.disabled = index === 0;
    const next = nextOf(/** @type {Lesson} */ (lesson), index, predicted !== null);
    forth.textContent = { answer: "Show the answer", step: "Next", end: "Finish" }[next];
    forth.classList.toggle("dv-not-yet", next === "answer");
    drawPrediction(now.predict);
    drawAnswer();
  }

  /** @param {Prediction | null} asks */
  function drawPrediction(asks) {
    predict.hidden = !asks;
    predict.replaceChildren();
    if (!asks) return;
    predict.append(make("p", { className: "dv-predict-question", innerHTML: `<b>Predict first.</b> ${asks.question}` }));
    if (!asks.answers) {
      if (waiting()) predict.append(make("p", { className: "dv-hint-line", textContent: `${byTouch() ? "Tap" : "Click"} the place in the panel${byTouch() ? "" : ", or go there with Tab and use the arrow keys and Enter"}.` }));
      return;
    }
    const group = make("div", { className: "dv-choices" });
    asks.answers.forEach((html, i) => {
      const choice = make("button", { type: "button", innerHTML: html, disabled: predicted !== null, onclick: () => choose(i) });
      choice.setAttribute("aria-pressed", String(predicted === i));
      if (answer) choice.classList.toggle("dv-right", answer.right === i);
      if (answer) choice.classList.toggle("dv-not-right", predicted === i && answer.right !== i);
      group.append(choice);
    });
    predict.append(group);
  }

  function drawAnswer() {
    said.hidden = waiting();
    if (waiting()) return said.replaceChildren();
    if (!answer) return said.replaceChildren(make("p", { className: "dv-hint-line", textContent: "measuring …" }));
    const { right, place: at, text: told, why, formula, sources } = answer;
    const parts = [];
    if (typeof predicted === "number" && predicted >= 0) parts.push(make("p", { className: "dv-verdict", textContent: predicted === right ? "✓ As you predicted." : "✗ Not as you predicted." }));
    if (Array.isArray(predicted) && at) {
      const far = Math.hypot(predicted[0] - at[0], predicted[1] - at[1]);
      parts.push(make("p", { className: "dv-verdict", textContent: far <= NEAR ? "✓ As you predicted." : `✗ Your place is ${far.toFixed(2)} away from it.` }));
    }
    if (told) parts.push(make("p", { className: "dv-told", innerHTML: told }));
    if (why) parts.push(make("p", { innerHTML: why }));
    if (formula) parts.push(make("p", { className: "dv-formula", tabIndex: 0, innerHTML: formula }));
    const links = sources.flatMap(({ text: name, url }, i) => [...(i ? ["; "] : []), make("a", { href: url, textContent: name, target: "_blank", rel: "noopener" })]);
    if (links.length) parts.push(make("p", { className: "dv-source" }, ...links));
    said.replaceChildren(...parts);
  }

  // ---- prediction and answer ----

  /** @param {number | [number, number]} what */
  function choose(what) {
    if (!waiting()) return;
    predicted = what;
    draw();
    reveal();
  }

  async function reveal() {
    const mine = ++asked, found = await act.reveal({ lesson: /** @type {Lesson} */ (lesson).name, step: step().name, seeds: act.seeds() });
    if (mine !== asked) return;
    answer = found ?? { right: null, place: null, text: "The answer cannot be measured now; open the step again.", why: "", formula: "", sources: [], view: {} };
    const { panel = "", what = "" } = step().predict || {};
    const marks = answer.place ? [{ panel, at: answer.place, label: plain(what), right: true }] : [];
    if (Array.isArray(predicted)) marks.push({ panel, at: predicted, label: "your place", right: false });
    act.mark(marks);
    const { charts, ...view } = answer.view;
    act.again({ ...view, ...(charts && { only: charts }), asking: false });
    draw();
    bringIntoSight(scrolled, said, predict.querySelector(".dv-right, .dv-not-right") ?? said);
  }

  /** @param {number} by 1: to the answer or on, -1: back */
  function go(by) {
    if (!lesson) return;
    const next = by > 0 ? nextOf(lesson, index, predicted !== null) : "step";
    if (next === "answer") choose(-1);
    else if (next === "end") open(true);
    else if (lesson.steps[index + by]) enter(lesson, index + by);
  }

  function leave() {
    if (!lesson) return;
    end();
    act.left();
  }

  /** The controls stand there again. */
  function end() {
    opens += 1;
    lesson = null;
    asked += 1;
    act.mark([]);
    act.over();
    document.body.classList.remove("dv-predicting", "dv-no-charts");
    setPart(false);
  }

  /** Which part of the page it is. @param {boolean} inLesson */
  function setPart(inLesson) {
    document.body.classList.toggle("dv-in-lesson", inLesson);
    markPart(page);
  }

  // ---- the table of contents ----

  /** All lessons, if nothing else was opened while they came; null then, or if they cannot be fetched. @returns {Promise<Lesson[] | null>} */
  async function load() {
    const mine = ++opens;
    loading ??= fetch(new URL(table.lessons, document.baseURI)).then((answer) => answer.json());
    try {
      const lessons = await loading;
      return mine === opens ? lessons : null;
    } catch {
      loading = null;
      act.failed();
      return null;
    }
  }

  /** @param {boolean} [finished] the last step of the lesson was seen */
  async function open(finished = false) {
    const lessons = await load();
    if (!lessons) return;
    const close = make("button", { type: "button", className: "dv-close", textContent: "Close", onclick: () => box.close() });
    const entries = lessons.map((each, number) => {
      const start = make("button", { type: "button", className: "dv-lesson-start", onclick: () => pick(each, 0) }, picture(table, each.picture), make("span", {}, make("b", { innerHTML: `${number + 1}. ${each.title}` }), make("small", { textContent: `${each.minutes} minutes, ${each.steps.length} steps` }), make("span", { className: "dv-able", innerHTML: aim(each) })));
      start.setAttribute("aria-current", String(each === lesson));
      const steps = make("ol", {}, ...each.steps.map((one, i) => {
        const entry = make("button", { type: "button", innerHTML: one.title, onclick: () => pick(each, i) });
        if (each === lesson && i === index) entry.setAttribute("aria-current", "step");
        return make("li", {}, entry);
      }));
      return make("li", {}, start, make("details", { open: each === lesson }, make("summary", { textContent: "Steps" }), steps));
    });
    const done = finished && lesson ? [make("p", { className: "dv-finished", innerHTML: `“${lesson.title}” is finished. ${aim(lesson, "Now you can")}` })] : [];
    box.replaceChildren(make("header", {}, make("h2", { textContent: "Lessons" }), close), ...done, make("ul", { className: "dv-lessons" }, ...entries));
    box.showModal();
  }

  /** @param {Lesson} chosen @param {number} number */
  function pick(chosen, number) {
    box.close();
    enter(chosen, number);
  }
  closesBeside(box);
  tab.onclick = () => open();
  explore.onclick = leave;

  document.addEventListener("keydown", (event) => {
    const by = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    if (!lesson || document.querySelector("dialog[open]") || isTyped(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const number = Number(event.key) - 1;
    if (by) go(by);
    else if (step().predict?.answers?.[number] !== undefined) choose(number);
    else return;
    event.preventDefault();
  });

  return {
    end,
    /** The names that an address holds, or none. */
    get address() {
      return lesson ? { lesson: lesson.name, step: step().name } : null;
    },
    /** A step by its names in an address, the first of the lesson where there is no such step.
     * @param {string} name @param {string} of @param {object} seen @returns {Promise<{entered: boolean, lost: string}>} entered: or something else was opened meanwhile; lost: what there is not, in a sentence */
    async enter(name, of, seen) {
      const lessons = await load(), found = lessons?.find((each) => each.name === name);
      if (!lessons) return { entered: loading !== null, lost: "" };
      if (!found) return { entered: false, lost: `There is no lesson “${escaped(name)}”: they are ${lessons.map((each) => each.name).join(", ")}.` };
      const number = found.steps.findIndex((each) => each.name === of);
      enter(found, Math.max(0, number), true, seen);
      return { entered: true, lost: of && number < 0 ? `The lesson “${found.title}” has no step “${escaped(of)}”: its first is shown.` : "" };
    },
    /** The panel's place is asked for: where the run of a step has come. */
    shown() {
      const asks = lesson && step().predict;
      if (asks?.panel && waiting()) act.pick(asks.panel, (x, y) => choose([x, y]));
    },
  };
}
