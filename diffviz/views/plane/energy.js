// The energy landscape of a moment, U_t(x) = -log of the exact law of x_t, in units of kT, which are nats.

import { isolines } from "./contours.js";
import { evenly, variance } from "./mixture.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./law.js").Law} Law */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */
/** @typedef {{x: number, y: number, half: number}} Patch a square of the plane: its middle, and half of its side */
/** @typedef {{side: number, patch: Patch, heights: Float32Array, slopes: Float32Array}} Relief heights [side * side] row by row from the lower left, up to OVER above HIGH, so that where they are cut there is a smooth line; slopes: the light that falls there if nothing is cut, -1..1, 0 where it is flat */

export const HIGH = 7; // kT above which heights are cut: of standard normal noise less than one per cent lies there
const OVER = 6; // kT
const SIDE = 97; // of a relief
const LIGHT = [-0.5, 0.6]; // where it comes from, in the plane
const STEEP = 12; // kT a unit: a slope that takes or adds half of the light and more

/** The lowest height of a run, a whole number of kT, at any time. @param {Pick<Run, "alpha" | "sigma">} run @param {Law[]} laws */
export const lowest = (run, laws) => Math.min(HIGH - 1, Math.floor(Math.min(...laws.map((law) => law.lowest(run)))));

/** Whole heights from low up to HIGH. @param {number} low */
export const levelsFrom = (low) => Array.from({ length: HIGH - low }, (_, i) => HIGH - i);

/** Standard deviations of a component beyond which it is higher than that. @param {MixtureData} mixture @param {number} alpha @param {number} sigma @param {number} high */
const reachOf = (mixture, alpha, sigma, high) => Math.sqrt(2 * Math.max(1, high - Math.log(2 * Math.PI * variance(mixture, alpha, sigma))));

/**
 * Where the energy is below each of the levels, as closed lines x, y, x, y ... in units of the data.
 * @param {MixtureData} mixture of the data
 * @param {Law} law
 * @param {number} alpha
 * @param {number} sigma
 * @param {number[]} levels
 * @returns {number[][][]} by level
 */
export function basins(mixture, law, alpha, sigma, levels) {
  const { side, reach, values } = law.grid(alpha, sigma, reachOf(mixture, alpha, sigma, HIGH + 1)); // lines end before its border
  const cell = (2 * reach) / (side - 1);
  return levels.map((level) => isolines(values, side, Math.exp(-level)).map((line) => line.map((at) => at * cell - reach)));
}

/**
 * Heights over a patch, with the light on them.
 * @param {MixtureData} mixture of the data
 * @param {Law} law
 * @param {number} alpha
 * @param {number} sigma
 * @param {Patch} patch
 * @param {number} low
 * @returns {Relief}
 */
export function reliefOf(mixture, law, alpha, sigma, patch, low) {
  const { x, y, half } = patch;
  const side = SIDE;
  const densities = law.densityAt(alpha, sigma, evenly(x - half, x + half, side), evenly(y - half, y + half, side), reachOf(mixture, alpha, sigma, HIGH + OVER));
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
