// What the server knows of one particle: the costs of its steps, and the formula of each with its numbers.

import { askOnce } from "../../player/asking.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {{x: number[][], x0_hat: number[][], variance: number[][], next: (number[] | null)[], exact: number[], given?: number[], worked?: string[]}} Path by frame but t = 0: where it is, x0_hat, x_s, and nats */
/** @typedef {{before: number[], kernel: number[][], forward: Path, reverse: Path}} Told particle.py's answer */

/**
 * One frame of it.
 * @typedef {object} Step
 * @property {number} t
 * @property {number} s where the step leads
 * @property {number[]} kernel (c_t, c_0, variance) of q(x_s | x_t, x_0)
 * @property {number[]} variance of p(x_s | x_t), of each coordinate
 * @property {number[]} x
 * @property {number[]} x0_hat
 * @property {number[] | null} next
 * @property {number} exact KL(q(x_s | x_t) || p(x_s | x_t)) in nats
 * @property {number | null} given KL(q(x_s | x_t, x_0) || p(x_s | x_t)) in nats, of the forward path; into data -log p(x_0 | x_t)
 */

/**
 * The answer about a particle, if it is here; else it is asked for.
 * @param {Run} run
 * @param {number} particle
 * @returns {Told | null}
 */
export function toldOf(run, particle) {
  const { answers, host } = /** @type {{answers: import("../../player/asking.js").Answers<Told>, host: Host}} */ (run.kept);
  return particle < 0 ? null : askOnce(answers, particle, run, host, { particle });
}

/**
 * The step that leaves a frame, on one of the two paths.
 * @param {Run} run
 * @param {"forward" | "reverse"} direction
 * @param {number} frame
 * @param {number} particle
 * @returns {Step | null}
 */
export function stepOf(run, direction, frame, particle) {
  const told = frame > 0 ? toldOf(run, particle) : null;
  if (!told) return null;
  const i = frame - 1;
  const path = told[direction];
  return {
    t: run.times[frame],
    s: told.before[i],
    kernel: told.kernel[i],
    variance: path.variance[i],
    x: path.x[i],
    x0_hat: path.x0_hat[i],
    next: path.next[i],
    exact: path.exact[i],
    given: path.given?.[i] ?? null,
  };
}
