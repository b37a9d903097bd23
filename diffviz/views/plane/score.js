// The score on a grid: the exact one, the network's, how far they are apart, and how long an arrow of it is drawn.

import { exactAt } from "./mixture.js";

/**
 * @typedef {object} Field
 * @property {Float32Array} points x, y, x, y ... of the grid, row by row from the lower left
 * @property {Float32Array} exact the exact score there
 * @property {Float32Array | null} network the network's
 * @property {Float32Array | null} error length of their difference, one number a point
 * @property {number} unit the score whose arrow is as long as a cell of the grid
 * @property {number} worst the error that is drawn darkest
 */

const LONG = 0.6; // share of the grid's points whose arrows are shorter than a cell; the others are cut there
const WORST = 1 / 3; // of the unit, the error that is drawn darkest: the shade says how large the error is beside the score

/**
 * @param {number} side
 * @param {number} reach
 */
export function gridPoints(side, reach) {
  const at = (/** @type {number} */ i) => reach * ((2 * i) / (side - 1) - 1);
  return Float32Array.from({ length: 2 * side * side }, (_, k) => (k % 2 ? at(Math.floor(k / 2 / side)) : at((k / 2) % side)));
}

/**
 * Tweedie: the score of q(x_t) is (alpha_t x0_hat - x_t) / sigma_t², with the denoiser's x0_hat.
 * @param {Float32Array} points
 * @param {ArrayLike<number>} x0Hat
 * @param {number} alpha
 * @param {number} sigma > 0
 */
export const scoreOf = (points, x0Hat, alpha, sigma) => points.map((x, i) => (alpha * x0Hat[i] - x) / sigma ** 2);

/** @param {Float32Array} vectors x, y, x, y ... */
export const lengths = (vectors) =>
  Float32Array.from({ length: vectors.length / 2 }, (_, i) => Math.hypot(vectors[2 * i], vectors[2 * i + 1]));

/**
 * @param {Float32Array} values
 * @param {number} share in 0..1
 */
export const quantile = (values, share) => values.slice().sort()[Math.round(share * (values.length - 1))];

/**
 * The largest of 1, 2, 5, 10, 20 ... that is at most the value.
 * @param {number} value > 0
 */
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const [step = 1] = [5, 2, 1].filter((s) => s * power <= value * (1 + 1e-9));
  return step * power;
}

/**
 * @param {import("./mixture.js").MixtureData} mixture
 * @param {Float32Array} points
 * @param {ArrayLike<number> | null} x0Hat the network's, at the points
 * @param {number} alpha
 * @param {number} sigma
 * @returns {Field}
 */
export function scoreField(mixture, points, x0Hat, alpha, sigma) {
  const exact = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) exact.set(exactAt(mixture, points[i], points[i + 1], alpha, sigma).score, i);
  const network = x0Hat && sigma > 0 ? scoreOf(points, x0Hat, alpha, sigma) : null;
  const error = network && lengths(network.map((value, i) => value - exact[i]));
  const unit = quantile(lengths(exact), LONG);
  return { points, exact, network, error, unit, worst: WORST * unit };
}
