// The player: takes messages, keeps one run or two, moves everything with one clock. What the data look like is the business of the
// view of their domain, which is imported when a run of it comes first (contract.d.ts).

import { Charts } from "./charts.js";
import { Clock } from "./clock.js";
import { Run } from "./decode.js";
import { find } from "./dom.js";
import { Inbox, viewOf } from "./inbox.js";
import { chartsOf, Later } from "./later.js";
import { Layers } from "./layers.js";
import { Panels } from "./panels.js";
import { scrubberAt, scrubberMarks, summaryOf, timeText, UNMEASURED } from "./readings.js";
import { emptySide, equalNoise, firstWith, hasAll, layOut, levelsOf, moment, nearest, sideAt } from "./sides.js";
import { begin, place, show, stateOf } from "./state.js";
import { Theme } from "./theme.js";
import { Transport } from "./transport.js";
import { Words } from "./words.js";

/** @typedef {{ number: number, run: Run, view: import("./contract.js").View, index: number[], places: number[], own: string, recovering: boolean }} Side run and view: once they have come */
/** @typedef {{ own: [string, string], common: string, sentence: string, table: string, charts: Record<string, Record<string, any>>, snippet: string, command: string, show?: string[] }} Comparison */
/** @typedef {import("./state.js").ViewState} ViewState */

const QUIET_MS = 300; // before the address is told of what is seen

export class Player {
  /** @type {Side[]} */
  sides = [emptySide(0)];
  /** @type {Comparison | null} */
  comparison = null;
  axis = "time"; // or "log_snr": what A and B have in common at a moment
  stopped = false;
  busy = false;
  /** what the page was last told of @type {{ runs: Run[], comparison: Comparison | null, request: number } | null} */
  shown = null;
  wantsToPlay = false;
  asking = false; // what would answer a question that is open is not shown
  /** of the clock @type {import("./sides.js").Positions} */
  positions = { values: [0], told: [0], index: [], places: [] };
  /** @type {(number | null)[]} */
  #marks = [];
  #inbox = new Inbox((message, request) => this.#take(message, request));
  #request = 0; // whose runs are on the sides
  #lost = ""; // the run that was asked for again
  #queries = ""; // of the runs that were shown last
  /** what is to be seen of the run that comes next @type {ViewState | null} */
  #resume = null;
  #later = 0;

