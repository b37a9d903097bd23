// Which charts are seen: a set, chosen by name, three of it at a time; one of them enlarged; or the table of metrics.

import { Chart } from "./chart.js";
import { find, make, write } from "./dom.js";
import { namesOf } from "./flags.js";
import { badge } from "./panels.js";
import { loadPlotly, plotly } from "./plot.js";
import { scrubberMarks } from "./readings.js";
import { levelsOf } from "./sides.js";
import { save } from "./take.js";

/** @typedef {{ name: string, title: string, charts: string[] }} ChartSet */

const AT_ONCE = 3, FEWER = 2, METRICS = "metrics", STEP = "step"; // charts that a lesson asks for are of no set
const LOW = 100; // pixels of height that a chart in a column needs
const NARROW = 210, ROOM = 1100; // of width that one beside others needs; three of them before the last row
const FRAMES_FIRST = 6; // of the moving picture, before the library, which takes the browser half a second to read, is asked for
const WIDE = 340, HIGH = 105; // of a plot, in pixels: where all are wider and higher, letters grow
const LARGEST = 1.4, PRESENTED = 1.7;

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** The values of both sides. @param {import("./player.js").Side[]} sides @param {string[][]} readout @param {number} frame */
function readingOf(sides, readout, frame) {
  const values = sides.map(({ number, index }) => ({ number, value: readout[number][index[frame]] })).filter(({ value }) => value);
  return values.map(({ number, value }) => badge(number) + value).join(" ");
}

/** What stands in a chart that no clock follows, a line each. @param {import("./contract.js").Chart} chart @param {import("./player.js").Side[]} sides */
function fixedReading({ readout, symbol, unit }, sides) {
  if (sides.length === 1) return readout;
  return sides.filter(({ number }) => readout[number]?.[0]).map(({ number }, i) => `${i ? "" : symbol}${badge(number)}${readout[number][0]}${unit ? ` ${unit}` : ""}`);
}

export class Charts {
  /** @type {Map<string, Chart>} */
  #charts = new Map();
  /** @type {Record<string, import("./contract.js").Chart>} */
  #data = {};
  #scope = "";
  /** those that a question asks for, before a set @type {string[]} */
  #first = [];
  #asked = "";
  /** so many are shown at once where a lesson asks for one or two */
  #few = Infinity;
  #page = 0;
  /** names of the charts of the last complete run: places are kept for them while a run is computed @type {Set<string>} */
  #known = new Set();
  #pending = true;
  #pair = false; // are they of two runs?
  #seen = AT_ONCE;
  #listed = ""; // what the menu offers
  /** of charts that are still to come */
  #places = Array.from({ length: AT_ONCE }, () => make("section", "dv-chart dv-pending", '<h3></h3><div class="dv-frame"></div>'));
  set = "";
  large = "";
  present = false;

  /**
   * @param {HTMLElement} root
   * @param {{ plotlyUrl: string, sets: ChartSet[], later: import("./later.js").Later, pick: (value: number, chart: Chart) => void, changed: () => void }} host
   */
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.place = /** @type {HTMLElement} */ (find(root, ".dv-charts"));
    this.menu = /** @type {HTMLSelectElement} */ (find(root, ".dv-set"));
    this.more = /** @type {HTMLButtonElement} */ (find(root, ".dv-more-charts"));
    this.key = /** @type {HTMLElement} */ (find(root, ".dv-key"));
    this.table = /** @type {HTMLElement} */ (find(root, ".dv-metrics tbody"));
    this.menu.addEventListener("change", () => this.choose(this.menu.value));
    this.more.addEventListener("click", () => {
      this.#page++;
      this.#arrange();
      this.host.changed();
    });
    this.#arrange();
    new ResizeObserver(() => this.#atOnce !== this.#seen && this.#arrange()).observe(this.place);
  }

  /** How many there is room for. */
  get #atOnce() {
    return Math.min(this.#few, this.#room);
  }

