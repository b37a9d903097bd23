// Conditional beside marginal: the reverse process of data that are one x_0, a few, or all of them. The field of n points is the
// exact one of the mixture of these n points: the mean of their fields, weighted by p(x_0 | x_t).

import { arrows, inkLine, inUnits, words } from "./draw.js";
import { exactAt } from "./mixture.js";
import { lengths, quantile } from "./score.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Layer} Layer */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */

const COUNTS = [1, 2, 5, 20];
const PATHS = 24;
const HEADS = 3.2; // pixels
const LONG = 0.6; // share of the arrows that are shorter than a cell, as of the score
const CIRCLES = 5; // at most so many q(x_t | x_0) are drawn

/** Are the paths of one x_0, x_t = α_t x_0 + σ_t ε, straight lines? @param {Run} run */
const isStraight = ({ alpha, sigma }) => alpha.every((value, i) => Math.abs(value + sigma[i] - 1) < 1e-4);

/** What bends paths, or that they are random. @param {Run} run */
function shape(run) {
  if (run.data.eta > 0) return "This sampler draws noise in its steps, so paths are random; arrows show the score.";
  const one = isStraight(run) ? "a straight line" : "an arc, since this schedule has α + σ other than 1";
  return `Along the ODE the path of one x₀, αₜ x₀ + σₜ ε, is ${one}. The weights change on the way, which bends the paths of several.`;
}

/** @param {Run} run @returns {Layer[]} */
export const conditionalLayers = (run) => [
  {
    name: "conditional",
    label: "Conditional",
    help: `The reverse process if the data were one x₀, a few or all. Each x₀ alone has its own field; that of several is their mean, weighted by p(x₀ | xₜ). ${shape(run)}`,
  },
  ...COUNTS.map((count) => ({ name: `of_${count}`, label: String(count), help: count === 1 ? "Of one x₀: that of the chosen particle, else of the first." : `Of ${count} points x₀ that lie far apart, that of the chosen particle first.`, group: "of", within: "conditional" })),
  { name: "of_all", label: "all <i>x</i><sub>0</sub>", help: "Of all data: the marginal field, which is the exact denoiser's.", group: "of", within: "conditional", on: true },
];

/** How many x_0; Infinity for all. @param {Set<string>} layers */
export const countOf = (layers) => COUNTS.find((count) => layers.has(`of_${count}`)) ?? Number.POSITIVE_INFINITY;

/** The same numbers for every particle and frame, nearly standard normal. @param {number} i @param {number} frame @param {number} axis */
function normal(i, frame, axis) {
  const uniform = (/** @type {number} */ k) => {
    let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(frame + 1, 0x85ebca6b) ^ Math.imul(2 * axis + k + 1, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return (((h ^ (h >>> 15)) >>> 0) + 0.5) / 2 ** 32;
  };
  return Math.sqrt(-2 * Math.log(uniform(0))) * Math.cos(2 * Math.PI * uniform(1));
}

/**
 * The data: n of the forward process's x_0, the chosen one first, or all.
 * @param {Run} run
 * @param {number} chosen
 * @param {number} count
 * @returns {MixtureData | null}
 */
export function dataOf(run, chosen, count) {
  if (count === Number.POSITIVE_INFINITY) return run.data.mixture;
  const points = run.array("forward", 0);
  if (!points) return null;
  const means = farApart(points, Math.max(0, chosen), count);
  return { means, weights: means.map(() => 1 / means.length), std: 0 };
}

/**
 * Points of which each next one is as far as can be from all before it.
 * @param {Float32Array} points
 * @param {number} first
 * @param {number} count
 * @returns {number[][]}
 */
export function farApart(points, first, count) {
  const all = Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i], points[2 * i + 1]]);
  const nearest = all.map(() => Infinity);
  const found = [all[first]];
  while (found.length < Math.min(count, all.length)) {
    const [x, y] = found[found.length - 1];
    all.forEach((at, i) => { nearest[i] = Math.min(nearest[i], Math.hypot(at[0] - x, at[1] - y)); });
    found.push(all[nearest.indexOf(Math.max(...nearest))]);
  }
  return found;
}

