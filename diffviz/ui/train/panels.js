// The panels of a training, or of two in two rows: score field and samples; of an energy model both landscapes and its chains.
import { Camera } from "../../player/camera.js";
import { make, plain } from "../../player/dom.js";
import { Layers } from "../../player/layers.js";
import { Panel } from "../../player/panel.js";
import { badge } from "../../player/panels.js";
import { bindPointing } from "../../player/pointing.js";
import { Places } from "../../player/places.js";
import { Scale } from "../../player/scale.js";
import { emptyLandscape, forgetLandscape } from "../../views/plane/landscape.js";
import { plainNumber } from "./numbers.js";
import { valuesOf } from "./reports.js";
import { sampled } from "./sampled.js";
import { Exact, fieldOf, levelOf, paintLandscape, paintSamples, paintScores } from "./scenes.js";

/** @typedef {import("./contract.js").Begin} Begin */
/** @typedef {import("./charts.js").Shown} Shown */
/** @typedef {import("./reports.js").KeptRun} KeptRun */
/** @typedef {import("../../player/contract.js").Layer} Layer */
/** @typedef {import("../../player/contract.js").PanelSpec} PanelSpec */

const MOVE_MS = 280; // from the samples of one report to those of the next
const TRAIL = 40; // reports
const SPREAD = 2.6; // 1 % of the noise lies above or below
const DESCRIBED_MS = 1500;

/** @type {Record<string, PanelSpec>} */
const SPECS = {
  scores: { name: "train-scores", title: "<b>score</b>", label: "Score field: learned in colour, exact in black", term: "score", scaled: true },
  exact: { name: "train-exact", title: "<b>exact</b> <i>U</i>", label: "Energy landscape of the data", term: "energy", scaled: true, chooses: true },
  learned: { name: "train-learned", title: "<b>learned</b> <i>U</i>", label: "Energy landscape of the network", term: "energy", scaled: true, chooses: true },
  samples: { name: "train-samples", title: "<b>samples</b>", label: "Samples of the same noise, beside the data", term: "reverse", scaled: true },
};
const OF_KIND = { denoiser: ["scores", "samples"], energy: ["exact", "learned", "samples"], contrast: ["exact", "learned", "samples"] };

/** @type {Record<string, Layer[]>} */
const LAYERS = {
  denoiser: [
    { name: "density", label: "Density", help: "The exact density as bands: of xₜ at the noise level behind the score, of the data behind the samples.", on: true },
    { name: "error", label: "Error", help: "How far the network's score is from the exact score, as shade." },
    { name: "data", label: "Data", help: "Points of the data beside the samples." },
    { name: "trails", label: "Paths", help: "The positions of samples of the same noise over the reports so far." },
  ],
  energy: [
    { name: "map", label: "Map", help: "The energy as a map: a line each kT (a nat), dark where the energy is low.", on: true, group: "ground" },
    { name: "scores", label: "Score", help: "The score in place of the learned landscape, its slope downhill: learned in colour, exact in black.", group: "ground" },
    { name: "surface", label: "Surface", help: "The same as a surface. Drag it, or use the arrow keys in the panel, to turn it.", group: "ground" },
    { name: "density", label: "Density", help: "The exact density of the data as bands behind the samples.", on: true },
    { name: "data", label: "Data", help: "Points of the data beside the samples." },
    { name: "chains", label: "Chains", help: "Langevin chains on the learned landscape, from noise: their last positions.", on: true },
    { name: "trails", label: "Paths", help: "The positions of samples of the same noise over the reports so far." },
  ],
};

LAYERS.contrast = LAYERS.energy.flatMap((layer) => {
  if (layer.name !== "chains") return [layer];
  return [{ name: "negatives", label: "Negatives", help: "Negative samples on the learned landscape, whose energy the training raises: the replay buffer, or where chains from the data have come.", on: true }, { ...layer, on: false }];
});

/** @param {number} t in 0..1 */
const eased = (t) => 1 - (1 - t) ** 3;

export class TrainPanels {
  /** @type {Panel[]} */
  list = [];
  scale = new Scale();
  camera = new Camera();
  /** whose panels are arranged for this training, and whose there are: what each network is */
  #arranged = "";
  #kinds = "";
  /** @type {Exact | null} */
  #exact = null;
  /** of each training, points of the data, behind noise where its energy knows one noise level @type {Float32Array[]} */
  #data = [];
  /** of each training, where its samples come from and go to @type {{from: Float32Array, to: Float32Array, since: number}[]} */
  #moves = [];
  /** of each report that was shown last, its landscape; of the data, by noise level @type {Map<KeptRun | string, any>} */
  #runs = new Map();
  /** @type {Shown | null} */
  #shown = null;
  #request = 0;
  #described = 0;
  #pictures = [0, 1].map(() => document.createElement("canvas"));

