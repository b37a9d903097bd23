// One chart: drawn by Plotly once a run, with cursors, labels and a reading of our own that follow the clock without a relayout.

import { find, make, makeButton, plain, write } from "./dom.js";
import { bare, flagNames, flagsOf, marksOf, rowsOf } from "./flags.js";
import { placeFree, placeLabels, placeReading } from "./labels.js";
import { alike, fit, linear, numbers, plotly, react } from "./plot.js";
import { themed } from "./theme.js";
import { widthOf } from "./widths.js";

/** @typedef {import("./contract.js").Chart} ChartData */
/** @typedef {import("./labels.js").Box} Box */

const DOUBLE_MS = 400; // between the two clicks of a double click
const LINE_STEP = 4, LINE_POINTS = 600; // pixels between the points of a line that labels keep away from; of all lines at most
const LINE_HEIGHT = 1.4;
const LOW = 44; // pixels of a plot in which a reading would hide the lines
const FLAGS = 0.3; // of a plot's height, that the names of vertical lines may take; what takes more is numbered
const PADDING = 6; // pixels beside what is written, in the panel's colour
const ANCHOR_EVERY = 4, ANCHORED = 0.6; // of a line's points, its label may stand at one in so many; within that share of the chart's width from its end
const ENLARGE = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M9 2h5v5M7 14H2V9M14 2 9 7M2 14l5-5" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>';

const SAVED = /** @type {("png" | "csv")[]} */ (["png", "csv"]); // files that are made of an enlarged one

export class Chart {
  /** @type {ChartData | null} */
  chart = null;
  /** what is on screen @type {ChartData | null} */
  drawn = null;
  scope = "";
  factor = 1; // of the letters
  /** of vertical lines, whose places are their numbers where they have no room @type {string[]} */
  names = [];
  numbered = false; // do numbers stand for them?
  /** where the cursors stand, on the chart's axis @type {number[]} */
  values = [];
  t = 0; // of the clock, on the same axis
  #text = "";
  /** what stands in one that no clock follows, and with what it was placed @type {string[]} */
  #fixed = [];
  #whole = false;
  /** @type {ChartData | null} */
  #fixedOn = null;
  /** of the axes, as Plotly has them: on screen @type {{ x: number[], y: number[] }} */
  #range = { x: [0, 1], y: [0, 1] };
  /** and what a person made of it @type {{ x: number[], y: number[] } | null} */
  #zoom = null;
  /** @type {Box} of the axes */
  #box = { x: 0, y: 0, w: 1, h: 1 };
  /** @type {Box[]} */
  #labels = [];
  /** of all lines @type {number[][]} */
  #points = [];
  /** of each line, with its name and colour @type {{ name: string, colour: string, points: number[][] }[]} */
  #lines = [];
  /** @type {Box | null} */
  #reading = null;
  #bound = false;
  #scope = "";
  /** @type {{ data: any[], layout: any }} */
  #figure = { data: [], layout: {} };
  /** @type {any[]} */
  #annotations = [];
  /** names that stand higher than the plot's edge, over lines that are drawn up to them @type {{ x: number, box: Box, colour?: string }[]} */
  #poles = [];
  #clicked = -Infinity;
  #before = 0;

