// What the data behind one sequence may be: the exact posterior probability of each of the heartbeats, which differ in their phase.

import { percent } from "../../player/digits.js";
import { drawCard, drawText, lineHeight } from "../../player/letters.js";
import { forwardProbability } from "./bits.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */

const IMPOSSIBLE = 1e-300; // instead of 0, of which there is no logarithm

/**
 * p(x_0 | x_t) of every heartbeat, all of them equally likely as data: binomial/finite.py in the browser.
 * @param {Uint8Array} bits of one sequence x_t
 * @param {number} period
 * @param {number} rate of ones in pure noise
 * @param {number} alpha
 * @param {number} sigma
 * @returns {number[]} by phase, from the first
 */
export function phaseWeights(bits, period, rate, alpha, sigma) {
  const one = [0, 1].map((bit) => forwardProbability(bit, rate, alpha, sigma)); // q(x_t = 1 | x_0)
  const logs = Array.from({ length: period }, (_, phase) =>
    bits.reduce((sum, bit, i) => {
      const p = one[Number(i % period === phase)];
      return sum + Math.log(Math.max(IMPOSSIBLE, bit ? p : 1 - p));
    }, 0),
  );
  const top = Math.max(...logs);
  const shares = logs.map((log) => Math.exp(log - top));
  const total = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / total);
}

/** The same in a sentence. @param {number[]} weights */
export const phasesTold = (weights) => `Given xₜ, the exact probabilities of the ${weights.length} phases are ${weights.map(percent).join(", ")}.`;

/**
 * Bars of the weights beside the row of the sequence, over what is there.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number[]} weights
 * @param {number} y of the row's middle
 */
export function drawPhases(panel, scene, weights, y) {
  const { colours, present } = scene;
  const c = panel.context;
  const line = lineHeight(present);
  const [wide, high] = [present ? 62 : 44, present ? 70 : 44];
  const width = weights.length * wide + 12;
  const height = high + 3 * line + 6;
  const [left, top] = [panel.width - width - 14, Math.max(4, y > panel.height / 2 ? y - height - 8 : y + 8)];
  drawCard(c, colours, left, top, width, height);
  drawText(panel, scene, "exact p(phase of x₀ | xₜ)", left + 8, top + line, { colour: colours.ink, most: width - 16 });
  const bottom = top + 2 * line + high;
  weights.forEach((share, i) => {
    const x = left + 6 + i * wide;
    c.fillStyle = colours.ink;
    c.globalAlpha = 0.75;
    c.fillRect(x + 6, bottom - share * high, wide - 12, Math.max(1, share * high));
    c.globalAlpha = 1;
    drawText(panel, scene, percent(share), x + wide / 2, bottom - share * high - 3, { colour: colours.ink, align: "center" });
    drawText(panel, scene, String(i + 1), x + wide / 2, bottom + line - 2, { colour: colours.muted, align: "center" });
  });
}