/**
 * One reverse step of a point between two displayed times with the field's x0_hat: DDIM's, which with η = 1 draws from
 * q(x_s | x_t, x_0 = x0_hat) and with η = 0 is Euler's method on a path of straight lines.
 * @param {Run} run
 * @param {number} frame at t; s is the displayed time before
 * @param {number[]} x
 * @param {readonly number[]} x0_hat
 * @param {number} eta
 * @param {(axis: number) => number} noise
 */
export function stepBack({ alpha, sigma }, frame, x, x0_hat, eta, noise) {
  const [a_t, s_t, a_s, s_s] = [alpha[frame], sigma[frame], alpha[frame - 1], sigma[frame - 1]];
  const std = eta * Math.sqrt(Math.max(0, s_t ** 2 - ((a_t / a_s) * s_s) ** 2)) * (s_s / s_t);
  const rest = Math.sqrt(Math.max(0, s_s ** 2 - std ** 2)) / s_t;
  return x.map((value, axis) => a_s * x0_hat[axis] + rest * (value - a_t * x0_hat[axis]) + std * noise(axis));
}

/**
 * Paths of a few particles from their x_T in the field of these data.
 * @param {Run} run
 * @param {MixtureData} data
 * @returns {number[][][]} by particle and frame, x and y
 */
export function pathsIn(run, data) {
  const last = run.frames - 1;
  const start = run.array("reverse", last);
  return Array.from({ length: Math.min(PATHS, run.particles) }, (_, i) => {
    const path = new Array(run.frames);
    path[last] = [start[2 * i], start[2 * i + 1]];
    for (let frame = last; frame > 0; frame--) {
      const [x, y] = path[frame];
      const { mean } = exactAt(data, x, y, run.alpha[frame], run.sigma[frame]);
      path[frame - 1] = stepBack(run, frame, [x, y], mean, run.data.eta, (axis) => normal(i, frame, axis));
    }
    return path;
  });
}

/**
 * Arrows on a grid: how a point there moves towards data, by the probability-flow ODE; of a random sampler, the score.
 * @param {Run} run
 * @param {MixtureData} data
 * @param {Float32Array} points
 * @param {number} frame > 0
 * @param {boolean} random
 */
export function fieldIn({ alpha, sigma }, data, points, frame, random) {
  const found = new Float32Array(points.length);
  const [d_alpha, d_sigma] = [alpha[frame - 1] - alpha[frame], sigma[frame - 1] - sigma[frame]];
  for (let i = 0; i < points.length; i += 2) {
    const { mean, score } = exactAt(data, points[i], points[i + 1], alpha[frame], sigma[frame]);
    const velocity = mean.map((value, axis) => d_alpha * value + (d_sigma * (points[i + axis] - alpha[frame] * value)) / sigma[frame]);
    found.set(random ? score : velocity, i);
  }
  return found;
}

/** @param {Scene} scene */
function kept({ run, layers, chosen }) {
  const count = countOf(layers);
  const key = `${Math.max(0, chosen)} ${count}`;
  const bundles = /** @type {Map<string, {data: MixtureData, paths: number[][][], random: boolean}>} */ (run.kept.bundles);
  const known = bundles.get(key);
  if (known) return known;
  const data = dataOf(run, chosen, count);
  if (!data || !run.has("reverse", run.frames - 1)) return null;
  const made = { data, paths: pathsIn(run, data), random: run.data.eta > 0 };
  if (bundles.size > 20) bundles.clear();
  bundles.set(key, made);
  return made;
}

/**
 * In the panel of the reverse process paths and field, in that of the forward process q(x_t | x_0) of a few x_0.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {import("./legend.js").Row | null}
 */
