// The drift of the reverse step, mu(x_t, t) - x_t, on the grid of the score: how far the mean of p(x_s | x_t) lies from x_t
// (Sohl-Dickstein et al. 2015, Figure 1).

import { arrows } from "./draw.js";
import { scoreRow } from "./legend.js";
import { exactAt } from "./mixture.js";
import { lengths, quantile } from "./score.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {{points: Float32Array, exact: Float32Array, network: Float32Array | null, error: null, unit: number, worst: number}} Drift as the score's field */

const LONG = 0.6; // share of the arrows that are not cut
const LEAST = 1e-9; // length of an arrow that is none

/**
 * mu - x_t = (c_t - 1) x_t + c_0 x0_hat.
 * @param {Float32Array} points
 * @param {ArrayLike<number>} x0Hat
 * @param {[number, number]} kernel c_t and c_0 of the step
 */
export const driftOf = (points, x0Hat, [c_t, c_0]) => points.map((x, i) => (c_t - 1) * x + c_0 * x0Hat[i]);

/** The drift of the step that leaves a frame; null at t = 0, which none leaves. @param {Run} run @param {number} frame @returns {Drift | null} */
export function driftField(run, frame) {
  const { data, alpha, sigma, kept } = run;
  const kernel = data.drift[frame];
  if (!kernel) return null;
  const { points, drifts } = /** @type {{points: Float32Array, drifts: Map<number, Drift>}} */ (kept);
  const network = data.exact ? null : run.array("field", frame);
  const before = drifts.get(frame);
  if (before && Boolean(before.network) === Boolean(network)) return before;
  const means = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) means.set(exactAt(data.mixture, points[i], points[i + 1], alpha[frame], sigma[frame]).mean, i);
  const exact = driftOf(points, means, kernel);
  const made = { points, exact, network: network && driftOf(points, network, kernel), error: null, unit: Math.max(LEAST, quantile(lengths(exact), LONG)), worst: 0 };
  drifts.set(frame, made);
  return made;
}

/**
 * The exact drift in black and, going back, the network's in colour.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {import("./legend.js").Row | null} what it means
 */
export function drift(panel, scene) {
  const field = driftField(scene.run, scene.frame);
  if (!field) return null;
  arrows(panel, field, field.exact, scene.colours.ink, 1.3);
  if (panel.name === "reverse" && field.network) arrows(panel, field, field.network, scene.colours.own, 1.6);
  return scoreRow(panel, scene, field, scene.run.data.factor ? "drift without r(x)" : "drift");
}