  /** @param {HTMLElement} place @param {import("../../player/theme.js").Theme} theme */
  constructor(place, theme) {
    this.place = place;
    this.theme = theme;
    this.layers = new Layers(() => this.paint());
    const rescaled = () => {
      for (const run of this.#runs.values()) forgetLandscape(run);
      this.paint();
    };
    this.hand = {
      scale: this.scale, camera: this.camera, places: new Places(), rescaled,
      turns: (/** @type {Panel} */ panel) => this.#turns(panel),
      pick: () => -1, step() {}, hover() {}, choose() {}, put() {}, takesPlaces: () => false, turned: () => this.paint(),
    };
    this.resized = new ResizeObserver((entries) => {
      for (const panel of this.list) if (entries.some(({ target }) => target === panel.canvas)) panel.resize();
      this.paint();
    });
  }

  /** @param {Panel} panel */
  #turns = ({ name }) => this.layers.on.has("surface") && (name === "train-exact" || name === "train-learned");

  /** Another training, or other data. @param {Begin} begin */
  begin(begin) {
    this.#exact = new Exact(begin);
    this.#runs.clear();
    this.#moves = [];
    const data = sampled(begin.mixture, begin.noise.shape[0]), noise = sampled({ means: [[0, 0]], weights: [1], std: 1 }, begin.noise.shape[0], 2);
    this.#data = begin.runs.map(({ log_snr }) => {
      const [alpha, sigma] = log_snr === null ? [1, 0] : levelOf(log_snr);
      return data.map((value, i) => alpha * value + sigma * noise[i]);
    });
    const farthest = Math.max(...begin.mixture.means.flat().map(Math.abs)) + 2.5 * begin.mixture.std;
    this.scale.reach = Math.max(SPREAD, 1.04 * farthest);
    this.#arranged = "";
  }

  /** @param {Shown} shown */
  #arrangeFor({ begin }) {
    const kinds = begin.runs.map(({ kind }) => kind), pair = kinds.length > 1;
    if (this.#arranged === kinds.join()) return;
    this.#arranged = kinds.join();
    if (this.#kinds !== this.#arranged) this.#arrange(kinds, pair);
    this.#kinds = this.#arranged;
    const sides = kinds.map((kind) => ({ run: { view: `train-${kind}` }, view: { layers: () => LAYERS[kind] } }));
    this.layers.begin(/** @type {any} */ (sides), this.list.find(({ name, side }) => name === "train-samples" && side === 0)?.head);
  }

  /** @param {(keyof typeof OF_KIND)[]} kinds @param {boolean} pair */
  #arrange(kinds, pair) {
    this.resized.disconnect();
    this.list = [];
    this.place.replaceChildren();
    kinds.forEach((kind, side) => {
      const row = make("div", `dv-row dv-row-${"ab"[side]}`);
      if (pair) {
        row.setAttribute("role", "group");
        row.setAttribute("aria-label", `Training ${"AB"[side]}`);
      }
      this.place.append(row);
      for (const name of OF_KIND[kind]) {
        const panel = new Panel(SPECS[name], side, pair ? badge(side) : "");
        this.list.push(panel);
        row.append(panel.figure);
        bindPointing(panel, this.hand);
        this.resized.observe(panel.canvas);
      }
    });
  }

  /** What is shown is another report, or another noise level. @param {Shown} shown @param {boolean} moving samples go to where they are now, which is seen */
  show(shown, moving) {
    this.#shown = shown;
    this.#arrangeFor(shown);
    const now = performance.now(), report = shown.reports.list[shown.index];
    shown.begin.runs.forEach((_, side) => {
      const samples = report?.runs[side].samples, to = samples && valuesOf(samples), move = this.#moves[side];
      if (!to) {
        if (!report) delete this.#moves[side];
      } else if (!move || move.to.length !== to.length) this.#moves[side] = { from: to, to, since: -Infinity };
      else if (move.to.some((value, i) => value !== to[i])) this.#moves[side] = { from: moving ? this.#positions(side, now) ?? to : to, to, since: moving ? now : -Infinity };
    });
    this.paint();
  }

  /** Where the samples are at a moment. @param {number} side @param {number} now */
  #positions(side, now) {
    const move = this.#moves[side];
    if (!move) return null;
    const { from, to, since } = move, share = eased(Math.min(1, (now - since) / MOVE_MS));
    return share >= 1 ? to : to.map((value, i) => from[i] + share * (value - from[i]));
  }

  /** At the next picture; as long as samples are under way, at every one. */
  paint() {
    if (!this.#request) this.#request = requestAnimationFrame((now) => this.#paint(now));
  }

  /** @param {number} now */
  #paint(now) {
    this.#request = 0;
    if (!this.#shown || !this.#exact) return;
    for (const panel of this.list) {
      if (!panel.width || !panel.height) continue; // it is not seen
      panel.measure(this.scale);
      panel.clear(this.theme.colours.panel);
      this.#draw(panel, this.#shown, this.#exact, now);
    }
    if (this.#moves.some((move) => move && now - move.since < MOVE_MS)) this.paint();
  }

  /** @param {Panel} panel @param {Shown} shown @param {Exact} exact @param {number} now */
  #draw(panel, shown, exact, now) {
    const { begin, reports, index, level } = shown, { side } = panel, pair = begin.runs.length > 1, run = reports.list[index]?.runs[side];
    const { colours, ink, present } = this.theme, own = pair ? colours["ab"[side]] : colours.reverse, landscape = this.#landscape(begin, run ?? null, panel.name === "train-exact", side);
    /** @type {any} */
    const scene = { run: landscape, side, frame: 0, frames: { forward: 0, reverse: 0 }, sides: [{ run: landscape }], pair, layers: this.layers.on, camera: this.camera, centre: this.scale, picked: -1, chosen: -1, colours: { ...colours, own }, ink, present };
    const turns = this.#turns(panel), seen = { scene, begin, run: run ?? /** @type {any} */ ({ field: null, energy: null }), level, own: begin.runs[side].log_snr, points: this.#positions(side, now), data: this.#data[side], trails: this.#trails(shown, side) };
    panel.canvas.classList.toggle("dv-turns", turns);
    if (panel.name === "train-scores" || (panel.name === "train-learned" && this.layers.on.has("scores"))) {
      paintScores(panel, seen, exact);
      panel.say(`log SNR ${plainNumber(fieldOf(seen, exact)?.log_snr ?? level)}`);
    } else if (panel.name === "train-samples") {
      paintSamples(panel, seen, exact);
      panel.say(reports.list.length ? `<span class="dv-more">of ${seen.own === null ? "the same noise" : "chains"}</span>` : "");
    } else if (panel.name === "train-exact") paintLandscape(panel, scene, null);
    else if (run?.energy) {
      paintLandscape(panel, scene, run, begin.runs[side].negatives ?? "");
      panel.say(run.energy.line === 1 ? "" : `line: ${plainNumber(run.energy.line)} kT`);
    } else if (run) panel.say("exp(−<i>U</i>) has no finite integral");
    if (now - this.#described < DESCRIBED_MS && panel !== this.list[0]) return;
    if (panel === this.list[0]) this.#described = now;
    panel.describe(`${plain(panel.spec.label)}${pair ? `, ${"AB"[side]}` : ""}, after ${reports.list[index]?.update ?? 0} updates.`);
  }

  /** @param {Shown} shown @param {number} side */
  #trails({ reports, index }, side) {
    if (!this.layers.on.has("trails")) return [];
    return reports.list.slice(Math.max(0, index - TRAIL), index).flatMap(({ runs }) => (runs[side].samples ? [valuesOf(/** @type {import("./reports.js").Kept} */ (runs[side].samples))] : []));
  }

  /** What the plane's view draws a landscape of: the data's, or the network's of a report. @param {Begin} begin @param {KeptRun | null} run @param {boolean} exact @param {number} side */
  #landscape(begin, run, exact, side) {
    const log_snr = run?.energy?.log_snr ?? begin.runs[side].log_snr, key = exact || !run?.energy ? String(log_snr) : run, known = this.#runs.get(key);
    if (known) return known;
    const [alpha, sigma] = log_snr === null ? [1, 0] : levelOf(log_snr), shape = run?.energy?.energy.shape;
    const learned = key === run && run?.energy && shape ? { side: shape[0], reach: begin.reach, values: valuesOf(run.energy.energy).map((energy) => Math.exp(-energy)) } : undefined;
    if (this.#runs.size > 6) this.#runs.clear();
    const made = { data: { mixture: begin.mixture, learned }, alpha: [alpha], sigma: [sigma], particles: begin.noise.shape[0], kept: { laws: {}, landscape: emptyLandscape(), picture: this.#pictures[side] } };
    this.#runs.set(key, made);
    return made;
  }

  /** The theme is another one. */
  retheme() {
    for (const run of this.#runs.values()) forgetLandscape(run);
    this.paint();
  }
}