  /**
   * @param {HTMLElement} element
   * @param {{ plotlyUrl: string, sets: import("./charts.js").ChartSet[], repair: (query: string) => Promise<string>, inside: (what: string) => Promise<string> }} host
   */
  constructor(element, { plotlyUrl, sets, repair, inside }) {
    const ask = async (/** @type {object} */ what) => JSON.parse((await inside(JSON.stringify(what)).catch(() => "")) || "null");
    this.root = /** @type {HTMLElement} */ (find(element, ".dv"));
    this.repair = repair;
    this.clock = new Clock(() => this.update());
    this.clock.limit = () => (this.running ? firstWith(this.sides, "reverse") : 0);
    this.clock.ready = (i) => !this.running || hasAll(this.sides, "forward", i);
    this.layers = new Layers(() => this.#changed());
    this.panels = new Panels(this.root, { ask, changed: (what) => this.#lookedAt(what) });
    this.later = new Later({ ask, changed: () => { this.showCharts(); this.update(); } });
    this.charts = new Charts(this.root, { plotlyUrl, sets, later: this.later, pick: (value, chart) => this.pick(value, chart), changed: () => this.#changed() });
    this.words = new Words(this.root);
    this.transport = new Transport(this.root, {
      clock: this.clock,
      go: (frame) => this.go(frame),
      scrub: (value) => (this.pair ? this.go(value) : this.seek(value)),
      setPlaying: (playing) => this.setPlaying(playing),
      changeAxis: (axis) => this.changeAxis(axis),
      letGo: () => this.letGo(),
      changed: () => this.tell(),
    });
    this.theme = new Theme(this.root);
    this.retheme();
    new MutationObserver(() => this.retheme()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.setPlaying(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  get run() {
    return this.sides[0].run;
  }

  get pair() {
    return this.sides.length > 1;
  }

  /** Every side has something to show. */
  get running() {
    return this.sides.every((side) => side.run);
  }

  /** All has come that was asked for. */
  get complete() {
    return this.sides.every(({ run }) => run?.done) && (!this.pair || Boolean(this.comparison?.table));
  }

  /** how much of all runs has come, 0..1 */
  get share() {
    return this.sides.reduce((sum, { run }) => sum + run.share, 0) / this.sides.length;
  }

  // ---- what arrives ----

  /** @param {string} text one message or several, as JSON, with the number of the request that they answer */
  receive(text) {
    this.#inbox.receive(text);
  }

  /** The page asks for something else: what answers older requests no longer counts. @param {number} request */
  expect(request) {
    this.#inbox.expect(request);
  }

  /** @param {any} message @param {number} request */
  #take(message, request) {
    if (message.stopped) return this.stop();
    if (message.comparison) return this.#compare(message);
    if (!message.run) return;
    if (request !== this.#request) { // its runs take the place of all that are shown
      this.#request = request;
      this.sides = Array.from({ length: message.sides ?? 1 }, (_, i) => emptySide(i));
    }
    if (message.init) this.#begin(message);
    const side = this.sides[message.side ?? 0];
    if (!side) return;
    const ours = side.run?.id === message.run;
    if (ours) for (const block of message.blocks ?? []) side.run.add(block);
    if (message.final) {
      if (!ours || !(message.init || side.run.complete)) return this.#recover(side, message.query);
      side.run.finish(message.final);
      this.report();
      this.showCharts();
    }
    this.update();
  }

  /** A message was lost on the way: ask once for the whole run; the page asks for it anew if the server does not have it.
   * @param {Side} side @param {string} query */
  async #recover(side, query) {
    if (side.recovering) return;
    side.recovering = true;
    const request = this.#request;
    try {
      const messages = { ...JSON.parse(await this.repair(query)), side: side.number, sides: this.sides.length };
      if (request !== this.#request) return;
      const again = messages.stopped && this.#lost !== query;
      this.#lost = query;
      if (again) window.dispatchEvent(new CustomEvent("diffviz:lost"));
      else this.receive(JSON.stringify({ request, messages }));
    } catch {
      if (request === this.#request) this.stop(); // the server cannot be reached: what came can be played
    } finally {
      side.recovering = false;
    }
  }

  /** @param {any} message */
  #begin(message) {
    const number = message.side ?? 0, side = this.sides[number], again = Boolean(side?.run), { frames, frame, phase } = this.clock;
    if (!side) return;
    side.view = viewOf(message.init.view);
    side.run = new Run(message.run, message.query, message.init);
    side.run.kept = side.view.begin?.(side.run, this.panels.host) ?? null;
    this.root.classList.toggle("dv-pair", this.pair);
    if (!this.running) return; // the other side of a pair is to come
    const queries = this.sides.map(({ run }) => run.query).join();
    if (queries !== this.#queries) this.forgetComparison(); // the same again has the same figures
    this.#queries = queries;
    this.panels.arrange(this.sides);
    this.layers.begin(this.sides, this.panels.corner);
    this.setAxis(this.axis);
    if (!again) {
      begin(this, this.shown ? { frames, frame, phase } : null, this.#resume);
      this.#resume = null;
    }
    this.words.warn(this.sides);
    this.stopped = false;
    this.root.classList.remove("dv-stopped");
    this.report();
    this.showCharts();
    this.announce();
    if (this.wantsToPlay) this.clock.play();
  }

  forgetComparison() {
    this.comparison = null;
    this.charts.say("measuring …");
  }

  /** Is more to come? */
  report() {
    this.busy = this.running && !this.complete && !this.stopped;
    window.dispatchEvent(new CustomEvent("diffviz:busy", { detail: { busy: this.busy, request: this.#inbox.request } }));
  }

  /** The page's head and files are about what is shown. */
  announce() {
    this.shown = { runs: this.sides.map(({ run }) => run), comparison: this.comparison, request: this.#request };
    window.dispatchEvent(new CustomEvent("diffviz:run", { detail: this.shown }));
  }

  /** Charts and metrics of both sides together. @param {{ queries: string[], comparison: Comparison, show?: string[] }} message */
  #compare({ queries, comparison, show }) {
    if (!this.pair || this.sides.some(({ run }, i) => run?.query !== queries[i])) return; // of a pair that is gone
    this.comparison = comparison;
    this.sides.forEach((side, i) => { side.own = comparison.own[i]; });
    if (comparison.table) this.charts.tabulate(comparison.table);
    this.charts.ask(show ?? comparison.show ?? []);
    this.report();
    this.showCharts();
    this.announce();
    this.update();
  }

  /** No more will come; what came can be played. */
  stop() {
    this.stopped = this.running && !this.complete;
    if (this.stopped && this.pair && !this.comparison?.table) this.charts.say(UNMEASURED);
    this.root.classList.toggle("dv-stopped", this.stopped);
    this.report();
    this.showCharts();
    this.update();
  }

  // ---- what a person does ----

  /** @param {boolean} playing */
  setPlaying(playing) {
    this.wantsToPlay = playing;
    if (!playing) this.clock.pause();
    else if (this.running) this.clock.play();
    this.tell();
  }

  /** @param {number} frame a position of the clock */
  go(frame) {
    this.setPlaying(false);
    this.clock.set(frame);
  }

  /** @param {number} value on the charts' axis; t of a single run */
  seek(value) {
    if (this.running) this.go(nearest(this.positions.values, value));
  }

  /** A click on a chart: some have an axis of noise levels, whatever the clock. @param {number} value @param {import("./chart.js").Chart} chart */
  pick(value, chart) {
    if (!this.running || !this.charts.ofLevels(chart, this.axis)) return this.seek(value);
    const [{ run, index }] = this.sides, levels = levelsOf(run).map((level) => Math.max(-1e3, Math.min(1e3, level)));
    this.go(nearest(index, nearest(levels, value)));
  }

  /** The same moment on the other clock: A's noise level stays. @param {string} axis */
  changeAxis(axis) {
    if (!this.running) return;
    const [{ index }] = this.sides, frame = index[this.clock.frame], { phase } = this.clock;
    this.setAxis(axis);
    this.showCharts();
    this.clock.set(Math.max(0, nearest(this.sides[0].index, frame)), phase);
    this.tell();
  }

  /** @param {string} axis */
  setAxis(axis) {
    this.axis = axis;
    const runs = this.sides.map(({ run }) => run), { clock } = this, positions = layOut(runs, axis);
    this.positions = positions;
    this.sides.forEach((side, i) => { Object.assign(side, { index: positions.index[i], places: positions.places[i] }); });
    this.#marks = scrubberMarks(equalNoise(runs, positions, axis), positions, runs);
    clock.frames = positions.values.length;
    clock.frame = clock.position = Math.min(clock.frame, clock.frames - 1);
    this.transport.settle(axis);
  }

  /** Lets go of what is enlarged, then of what is chosen; false if nothing was. */
  letGo() {
    if (this.charts.large) this.charts.enlarge("");
    else if ((this.panels.chosen >= 0 || this.panels.place) && !this.sides[0].view?.alwaysChosen) this.panels.choose(-1);
    else return false;
    return true;
  }

  // ---- the view as a value ----

  /** What the address holds. */
  view() {
    return stateOf(this);
  }

  /** Shows that view: the clock's moment of the run that comes next, or of this one; all else at once. @param {ViewState} state @param {boolean} now */
  restore(state, now = false) {
    show(this, state);
    if (now && this.running) {
      this.setAxis(this.axis);
      place(this, state);
      this.showCharts();
    } else this.#resume = state;
    this.transport.settle(this.axis);
    this.update();
  }

  /** @param {"scale" | "choice" | "answer"} what of the panels has changed */
  #lookedAt(what) {
    if (what === "choice") this.showCharts();
    if (what !== "scale") this.update();
    if (what !== "answer") this.tell();
  }

  #changed() {
    this.update();
    this.tell();
  }

  /** The address's business, once it is quiet. */
  tell() {
    clearTimeout(this.#later);
    this.#later = window.setTimeout(() => window.dispatchEvent(new CustomEvent("diffviz:view")), QUIET_MS);
  }

  // ---- what is seen ----

  retheme() {
    if (!this.theme.read()) return;
    this.panels.forget();
    this.charts.present = this.theme.present;
    this.charts.redraw();
    this.update();
  }

  /** Charts come after the first picture. */
  showCharts() {
    if (!this.running) return;
    this.charts.show(chartsOf(this), `${this.sides.map(({ run: { experiment, steps } }) => `${experiment?.dataset} ${steps}`).join()} ${this.axis}`, this.pair, !this.complete && !this.stopped);
    this.#follow();
  }

  update() {
    const { clock, transport, positions, sides } = this, runs = sides.map(({ run }) => run);
    transport.showState();
    if (!this.running || positions.values.length !== clock.frames) return;
    const done = runs.every((run) => run.done), at = scrubberAt(positions, clock.frame, runs);
    transport.show({ ...at, share: at.value / at.max, time: timeText(positions, clock.frame, this.axis, runs), marks: this.#marks, named: this.charts.marks(positions, runs), arrived: done ? 1 : this.share });
    this.words.show(sides, clock.frame, clock.playing, summaryOf(runs, this.share, this.stopped, this.comparison), this.panels.chosen, clock.phase === "forward");
    this.#follow();
    this.panels.show({
      sides: sides.map((side) => sideAt(side, clock.frame, clock.phase === "forward", this.pair ? moment(side.run, side.index[clock.frame], this.axis, positions.told, clock.frame) : "")),
      waiting: clock.phase === "forward", playing: clock.playing, placing: this.charts.visible.some(({ name }) => runs.some((run) => run.later[name]?.chosen)), layers: this.layers.on, asking: this.asking, withheld: this.asking && clock.direction === "forward", ...this.theme.seen,
    });
  }

  #follow() {
    this.charts.follow(this.sides, this.clock.frame, this.positions.values, this.axis);
  }
}
