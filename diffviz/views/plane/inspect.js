// One particle: which one is meant, and what is known about it.

import { exactAt } from "./mixture.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */

export const NEAR = 14; // pixels

/**
 * The nearest of points to a pixel, or -1 if none is near.
 * @param {Panel} panel
 * @param {Float32Array} points
 * @param {number} px
 * @param {number} py
 * @param {number} [near] pixels
 */
export function nearestPoint(panel, points, px, py, near = NEAR) {
  let best = -1;
  let distance = near ** 2;
  for (let i = 0; i < points.length; i += 2) {
    const d = (panel.x(points[i]) - px) ** 2 + (panel.y(points[i + 1]) - py) ** 2;
    if (d < distance) {
      distance = d;
      best = i / 2;
    }
  }
  return best;
}

/**
 * The next particle in a direction: near, and rather ahead than aside. Of none (-1) the one in the middle; where none is
 * ahead, the same.
 * @param {Float32Array} points
 * @param {number} picked
 * @param {number} dx
 * @param {number} dy 1 is down
 */
export function neighbour(points, picked, dx, dy) {
  const from = picked < 0 ? [0, 0] : [points[2 * picked], points[2 * picked + 1]];
  let best = picked;
  let cost = Infinity;
  for (let i = 0; i < points.length / 2; i++) {
    const [ax, ay] = [points[2 * i] - from[0], points[2 * i + 1] - from[1]];
    const ahead = ax * dx - ay * dy;
    const aside = Math.abs(ax * dy + ay * dx);
    const each = picked < 0 ? Math.hypot(ax, ay) : ahead > 1e-6 ? ahead + 2 * aside : Infinity;
    if (i !== picked && each < cost) {
      cost = each;
      best = i;
    }
  }
  return best;
}

/**
 * Where the picked particle is, and what the data behind it are taken to be.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {{at: ArrayLike<number>, start: ArrayLike<number> | null, x0Hat: ArrayLike<number> | null, mean: [number, number]} | null}
 */
export function known({ name }, { run, frame, picked }) {
  const points = run.array(name, frame);
  if (!points || picked < 0 || picked >= run.particles) return null;
  const two = (/** @type {Float32Array | null} */ values) => (values && 2 * picked < values.length ? values.subarray(2 * picked, 2 * picked + 2) : null);
  const at = points.subarray(2 * picked, 2 * picked + 2);
  return {
    at,
    start: name === "forward" ? two(run.array(name, 0)) : null,
    x0Hat: name === "reverse" ? two(run.array("x0_hat", frame)) : null,
    mean: exactAt(run.data.mixture, at[0], at[1], run.alpha[frame], run.sigma[frame]).mean,
  };
}

const place = (/** @type {ArrayLike<number>} */ at) => `(${Array.from(at, (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−")).join(", ")})`;

/**
 * The same in few words, to stand beside the particle.
 * @param {NonNullable<ReturnType<typeof known>>} found
 * @param {boolean} exact is the denoised estimate the exact mean?
 */
export function facts({ at, start, x0Hat, mean }, exact) {
  const lines = [`xₜ = ${place(at)}`];
  if (start) lines.push(`x₀ = ${place(start)}`);
  if (x0Hat && !exact) lines.push(`x̂₀ = ${place(x0Hat)}`);
  return [...lines, `E[x₀ | xₜ] = ${place(mean)}`];
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 */
export function note(panel, scene) {
  const found = known(panel, scene);
  if (!found) return "";
  const { run, frame, picked } = scene;
  const parts = [`xₜ = ${place(found.at)} at t = ${run.times[frame]}`];
  if (found.start) parts.push(`x₀ = ${place(found.start)}`);
  if (found.x0Hat && !run.data.exact) parts.push(`denoised estimate x̂₀ = ${place(found.x0Hat)}`);
  parts.push(`exact posterior mean E[x₀ | xₜ] = ${place(found.mean)}`);
  return `Particle ${picked + 1} of ${run.particles}: ${parts.join(", ")}.`;
}