  /**
   * @param {string} name
   * @param {{ pick: (value: number, chart: Chart) => void, enlarge: (chart: Chart) => void, save: (chart: Chart, kind: "png" | "csv") => void }} host
   */
  constructor(name, host) {
    this.name = name;
    this.host = host;
    const title = make("button", "dv-term dv-chart-title");
    title.type = "button";
    this.element = make("section", `dv-chart dv-chart-${name} dv-pending`,
      make("h3", "", title, '<span class="dv-unit"></span><span class="dv-chart-note"></span>', ...SAVED.map((kind) => makeButton("dv-save", kind.toUpperCase(), `Save the chart as ${kind.toUpperCase()}`, () => host.save(this, kind))), makeButton("dv-enlarge", ENLARGE, "Enlarge the chart", () => host.enlarge(this))),
      '<div class="dv-frame"><div class="dv-plot"></div><div class="dv-labels"></div><div class="dv-cursor"></div><div class="dv-cursor"></div><span class="dv-reading"></span><p class="dv-said" role="status"></p></div>');
    this.element.dataset.chart = name;
    this.title = title;
    this.head = /** @type {HTMLElement} */ (find(this.element, "h3"));
    this.unit = /** @type {HTMLElement} */ (find(this.element, ".dv-unit"));
    this.note = /** @type {HTMLElement} */ (find(this.element, ".dv-chart-note"));
    this.said = /** @type {HTMLElement} */ (find(this.element, ".dv-said"));
    this.plot = /** @type {HTMLElement} */ (find(this.element, ".dv-plot"));
    this.labels = /** @type {HTMLElement} */ (find(this.element, ".dv-labels"));
    this.cursors = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll(".dv-cursor")]); // one for each side
    this.reading = /** @type {HTMLElement} */ (find(this.element, ".dv-reading"));
    new ResizeObserver(() => this.drawn && this.#outgrown && this.draw()).observe(this.plot);
  }

  /** @param {ChartData | null} chart @param {string} scope of its zoom: data and steps */
  show(chart, scope) {
    if (chart && chart !== this.chart && this.drawn && this.drawn === this.chart && this.scope === scope && alike(chart, this.drawn)) this.drawn = this.chart = chart; // it is on screen
    this.scope = scope;
    if (this.chart === chart) return;
    this.chart = chart;
    if (chart) {
      write(this.title, chart.title);
      this.title.dataset.term = chart.term ?? this.name;
      write(this.unit, chart.figure.layout.yaxis?.title?.text ?? "");
    } else this.drawn = null; // a run without it
    write(this.said, chart?.said ? `<span>${chart.said}</span>` : ""); // one item of the grid, whatever is in the sentence
    this.element.classList.toggle("dv-saying", Boolean(chart?.said));
    this.element.classList.toggle("dv-timeless", chart?.axis === "own");
    this.element.classList.toggle("dv-pending", !chart || Boolean(chart.waits));
    this.#say();
  }

  /** With letters as large as `factor` says. */
  async draw() {
    const { chart, plot } = this, width = plot.clientWidth, height = plot.clientHeight;
    if (chart?.said) this.drawn = chart.waits ? null : chart; // there is nothing to draw
    if (!chart || chart.said || !plotly() || !width || !height) return;
    const copy = structuredClone(chart.figure), scope = `${this.scope} ${chart.title}`;
    if (this.#scope !== scope) this.#zoom = null; // it outlives a run of the same data and steps
    this.#scope = scope;
    if (this.#zoom) {
      Object.assign(copy.layout.xaxis, { range: this.#zoom.x, autorange: false });
      Object.assign(copy.layout.yaxis, { range: this.#zoom.y, autorange: false, tickvals: undefined });
    }
    const spread = (strip = 0) => {
      const { l, r, t, b } = fit(copy.layout, width, height, this.factor, (text) => widthOf(text, this.#font(copy.layout)), chart.axis === "own", strip);
      this.#box = { x: l, y: t, w: width - l - r, h: height - t - b };
      this.#range = { ...this.#range, x: copy.layout.xaxis.range.map(Number) };
    };
    spread();
    spread(this.#strip(copy.layout));
    const { data, layout } = themed(copy, getComputedStyle(this.element));
    layout.annotations = []; // labels of lines are ours: they keep away from one another and from the cursor
    this.#figure = { data, layout };
    await react(plot, data, layout, { displayModeBar: false, responsive: false, doubleClick: false });
    if (!this.#bound) this.#bind();
    this.#range = { x: layout.xaxis.range.map(Number), y: layout.yaxis.range.map(Number) }; // Plotly puts what it chose itself there
    this.drawn = this.chart && this.chart !== chart && alike(this.chart, chart) ? this.chart : chart; // an equal chart may have arrived while this one was drawn
    this.#arrange();
  }

  /** Is its place of another size than it was drawn for? */
  get #outgrown() {
    const { width, height } = this.#figure.layout;
    return width !== this.plot.clientWidth || height !== this.plot.clientHeight;
  }

  /** Show what another one shows, the part of it that a person chose. @param {Chart} other */
  copy(other) {
    this.show(other.chart, other.scope);
    this.names = other.names;
    this.#scope = other.#scope;
    this.#zoom = other.#zoom;
  }

  /** For a picture: what Plotly draws, with our labels where they stand. */
  get printed() {
    const { data, layout } = this.#figure, { x, y, w, h } = this.#box, style = getComputedStyle(this.element), size = Math.round(12 * this.factor);
    const annotations = [...this.labels.querySelectorAll("span")].map((label, i) => ({
      text: label.classList.contains("dv-name") ? label.innerHTML : `<b>${label.innerHTML}</b>`, showarrow: false, xref: "paper", yref: "paper", xanchor: "left", yanchor: "top",
      x: (this.#labels[i].x - x) / w, y: 1 - (this.#labels[i].y - y) / h, font: { size, color: getComputedStyle(label).color },
    }));
    const poles = this.#poles.map(({ x: at, box, colour }) => ({ type: "line", xref: "paper", yref: "paper", x0: (at - x) / w, x1: (at - x) / w, y0: 1, y1: 1 + (y - box.y) / h, line: { color: colour, width: 1 } }));
    const shapes = [...(layout.shapes ?? []), ...poles], title = this.numbered ? { ...layout.xaxis.title, text: [layout.xaxis.title.text, this.names.map((name, i) => `${i + 1} ${name}`).join(", ")].join(" &nbsp; ") } : layout.xaxis.title;
    return { data, layout: { ...layout, shapes, xaxis: { ...layout.xaxis, title }, annotations, paper_bgcolor: style.getPropertyValue("--dv-card").trim() } };
  }

  /** What is written over the lines. */
  #arrange() {
    this.#trace();
    this.#write();
    if (this.drawn?.axis === "own") this.#placeFixed();
    else this.place();
  }

  #bind() {
    this.#bound = true;
    /** @type {any} */ (this.plot).on("plotly_relayout", (/** @type {Record<string, any>} */ change) => {
      for (const name of /** @type {("x" | "y")[]} */ (["x", "y"])) {
        const at = `${name}axis.range`, ends = change[at] ?? [change[`${at}[0]`], change[`${at}[1]`]];
        if (ends.some((/** @type {any} */ end) => end === undefined)) continue;
        this.#range = { ...this.#range, [name]: ends.map(Number) };
        this.#zoom = this.#range;
      }
      this.draw(); // with the ticks of that range
    });
    /** @type {any} */ (this.plot).on("plotly_hover", () => this.element.classList.add("dv-hovered"));
    /** @type {any} */ (this.plot).on("plotly_unhover", () => this.element.classList.remove("dv-hovered"));
    this.plot.addEventListener("click", (event) => this.#pick(event), true);
  }

  /** Pixels of a value on an axis. @param {"x" | "y"} name @param {number} value as the axis's range has it */
  #pixel(name, value) {
    const [from, to] = this.#range[name], share = (value - from) / (to - from), { x, y, w, h } = this.#box;
    return name === "x" ? x + share * w : y + (1 - share) * h;
  }

  /** Points of the lines, in pixels, for labels to keep away from, and near their own. */
  #trace() {
    const { data, layout } = this.#figure, drawn = data.filter(({ mode }) => mode !== "none"), most = LINE_POINTS / Math.max(1, drawn.length); // a band is no line
    this.#lines = drawn.map((trace) => {
      const x = numbers(trace.x), y = numbers(trace.y), points = [];
      let last = [-Infinity, -Infinity];
      for (let i = 0; i < x.length && points.length < most; i++) {
        const point = [this.#pixel("x", linear(layout.xaxis, x[i])), this.#pixel("y", linear(layout.yaxis, y[i]))];
        if (point.some(Number.isNaN)) { // a gap of the line
          last = [-Infinity, -Infinity];
          continue;
        }
        const away = Math.hypot(point[0] - last[0], point[1] - last[1]), parts = Number.isFinite(away) && away < 400 ? Math.ceil(away / (2 * LINE_STEP)) : 1;
        if (away < LINE_STEP) continue;
        for (let k = 1; k <= parts; k++) points.push(point.map((end, d) => (parts > 1 ? last[d] + ((end - last[d]) * k) / parts : end)));
        last = point;
      }
      return { name: trace.name ?? "", colour: trace.line?.color ?? trace.marker?.color ?? "", points };
    });
    this.#points = this.#lines.flatMap(({ points }) => points);
  }

  /** The line of a label's name, else that on which it is anchored, and other points of it, the nearest first. @param {any} annotation */
  #along({ left: x, top: y, name, font }) {
    const { y: top, w, h } = this.#box, named = this.#lines.filter((line) => name && line.name === name && line.colour === font?.color).flatMap(({ points }) => points);
    const own = named.length ? named : this.#lines.find(({ points }) => points.some(([px, py]) => Math.hypot(px - x, py - y) < 2 * LINE_STEP))?.points ?? [];
    const near = own.filter(([px, py]) => Math.abs(px - x) < ANCHORED * w && py > top && py < top + h).sort(([a], [b]) => Math.abs(a - x) - Math.abs(b - x));
    return { own, along: near.filter((_, i) => i % ANCHOR_EVERY === ANCHOR_EVERY - 1) };
  }

  /** The names of vertical lines that are seen, as wide as they are written. @param {any} layout */
  #marks(layout) {
    const font = this.#font(layout), { x, w } = this.#box;
    const all = marksOf(this.#annotations).map((a) => ({ a, x: this.#pixel("x", Number(a.x)), w: widthOf(a.text, font) + PADDING, number: String(this.names.indexOf(bare(a.text)) + 1) }));
    return all.filter((mark) => mark.x > x - 1 && mark.x < x + w + 1);
  }

  /** Pixels above the plot for the names of vertical lines, or their numbers. @param {any} layout */
  #strip(layout) {
    this.#annotations = layout.annotations ?? [];
    const marks = this.#marks(layout), { x, w, h } = this.#box, rows = rowsOf(flagNames(marks, x, x + w)), line = Math.round(12 * this.factor) * LINE_HEIGHT;
    this.numbered = rows * line > Math.max(FLAGS * h, line);
    return (this.numbered ? 1 : rows) * line;
  }

  /** @param {any} layout */
  #font = ({ font }) => `${Math.round(12 * this.factor)}px ${font.family}`;

  /** The labels of lines and the names of marks, which Python gave as annotations. */
  #write() {
    const { layout } = this.#figure, size = Math.round(12 * this.factor), h = size * LINE_HEIGHT, light = this.#font(layout), font = `600 ${light}`, bounds = this.#box;
    const lines = this.#annotations.filter(({ text, yref }) => text && yref !== "paper").map((a) => ({
      ...a, left: this.#pixel("x", Number(a.x)), top: this.#pixel("y", Number(a.y)), w: widthOf(a.text, font) + PADDING, h,
    })).filter(({ left, top }) => left > bounds.x - 20 && left < bounds.x + bounds.w + 20 && top > bounds.y - 20 && top < bounds.y + bounds.h + 20);
    const found = placeLabels(lines.map((a) => ({ x: a.left, y: a.top, w: a.w, h: a.h, ...this.#along(a) })), bounds, this.#points);
    const ofLines = lines.flatMap((a, i) => (found[i] ? [{ text: a.text, colour: a.font?.color, box: /** @type {Box} */ (found[i]), kind: "" }] : []));
    const names = flagsOf(this.#marks(this.#figure.layout), this.numbered, bounds, h, light);
    this.#labels = [...ofLines, ...names].map(({ box }) => box);
    const written = [...ofLines, ...names].map(({ text, colour, box, kind }) => {
      const label = make("span", kind, text);
      Object.assign(label.style, { transform: `translate(${box.x}px, ${box.y}px)`, color: colour ?? "", fontSize: `${size}px` });
      return label;
    });
    this.#poles = names.filter(({ box }) => box.y + box.h < bounds.y - 1);
    const poles = this.#poles.map(({ x, box, colour }) => {
      const pole = make("i", "dv-pole");
      Object.assign(pole.style, { left: `${x}px`, top: `${box.y}px`, height: `${bounds.y - box.y}px`, borderColor: colour ?? "" });
      return pole;
    });
    this.labels.replaceChildren(...written, ...poles);
  }

  /** @param {MouseEvent} event */
  #pick(event) {
    const pixel = event.clientX - this.plot.getBoundingClientRect().left, { x, w } = this.#box;
    if (pixel < x || pixel > x + w) return;
    const twice = event.timeStamp - this.#clicked < DOUBLE_MS;
    if (!twice) this.#before = this.t;
    this.#clicked = event.timeStamp;
    const pick = (/** @type {number} */ value) => this.chart?.axis !== "own" && this.host.pick(value, this); // else no clock follows it
    if (!twice) {
      pick(this.#range.x[0] + ((pixel - x) / w) * (this.#range.x[1] - this.#range.x[0]));
      return;
    }
    this.#clicked = -Infinity;
    pick(this.#before); // the clock goes back to where it was before the first of the two
    if (this.#zoom) {
      this.#zoom = null;
      this.draw();
    } else this.host.enlarge(this);
  }

  /** @param {number[]} values where the cursors stand, on this chart's axis @param {string} reading HTML @param {number} t of the clock */
  move(values, reading, t) {
    this.values = values;
    this.#text = reading;
    this.t = t;
    this.place();
  }

  /** What stands in it, where no clock follows it: in its head if there is room, else where the plot has some, else the first alone.
   * @param {string[]} lines HTML @param {boolean} whole they mean nothing apart */
  fix(lines, whole) {
    if (lines.join() === this.#fixed.join() && this.#fixedOn === this.drawn) return;
    this.#fixed = lines;
    this.#whole = whole;
    this.#fixedOn = this.drawn;
    this.#placeFixed();
  }

  #placeFixed() {
    for (const cursor of this.cursors) cursor.style.display = "none";
    const lines = this.#fixed, size = 12 * this.factor, font = `${size}px system-ui, sans-serif`;
    this.head.title = plain(lines.join("; "));
    this.reading.hidden = true;
    if (this.#fits(lines)) return;
    const box = placeFree({ w: Math.max(...lines.map((line) => widthOf(line, font))) + PADDING, h: lines.length * size * LINE_HEIGHT }, this.#box, this.#labels, this.#points);
    if (box || this.#whole || !this.#fits(lines.slice(0, 1))) this.#fits([]);
    if (!box) return;
    this.reading.hidden = false;
    write(this.reading, lines.join("<br>"));
    Object.assign(this.reading.style, { transform: `translate(${box.x}px, ${box.y}px)`, fontSize: `${size}px` });
  }

  /** Is there room for them in the head, where they are written? @param {string[]} lines */
  #fits(lines) {
    write(this.note, lines.join(" &nbsp;"));
    this.note.classList.toggle("dv-read", lines.length > 0);
    return this.head.scrollWidth <= this.head.clientWidth;
  }

  place() {
    if (!this.drawn || !this.values.length) return;
    const { x, y, w, h } = this.#box, pixels = this.values.map((value) => this.#pixel("x", value));
    this.cursors.forEach((cursor, i) => {
      const inside = pixels[i] >= x - 0.5 && pixels[i] <= x + w + 0.5;
      cursor.style.display = inside ? "block" : "none";
      if (!inside) return;
      cursor.style.transform = `translate(${pixels[i]}px, ${y}px)`;
      cursor.style.height = `${h}px`;
    });
    const size = 12 * this.factor, { symbol = "", unit = "" } = this.drawn, text = `${symbol}${this.#text}${unit ? ` ${unit}` : ""}`;
    const box = this.#text && h >= LOW * this.factor && this.cursors[0].style.display === "block"
      ? placeReading(pixels[0], { w: widthOf(text, `${size}px system-ui, sans-serif`) + PADDING, h: size * LINE_HEIGHT }, this.#box, this.#labels, this.#points, this.#reading)
      : null;
    this.#reading = box;
    this.reading.hidden = !box;
    if (box) {
      write(this.reading, text);
      this.reading.style.transform = `translate(${box.x}px, ${box.y}px)`;
      this.reading.style.fontSize = `${size}px`;
    }
    this.#say();
  }

  /** what stands at the right of the title and the unit: the reading, where there is no room for it beside the cursor */
  #say() {
    const moved = Boolean(this.#text && !this.#reading && this.drawn);
    write(this.note, moved ? this.#text : (this.chart?.note ?? ""));
    const all = plain(this.chart?.note ?? ""); // where there is no room for it
    if (this.head.title !== all) this.head.title = all;
    this.note.classList.toggle("dv-read", moved);
  }
}