  get #room() {
    const column = getComputedStyle(this.place).gridAutoFlow === "row", { clientHeight } = this.place;
    if (column) return clientHeight && clientHeight < AT_ONCE * LOW * (this.present ? PRESENTED : 1) ? FEWER : AT_ONCE;
    return this.place.clientWidth && this.place.clientWidth < (this.present ? ROOM : AT_ONCE * NARROW) ? FEWER : AT_ONCE;
  }

  /** The charts of this set that there are, those first that the question asks for. */
  get #names() {
    const offered = this.#offered, set = offered.find(({ name }) => name === this.set) ?? offered.find((each) => !this.#lacks(each)) ?? offered[0];
    if (set && this.#lacks(set) && !this.#first.length) return set.charts.slice(0, 1); // where it is said why
    const names = (set?.charts ?? []).filter((name, i) => this.#has(name) && (i === 0 || !this.#data[name]?.missing)); // why one is missing is said in the set that it begins
    return [...this.#first.filter((name) => this.#has(name)), ...names.filter((name) => !this.#first.includes(name))];
  }

  /** The set that an address names: as long as no chart is there, only what a person chose. */
  get named() {
    return this.set || (this.#offered.length && this.menu.value !== STEP ? this.menu.value : undefined);
  }

  get #offered() {
    return this.host.sets.filter(({ charts }) => charts.some((name) => this.#has(name)));
  }

  /** Has this run nothing of a set but what other sets have as well? @param {ChartSet} set */
  #lacks({ charts, ...set }) {
    const others = new Set(this.host.sets.filter(({ name }) => name !== set.name).flatMap((other) => other.charts));
    return Boolean(this.#data[charts[0]]?.missing) && charts.every((name) => !this.#has(name) || this.#data[name]?.missing || others.has(name));
  }

  /** @param {string} name */
  #has(name) {
    return name in this.#data || (this.#pending && this.#known.has(name));
  }

  get visible() {
    return [...this.#charts.values()].filter(({ element }) => element.isConnected && !element.hidden);
  }

  /** All of them are as they should be. */
  get complete() {
    return this.visible.every((chart) => chart.drawn === chart.chart);
  }

  /**
   * @param {Record<string, import("./contract.js").Chart>} charts by name @param {string} scope of their zoom
   * @param {boolean} metrics is there a table? @param {boolean} pending are more to come?
   */
  show(charts, scope, metrics, pending) {
    this.#data = charts;
    this.#pending = pending;
    this.#pair = metrics;
    if (!pending) this.#known = new Set(Object.keys(charts));
    this.#scope = scope;
    this.#list();
    this.#arrange();
  }

  /** What the menu offers, and which of it is seen. */
  #list() {
    const sets = this.#offered, lacking = sets.filter((set) => this.#lacks(set));
    const step = this.#few === Infinity ? [] : [{ name: STEP, title: "Charts of this step" }];
    const entries = [...step, ...sets.filter((set) => !lacking.includes(set)), ...(this.#pair && (sets.length || this.set === METRICS || !this.#pending) ? [{ name: METRICS, title: "Table of metrics" }] : []), ...lacking];
    const listed = entries.map(({ name, title }) => `${name} ${title}`).join() + lacking.length;
    if (listed !== this.#listed) {
      const options = entries.map(({ name, title }) => new Option(title, name)), group = make("optgroup", "", ...options.splice(entries.length - lacking.length));
      group.setAttribute("label", "Not of this run");
      this.menu.replaceChildren(...options, ...(lacking.length ? [group] : []));
      this.#listed = listed;
    }
    const chosen = step.length ? STEP : this.set;
    this.menu.value = entries.some(({ name }) => name === chosen) ? chosen : (entries[0]?.name ?? "");
  }

  /** @param {string} set */
  choose(set) {
    if (set === STEP) return;
    this.set = set;
    this.#first = [];
    this.#few = Infinity;
    this.#page = 0;
    this.#list();
    this.#arrange();
    this.host.changed();
  }

  /** Rows of the table of metrics. @param {string} rows HTML */
  tabulate(rows) {
    write(this.table, rows);
  }

  /** Why the table is empty. @param {string} text */
  say(text) {
    this.tabulate(`<tr><td class="dv-table-note">${text}</td></tr>`);
  }

  /** Those that a question asks for, first; what a person chose since stays. @param {string[]} names */
  ask(names) {
    if (this.#few === Infinity && names.join() !== this.#asked) this.#lead(names);
  }

  /** Those of a lesson's step, alone and so larger; the sets again if there are none. @param {string[]} names */
  only(names) {
    this.#few = names.length || Infinity;
    this.#list();
    this.#lead(names);
  }

  /** @param {string[]} names */
  #lead(names) {
    this.#asked = names.join();
    this.#first = names;
    this.#page = 0;
    this.#arrange();
  }

  /** @param {string} name of the chart that takes the player's whole stage; none if empty */
  enlarge(name) {
    if (name === this.large) return;
    this.large = name;
    this.#arrange();
    this.host.changed();
  }

  #arrange() {
    const metrics = this.menu.value === METRICS && this.#few === Infinity, names = this.#names, most = this.#atOnce, pages = Math.max(1, Math.ceil(names.length / most));
    this.#seen = most;
    if (this.large && !this.#has(this.large) && !this.#pending) this.large = "";
    const from = (this.#page % pages) * most, seen = metrics ? [] : this.large ? [this.large] : names.slice(from, from + most);
    this.root.classList.toggle("dv-metrics-shown", metrics && !this.large);
    this.root.classList.toggle("dv-enlarged", Boolean(this.large));
    this.more.hidden = metrics || pages === 1 || Boolean(this.large);
    const last = Math.min(from + most, names.length);
    this.more.textContent = `${from + 1 === last ? last : `${from + 1}–${last}`} of ${names.length} ›`;
    const charts = seen.map((name) => this.#chart(name)), missing = metrics || this.large || !this.#pending ? 0 : most - charts.length;
    const elements = [...charts.map(({ element }) => element), ...this.#places.slice(0, Math.max(0, missing))], shown = [...this.place.children];
    if (elements.length !== shown.length || elements.some((element, i) => element !== shown[i])) this.place.replaceChildren(...elements);
    for (const chart of charts) {
      chart.show(this.#data[chart.name] ?? null, this.#scope);
      chart.element.classList.toggle("dv-large", chart.name === this.large);
      chart.element.classList.toggle("dv-stale", this.host.later.isStale(chart.name));
    }
    this.host.later.see(seen);
    this.draw();
  }

  /** @param {string} name */
  #chart(name) {
    const known = this.#charts.get(name);
    if (known) return known;
    const chart = new Chart(name, { pick: this.host.pick, enlarge: () => this.enlarge(this.large ? "" : name), save: (saved, kind) => save(saved, kind, this.root) });
    this.#charts.set(name, chart);
    return chart;
  }

  /** Is it drawn over log SNR, while the clock runs in another unit? @param {Chart} chart @param {string} axis */
  ofLevels(chart, axis) {
    return chart.chart?.axis === "log_snr" && axis !== "log_snr";
  }

  /**
   * Cursors and readings for a position of the clock.
   * @param {import("./player.js").Side[]} sides @param {number} frame @param {number[]} values of the clock, on its axis @param {string} axis
   */
  follow(sides, frame, values, axis) {
    if (this.#pair !== sides.length > 1) return; // those of before, until the new run's are shown
    for (const chart of this.visible) {
      const data = chart.chart;
      if (!data) continue;
      if (data.axis === "own") {
        chart.fix(fixedReading(data, sides), sides.length > 1);
        continue;
      }
      const levels = this.ofLevels(chart, axis), places = sides.map(({ run, index, places }) => (levels ? levelsOf(run)[index[frame]] : places[frame]));
      const reading = sides.length === 1 ? data.readout[frame] || "" : readingOf(sides, data.readout, frame);
      chart.move(places, reading, levels ? places[0] : values[frame]);
    }
  }

  /** What the charts on the clock's axis mark, on the scrubber. @param {import("./sides.js").Positions} positions @param {{ steps: number }[]} runs */
  marks(positions, runs) {
    const { values } = positions, first = values[0], reach = values[values.length - 1] - first, found = new Map();
    for (const { chart } of this.visible) if (chart && !chart.axis) for (const { text, x, yref } of chart.figure.layout.annotations ?? []) if (yref === "paper") found.set(`${text} ${x}`, { label: text, x });
    const marks = [...found.values()], shares = scrubberMarks(marks.map(({ x }) => (x - first) / reach), positions, runs);
    return marks.map(({ label }, i) => ({ label, share: Number(shares[i]) }));
  }

  /** Once the library is there; it comes after the first picture. */
  async draw() {
    if (!plotly()) {
      if (!Object.keys(this.#data).length) return;
      for (let i = 0; i < FRAMES_FIRST; i++) await nextFrame();
      await loadPlotly(this.host.plotlyUrl);
    }
    const charts = this.visible, room = Math.min(...charts.map(({ plot }) => Math.min(plot.clientWidth / WIDE, plot.clientHeight / HIGH)).filter(Boolean));
    const names = namesOf(charts.map(({ chart }) => chart));
    for (const chart of charts) {
      const renumbered = chart.numbered && names.join() !== chart.names.join();
      chart.names = names;
      chart.factor = this.present ? PRESENTED : Math.max(1, Math.min(LARGEST, room)); // letters of one size in all
      if (chart.drawn === chart.chart && !renumbered) continue;
      await chart.draw();
      await nextFrame(); // the picture goes on between them
    }
    write(this.key, charts.some(({ numbered, chart }) => numbered && !chart?.said) ? names.map((name, i) => `<span><b>${i + 1}</b> ${name}</span>`).join("") : "");
  }

  /** The theme or the size of letters is another one. */
  redraw() {
    for (const chart of this.#charts.values()) chart.drawn = null;
    this.#arrange();
  }
}
