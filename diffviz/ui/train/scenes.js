// What a panel shows of a training at one moment: the score field, the samples, or an energy landscape, each drawn by the plane's view.
import { isolines, massLevels } from "../../views/plane/contours.js";
import { dots } from "../../views/plane/discs.js";
import { arrows, bands, dotRadius, edgeMarks, errorMap, pathOf, unitCircle, words } from "../../views/plane/draw.js";
import { HIGH } from "../../views/plane/energy.js";
import { energyHeights, energyMap, energyRow, surface } from "../../views/plane/landscape.js";
import { bandsRow, beyondRow, dotsRow, errorRow, legend, scoreRow } from "../../views/plane/legend.js";
import { densityGrid, exactAt } from "../../views/plane/mixture.js";
import { gridPoints, lengths, quantile } from "../../views/plane/score.js";
import { plainNumber } from "./numbers.js";
import { valuesOf } from "./reports.js";

/** @typedef {import("./contract.js").Begin} Begin */
/** @typedef {import("./reports.js").KeptRun} KeptRun */
/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../views/plane/score.js").Field} Field */
/** @typedef {{scene: Scene, begin: Begin, run: KeptRun, level: number, own: number | null, points: Float32Array | null, data: Float32Array, trails: Float32Array[]}} Seen level: log SNR on the slider; own: the only one that the energy knows; points: the samples as they are at this moment; trails: the samples of reports before, the oldest first */

const SHARES = [0.95, 0.8, 0.6, 0.4, 0.2]; // of the probability inside each band of the density
const LONG = 0.6; // share of the grid's points whose arrows are shorter than a cell
const WORST = 1 / 3; // of the unit, the error that is drawn darkest
const KEPT = 40; // of densities and fields
const TRAILS = 40; // samples whose way through training is drawn

/** Of a log SNR, where the variance is preserved. @param {number} log_snr @returns {[number, number]} alpha, sigma */
export const levelOf = (log_snr) => [Math.sqrt(1 / (1 + Math.exp(-log_snr))), Math.sqrt(1 / (1 + Math.exp(log_snr)))];

/** @template T @param {Map<string, T>} known @param {string} key @param {() => T} make */
function remembered(known, key, make) {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= KEPT) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}

/** What is exact and the same for every report: made once for each noise level. */
export class Exact {
  /** @type {Map<string, Path2D[]>} */
  #densities = new Map();
  /** @type {Map<string, {points: Float32Array, exact: Float32Array, unit: number}>} */
  #fields = new Map();

  /** @param {Begin} begin */
  constructor(begin) {
    this.begin = begin;
  }

  /** The density's bands. @param {[number, number]} level alpha, sigma */
  density([alpha, sigma]) {
    return remembered(this.#densities, `${alpha} ${sigma}`, () => {
      const { side, reach, values } = densityGrid(this.begin.mixture, alpha, sigma), cell = (2 * reach) / (side - 1);
      return massLevels(values, SHARES).map((level) => pathOf(isolines(values, side, level).map((line) => line.map((at) => at * cell - reach))));
    });
  }

  /** The score on a grid. @param {number} side @param {[number, number]} level alpha, sigma */
  field(side, [alpha, sigma]) {
    return remembered(this.#fields, `${side} ${alpha}`, () => {
      const points = gridPoints(side, this.begin.reach), exact = new Float32Array(points.length);
      for (let i = 0; i < points.length; i += 2) exact.set(exactAt(this.begin.mixture, points[i], points[i + 1], alpha, sigma).score, i);
      return { points, exact, unit: quantile(lengths(exact), LONG) };
    });
  }
}

/** The noise level of a report's fields that is nearest to the one wanted. @param {import("./reports.js").KeptField} field @param {number} level */
export const nearestLevel = ({ log_snr }, level) => log_snr.reduce((best, each, i) => (Math.abs(each - level) < Math.abs(log_snr[best] - level) ? i : best), 0);

/** The score field of a report with the exact one, and the noise level that it is of. @param {Seen} seen @param {Exact} exact @returns {{field: Field, log_snr: number} | null} */
export function fieldOf({ run, level }, exact) {
  if (!run.field) return null;
  const { log_snr, score } = run.field, [, side] = score.shape, size = 2 * side * side, at = nearestLevel(run.field, level);
  const network = Float32Array.from(score.numbers.subarray(at * size, (at + 1) * size), (number) => score.scale * number);
  const { points, exact: truth, unit } = exact.field(side, levelOf(log_snr[at]));
  return { field: { points, exact: truth, network, error: lengths(network.map((value, i) => value - truth[i])), unit, worst: WORST * unit }, log_snr: log_snr[at] };
}

/** @param {Panel} panel @param {Seen} seen @param {Exact} exact */
export function paintScores(panel, seen, exact) {
  const { scene } = seen, { colours, layers } = scene, found = fieldOf(seen, exact), shaded = Boolean(found && layers.has("error"));
  const rows = [];
  if (found && shaded) {
    errorMap(panel, found.field, scene.run.kept.picture);
    rows.push(errorRow(scene, found.field));
  }
  if (layers.has("density")) bands(panel, exact.density(levelOf(found?.log_snr ?? seen.level)), colours, shaded);
  unitCircle(panel, scene, []);
  if (found) {
    arrows(panel, found.field, found.field.exact, colours.ink, 1.3);
    arrows(panel, found.field, /** @type {Float32Array} */ (found.field.network), colours.own, 1.6);
    rows.push(scoreRow(panel, scene, found.field));
  }
  legend(panel, scene, rows, panel.width);
}