export function conditional(panel, scene) {
  const { run, frame, colours, present, layers } = scene;
  const found = kept(scene);
  if (!found) return null;
  const { data, paths, random } = found;
  const c = panel.context;
  const count = countOf(layers);
  const many = `${count === 1 ? "one x₀" : count <= 20 ? `${data.means.length} points x₀` : "all data"}`;
  if (panel.name === "forward") {
    if (count <= 20) marks(panel, scene, data);
    return count <= CIRCLES ? circles(panel, scene, data, many) : null;
  }
  if (frame > 0) {
    const vectors = fieldIn(run, data, run.kept.points, frame, random);
    const unit = quantile(lengths(vectors), LONG);
    if (unit > 0) arrows(panel, /** @type {any} */ ({ points: run.kept.points, unit }), vectors, colours.ink, present ? 1.8 : 1.1);
  }
  c.strokeStyle = c.fillStyle = colours.own;
  c.lineWidth = present ? 2 : 1.2;
  c.lineJoin = "round";
  c.globalAlpha = 0.75;
  c.beginPath();
  for (const path of paths) {
    c.moveTo(panel.x(path[0][0]), panel.y(path[0][1]));
    for (const [x, y] of path) c.lineTo(panel.x(x), panel.y(y));
  }
  c.stroke();
  c.globalAlpha = 1;
  c.beginPath();
  for (const path of paths) {
    const [x, y] = path[frame];
    c.moveTo(panel.x(x), panel.y(y));
    c.arc(panel.x(x), panel.y(y), (present ? 1.8 : 1) * HEADS, 0, 2 * Math.PI);
  }
  c.fill();
  if (count <= 20) marks(panel, scene, data);
  return {
    width: 16,
    draw: (context, x, y) => {
      context.strokeStyle = colours.own;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + 16, y);
      context.stroke();
    },
    text: `${count <= 20 ? "if the data were " : "of "}${many}: paths and ${random ? "score" : "velocity of the ODE"}`,
    brief: [many],
  };
}

/** Where x_0 are. @param {Panel} panel @param {Scene} scene @param {MixtureData} data */
function marks(panel, scene, { means }) {
  const arm = scene.present ? 8 : 5;
  means.forEach(([mx, my], k) => {
    const [x, y] = [panel.x(mx), panel.y(my)];
    inkLine(panel, scene, [[x - arm, y], [x + arm, y]], []);
    inkLine(panel, scene, [[x, y - arm], [x, y + arm]], []);
    if (means.length <= 2) words(panel, scene, k ? "x₀′" : "x₀", x + 7, y - 6);
  });
}

/**
 * q(x_t | x_0) at one standard deviation around α_t x_0.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {MixtureData} data
 * @param {string} many
 * @returns {import("./legend.js").Row}
 */
function circles(panel, { run, frame, colours }, { means }, many) {
  inUnits(panel, (c) => {
    c.strokeStyle = colours.own;
    c.lineWidth = 2 / panel.k;
    for (const [x, y] of means) {
      c.beginPath();
      c.arc(run.alpha[frame] * x, run.alpha[frame] * y, run.sigma[frame], 0, 2 * Math.PI);
      c.stroke();
    }
  });
  return {
    width: 12,
    draw: (c, x, y) => {
      c.strokeStyle = colours.own;
      c.lineWidth = 2;
      c.beginPath();
      c.arc(x + 6, y, 5, 0, 2 * Math.PI);
      c.stroke();
    },
    text: `q(xₜ | x₀) of ${many}, one std`,
    brief: ["q(xₜ | x₀)"],
  };
}

/** @param {number[][]} path x and y by frame */
const lengthOf = (path) => path.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - path[i][0], y - path[i][1]), 0);

/**
 * By how much a path is longer than that of one x_0 between the same ends, x_t = α_t x_0 + σ_t ε.
 * @param {Pick<Run, "alpha" | "sigma">} run
 * @param {number[][]} path x and y by frame
 */
export function bend({ alpha, sigma }, path) {
  const last = path.length - 1, x0 = path[0].map((value) => value / alpha[0]);
  const noise = path[last].map((value, axis) => (value - alpha[last] * x0[axis]) / sigma[last]);
  return lengthOf(path) / Math.max(1e-9, lengthOf(path.map((_, i) => x0.map((value, axis) => alpha[i] * value + sigma[i] * noise[axis]))));
}

/** The same in a sentence. @param {Scene} scene */
export function conditionalTold(scene) {
  const found = kept(scene);
  if (!found) return "";
  const count = countOf(scene.layers);
  const whose = count === 1 ? "If the data were one point x₀" : count <= 20 ? `If the data were ${found.data.means.length} points x₀` : "With all data";
  if (found.random) return `${whose}, these would be ${found.paths.length} paths of the reverse process; noise is drawn in its steps.`;
  const bends = found.paths.map((path) => bend(scene.run, path)).sort((a, b) => a - b);
  const other = isStraight(scene.run) ? "the straight line" : "the arc of one x₀";
  return `${whose}, the median path of ${found.paths.length} would be ${bends[bends.length >> 1].toFixed(2)} times as long as ${other} between its ends.`;
}
