// The marginals of x and of y at the sides of a panel: histograms of the particles against the exact curves.

import { inkLine, words } from "./draw.js";
import { lawOf } from "./law.js";
import { evenly, marginal } from "./mixture.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */

const BIN = 9; // pixels
const STEP = 3; // pixels from one point of a curve to the next
const EXACT = [5, 3]; // its dashes
const SHARE = 0.15; // of the panel's height that a strip takes
const HIGHEST = 64; // pixels of a strip
const TOLD = 801; // values of a coordinate over which its standard deviation is found

/** @type {MixtureData} */
export const NOISE = { means: [[0, 0]], weights: [1], std: 1 };

/** Pixels of a strip. @param {Panel} panel */
export const stripHeight = ({ width, height }) => Math.min(HIGHEST, SHARE * Math.min(width, height));

/**
 * The density of particles in bins: the share of all particles, those beyond the bins too, per unit of length.
 * @param {Float32Array} points
 * @param {number} axis
 * @param {number} low
 * @param {number} high
 * @param {number} count of bins
 */
export function binned(points, axis, low, high, count) {
  const found = new Float64Array(count);
  const each = (2 * count) / (points.length * (high - low));
  for (let i = axis; i < points.length; i += 2) {
    const bin = Math.floor(((points[i] - low) / (high - low)) * count);
    if (bin >= 0 && bin < count) found[bin] += each;
  }
  return found;
}

/**
 * One side of the panel.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Float32Array} points
 * @param {number} axis
 */
function strip(panel, scene, points, axis) {
  const { run, frame, colours, present } = scene;
  const c = panel.context;
  const long = axis ? panel.height : panel.width;
  const deep = stripHeight(panel);
  const value = (/** @type {number} */ pixel) => (axis ? (panel.y(0) - pixel) / panel.k : (pixel - panel.x(0)) / panel.k);
  const at = Float64Array.from({ length: Math.ceil(long / STEP) + 1 }, (_, i) => value(i * STEP));
  const law = lawOf(run, panel.name);
  const exact = law.marginal(axis, at, run.alpha[frame], run.sigma[frame]);
  const scale = (0.85 * deep) / Math.max(...exact, 1e-9);
  const place = (/** @type {number} */ pixel, /** @type {number} */ density) => {
    const depth = Math.min(deep, scale * density);
    return /** @type {[number, number]} */ (axis ? [panel.width - depth, pixel] : [pixel, panel.height - depth]);
  };
  const bins = Math.max(1, Math.round(long / BIN));
  const wide = long / bins;
  const [low, high] = axis ? [value(long), value(0)] : [value(0), value(long)];
  const shares = binned(points, axis, low, high, bins);
  c.fillStyle = colours.own;
  c.globalAlpha = 0.4;
  shares.forEach((density, i) => {
    const depth = Math.min(deep, scale * density);
    if (axis) c.fillRect(panel.width - depth, long - (i + 1) * wide, depth, wide - 1);
    else c.fillRect(i * wide, panel.height - depth, wide - 1, depth);
  });
  c.globalAlpha = 1;
  const line = (/** @type {Float64Array} */ densities, /** @type {number[]} */ dash) => inkLine(panel, scene, [...densities].map((density, i) => place(i * STEP, density)), dash);
  line(exact, EXACT);
  if (frame === run.frames - 1) line(marginal(NOISE, axis, at, 1, 0), [1, 3]); // what the reverse process starts from
  if (!axis) words(panel, scene, `dashed: ${run.data.factor ? law.formula : "exact q"}${frame === run.frames - 1 ? ", dotted: N(0, 1)" : ""}`, 10, panel.height - deep - 6 - (present ? 4 : 0));
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Float32Array} points
 */
export function marginals(panel, scene, points) {
  strip(panel, scene, points, 1);
  strip(panel, scene, points, 0);
}

/** The same in a sentence. @param {Panel} panel @param {Scene} scene @param {Float32Array} points */
export function marginalsTold({ name }, { run, frame }, points) {
  const level = /** @type {const} */ ([run.alpha[frame], run.sigma[frame]]);
  const law = lawOf(run, name);
  const { reach } = law.grid(...level);
  const values = evenly(-reach, reach, TOLD);
  const exact = [0, 1].map((axis) => {
    const shares = law.marginal(axis, values, ...level);
    const all = shares.reduce((a, b) => a + b);
    const mean = values.reduce((sum, value, i) => sum + value * shares[i], 0) / all;
    return Math.sqrt(values.reduce((sum, value, i) => sum + (value - mean) ** 2 * shares[i], 0) / all);
  });
  const found = [0, 1].map((axis) => {
    const values = points.filter((_, i) => i % 2 === axis);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  });
  return `The standard deviations of the particles' x and y are ${found.map((value) => value.toFixed(2)).join(" and ")}, of the exact marginals ${exact.map((value) => value.toFixed(2)).join(" and ")}.`;
}

/** The mark of an exact curve, for a legend. @param {import("../../player/contract.js").Scene} scene */
export const exactRow = ({ colours }) => ({
  width: 22,
  draw: (/** @type {CanvasRenderingContext2D} */ c, /** @type {number} */ x, /** @type {number} */ y) => {
    c.strokeStyle = colours.ink;
    c.lineWidth = 1.5;
    c.setLineDash(EXACT);
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(x + 22, y);
    c.stroke();
    c.setLineDash([]);
  },
});