/** @param {Panel} panel @param {Seen} seen @param {Exact} exact */
export function paintSamples(panel, seen, exact) {
  const { scene, points, data, own } = seen, { colours, layers, present } = scene, rows = [];
  if (layers.has("density")) {
    bands(panel, exact.density(own === null ? [1, 0] : levelOf(own)), colours, false);
    rows.push(bandsRow(scene, SHARES));
  }
  unitCircle(panel, scene, []);
  words(panel, scene, "radius 1", panel.x(Math.SQRT1_2) + 4, panel.y(Math.SQRT1_2) - 4); // the points cover it, and not it them
  const count = (points ?? data).length / 2, radius = dotRadius(panel, count, present);
  if (layers.has("data")) dots(panel, data, { colour: colours.forward, radius, opacity: 0.45 });
  if (points && layers.has("trails")) trails(panel, seen, points);
  if (points) {
    const beyond = dots(panel, points, { colour: colours.own, radius, opacity: 0.75 });
    edgeMarks(panel, beyond, colours.own);
    if (beyond.length) rows.push(beyondRow(beyond.length / 2, colours.own));
  }
  legend(panel, scene, rows, panel.width);
}

/** Where samples of the same noise were at reports before. @param {Panel} panel @param {Seen} seen @param {Float32Array} points */
function trails(panel, { scene, trails: before }, points) {
  const { context: c } = panel;
  c.strokeStyle = scene.colours.own;
  c.lineWidth = scene.present ? 1.8 : 1;
  c.globalAlpha = 0.5;
  c.beginPath();
  for (let i = 0; i < Math.min(2 * TRAILS, points.length); i += 2) {
    [...before, points].forEach((each, k) => { c[k ? "lineTo" : "moveTo"](panel.x(each[i]), panel.y(each[i + 1])); });
  }
  c.stroke();
  c.globalAlpha = 1;
}

/** The last positions of Langevin chains, and where they are. @param {Panel} panel @param {Scene} scene @param {import("./reports.js").Kept} chains */
function drawChains(panel, { colours, present }, chains) {
  const { context: c } = panel, [many, long] = chains.shape, values = valuesOf(chains);
  c.strokeStyle = c.fillStyle = colours.ink;
  c.lineWidth = present ? 2 : 1.1;
  c.globalAlpha = 0.7;
  c.beginPath();
  for (let i = 0; i < many; i++) for (let k = 0; k < long; k++) {
    const at = 2 * (i * long + k);
    c[k ? "lineTo" : "moveTo"](panel.x(values[at]), panel.y(values[at + 1]));
  }
  c.stroke();
  c.beginPath();
  for (let i = 0; i < many; i++) {
    const at = 2 * (i * long + long - 1), [x, y] = [panel.x(values[at]), panel.y(values[at + 1])];
    c.moveTo(x, y);
    c.arc(x, y, present ? 5 : 3, 0, 2 * Math.PI);
  }
  c.fill();
  c.globalAlpha = 1;
}

/** Samples whose energy is raised. @param {Panel} panel @param {Scene} scene @param {import("./reports.js").Kept} negatives @param {string} what they are */
function drawNegatives(panel, scene, negatives, what) {
  const { colours, present } = scene, radius = dotRadius(panel, negatives.shape[0], present);
  edgeMarks(panel, dots(panel, valuesOf(negatives), { colour: colours.forward, radius, opacity: 0.8 }), colours.forward);
  return dotsRow(`negative samples: ${what}`, colours.forward);
}

/** Of a map whose lines are many kT apart. @param {Scene} scene @param {number} line kT */
function steepRow(scene, line) {
  const high = `${plainNumber(HIGH * line)} kT`;
  return { ...energyRow(scene), text: `energy U above its lowest place: 0 to ${high}, a line each ${plainNumber(line)} kT`, brief: [`U above its lowest: 0 to ${high}`, `U: 0 to ${high}`] };
}

/** @param {Panel} panel @param {Scene} scene whose run has the landscape @param {KeptRun | null} run of the network: its chains, and its negative samples @param {string} [negatives] what those are */
export function paintLandscape(panel, scene, run, negatives = "") {
  if (scene.layers.has("surface")) return surface(panel, scene, null, null);
  const line = run?.energy?.line ?? 1, rows = [line === 1 ? energyRow(scene, run ? "U = −log p(xₜ), learned" : undefined) : steepRow(scene, line)];
  energyMap(panel, scene);
  unitCircle(panel, scene, [3, 3]);
  if (line === 1) energyHeights(panel, scene);
  if (run?.negatives && scene.layers.has("negatives")) rows.push(drawNegatives(panel, scene, run.negatives, negatives));
  if (run?.energy?.chains && scene.layers.has("chains")) drawChains(panel, scene, run.energy.chains);
  legend(panel, scene, rows, panel.width);
}
