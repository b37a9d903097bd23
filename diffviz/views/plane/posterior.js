// One point x_t: what its data may be, and where the exact reverse step may take it: gaussian/point.py in the browser.

import { isolines, massLevels } from "./contours.js";
import { densityGrid, variance } from "./mixture.js";

/** @typedef {import("./mixture.js").MixtureData} MixtureData */

const NEGLIGIBLE = 1e-6; // a share of the probability that is not seen

/**
 * p(x_0 | x_t) of the point (x, y), for sigma > 0; components of a negligible share are left out.
 * @param {MixtureData} mixture
 * @param {number} x
 * @param {number} y
 * @param {number} alpha
 * @param {number} sigma
 * @returns {MixtureData}
 */
export function posteriorOf(mixture, x, y, alpha, sigma) {
  const { means, weights, std } = mixture;
  const tau2 = variance(mixture, alpha, sigma);
  const logits = means.map(([mx, my], k) => Math.log(weights[k]) - ((x - alpha * mx) ** 2 + (y - alpha * my) ** 2) / (2 * tau2));
  const top = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - top));
  const total = shares.reduce((a, b) => a + b);
  const seen = means.map((_, k) => k).filter((k) => shares[k] > NEGLIGIBLE * total);
  const shrink = sigma ** 2 / tau2;
  const keep = (alpha * std ** 2) / tau2;
  return {
    means: seen.map((k) => [shrink * means[k][0] + keep * x, shrink * means[k][1] + keep * y]),
    weights: seen.map((k) => shares[k] / total),
    std: (std * sigma) / Math.sqrt(tau2),
  };
}

/**
 * q(x_s | x_t) of the point (x, y), from its posterior and (c_t, c_0, variance) of q(x_s | x_t, x_0).
 * @param {MixtureData} posterior
 * @param {number} x
 * @param {number} y
 * @param {number[]} kernel
 * @returns {MixtureData}
 */
export function oneBefore({ means, weights, std }, x, y, [c_t, c_0, spread]) {
  return { means: means.map(([mx, my]) => [c_t * x + c_0 * mx, c_t * y + c_0 * my]), weights, std: Math.sqrt(spread + (c_0 * std) ** 2) };
}

/**
 * Mean of a mixture, and its standard deviation a coordinate.
 * @param {MixtureData} mixture
 * @returns {{mean: [number, number], spread: number}}
 */
export function summary({ means, weights, std }) {
  const mean = /** @type {[number, number]} */ ([0, 1].map((axis) => means.reduce((sum, at, k) => sum + weights[k] * at[axis], 0)));
  const apart = means.reduce((sum, [x, y], k) => sum + weights[k] * ((x - mean[0]) ** 2 + (y - mean[1]) ** 2), 0);
  return { mean, spread: Math.sqrt(apart / 2 + std ** 2) };
}

/**
 * The smallest regions that hold shares of a mixture's probability, as closed lines x, y, x, y ... in units of the data.
 * @param {MixtureData} mixture
 * @param {readonly number[]} shares
 * @returns {number[][][]} by share
 */
export function regionsOf({ means, weights, std }, shares) {
  const ends = [0, 1].map((axis) => means.map((at) => at[axis]));
  const middle = ends.map((values) => (Math.min(...values) + Math.max(...values)) / 2);
  const around = { means: means.map(([x, y]) => [x - middle[0], y - middle[1]]), weights, std };
  const { side, reach, values } = densityGrid(around, 1, 0);
  const cell = (2 * reach) / (side - 1);
  return massLevels(values, shares).map((level) => isolines(values, side, level).map((line) => line.map((at, i) => at * cell - reach + middle[i % 2])));
}
