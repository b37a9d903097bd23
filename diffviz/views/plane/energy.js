// The energy landscape of a moment, U_t(x) = -log q_t(x) of the exact marginal, in units of kT, which are nats.

import { isolines } from "./contours.js";
import { densityAt, densityGrid, evenly, exactEnergy, variance } from "./mixture.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */
/** @typedef {import("./mixture.js").Grid} Grid */
/** @typedef {{x: number, y: number, half: number}} Patch a square of the plane: its middle, and half of its side */
/** @typedef {{side: number, patch: Patch, heights: Float32Array, slopes: Float32Array}} Relief heights [side * side] row by row from the lower left, up to OVER above HIGH, so that where they are cut there is a smooth line; slopes: the light that falls there if nothing is cut, -1..1, 0 where it is flat */

export const HIGH = 7; // kT above which heights are cut: of standard normal noise less than one per cent lies there
const OVER = 6; // kT
const SIDE = 97; // of a relief
const LIGHT = [-0.5, 0.6]; // where it comes from, in the plane
const STEEP = 12; // kT a unit: a slope that takes or adds half of the light and more

/**
 * The lowest height of a run, a whole number of kT, at any time: a mixture is densest at the data or, if these are wide, as noise.
 * @param {Pick<Run, "alpha" | "sigma">} run
 * @param {MixtureData} mixture
 */
export function lowest({ alpha, sigma }, mixture) {
  const ends = [0, alpha.length - 1].flatMap((frame) => mixture.means.map(([x, y]) => exactEnergy(mixture, alpha[frame] * x, alpha[frame] * y, alpha[frame], sigma[frame])));
  return Math.min(HIGH - 1, Math.floor(Math.min(...ends)));
}

/** Whole heights from low up to HIGH. @param {number} low */
export const levelsFrom = (low) => Array.from({ length: HIGH - low }, (_, i) => HIGH - i);

/** Standard deviations of a component beyond which it is higher than that. @param {MixtureData} mixture @param {number} alpha @param {number} sigma @param {number} high */
const reachOf = (mixture, alpha, sigma, high) => Math.sqrt(2 * Math.max(1, high - Math.log(2 * Math.PI * variance(mixture, alpha, sigma))));

/**
 * Where the energy is below each of the levels, as closed lines x, y, x, y ... in units of the data.
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 * @param {number[]} levels
 * @param {Grid} [learned] another density, in place of the mixture's
 * @returns {number[][][]} by level
 */
export function basins(mixture, alpha, sigma, levels, learned) {
  const { side, reach, values } = learned ?? densityGrid(mixture, alpha, sigma, reachOf(mixture, alpha, sigma, HIGH + 1)); // lines end before its border
  const cell = (2 * reach) / (side - 1);
  return levels.map((level) => isolines(values, side, Math.exp(-level)).map((line) => line.map((at) => at * cell - reach)));
}

/**
 * A density between the points of its grid, where the logarithm is interpolated; beyond them it is 0.
 * @param {Grid} grid
 * @param {Float64Array} xs
 * @param {Float64Array} ys
 * @returns {Float32Array} row by row
 */
export function between({ side, reach, values }, xs, ys) {
  const logs = values.map((value) => Math.log(Math.max(value, 1e-30)));
  const cell = (2 * reach) / (side - 1);
  const found = new Float32Array(xs.length * ys.length);
  ys.forEach((y, row) => {
    xs.forEach((x, column) => {
      const gx = (x + reach) / cell;
      const gy = (y + reach) / cell;
      if (gx < 0 || gy < 0 || gx > side - 1 || gy > side - 1) return;
      const i = Math.min(side - 2, Math.floor(gx));
      const at = Math.min(side - 2, Math.floor(gy)) * side + i;
      const lower = logs[at] + (gx - i) * (logs[at + 1] - logs[at]);
      const upper = logs[at + side] + (gx - i) * (logs[at + side + 1] - logs[at + side]);
      found[row * xs.length + column] = Math.exp(lower + (gy - Math.floor(at / side)) * (upper - lower));
    });
  });
  return found;
}

/**
 * Heights over a patch, with the light on them.
 * @param {MixtureData} mixture
 * @param {number} alpha
 * @param {number} sigma
 * @param {Patch} patch
 * @param {number} low
 * @param {Grid} [learned] another density, in place of the mixture's
 * @returns {Relief}
 */
export function reliefOf(mixture, alpha, sigma, patch, low, learned) {
  const { x, y, half } = patch;
  const side = SIDE;
  const [xs, ys] = [evenly(x - half, x + half, side), evenly(y - half, y + half, side)];
  const densities = learned ? between(learned, xs, ys) : densityAt(mixture, alpha, sigma, xs, ys, reachOf(mixture, alpha, sigma, HIGH + OVER));
  const heights = densities.map((q) => Math.max(low, Math.min(HIGH + OVER, -Math.log(q))));
  const slopes = new Float32Array(side * side);
  const cell = (2 * half) / (side - 1);
  for (let j = 0; j < side; j++) {
    const above = Math.min(side - 1, j + 1) * side;
    const below = Math.max(0, j - 1) * side;
    for (let i = 0; i < side; i++) {
      const dx = heights[j * side + Math.min(side - 1, i + 1)] - heights[j * side + Math.max(0, i - 1)];
      const dy = heights[above + i] - heights[below + i];
      const towards = -(LIGHT[0] * dx + LIGHT[1] * dy) / (2 * cell * STEEP);
      slopes[j * side + i] = towards / Math.sqrt(1 + towards * towards);
    }
  }
  return { side, patch, heights, slopes };
}

/** Of a relief at a place, between its points, cut at HIGH; at its border beyond it. @param {Relief} relief @param {number} x @param {number} y */
export function heightAt({ side, patch, heights }, x, y) {
  const cells = (side - 1) / (2 * patch.half);
  const gx = Math.max(0, Math.min(side - 1.001, (x - patch.x + patch.half) * cells));
  const gy = Math.max(0, Math.min(side - 1.001, (y - patch.y + patch.half) * cells));
  const i = Math.floor(gx);
  const j = Math.floor(gy);
  const at = j * side + i;
  const lower = heights[at] + (gx - i) * (heights[at + 1] - heights[at]);
  const upper = heights[at + side] + (gx - i) * (heights[at + side + 1] - heights[at + side]);
  return Math.min(HIGH, lower + (gy - j) * (upper - lower));
}
