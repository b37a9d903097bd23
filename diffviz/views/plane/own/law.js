// A mixture whose components differ in width: its text, its density and its score under noise. own_mixture.py in the browser.
import { densityAt } from "../mixture.js";

/** @typedef {{x: number, y: number, std: number, weight: number}} Component */

export const BOUNDS = { x: [-4, 4], y: [-4, 4], std: [0.03, 2], weight: [0.001, 1000] };
const CUT = 5; // standard deviations beyond which a component counts as nothing

const cut = (/** @type {number} */ value, /** @type {number[]} */ [low, high]) => Math.max(low, Math.min(high, value));
const short = (/** @type {number} */ value) => String(Number(value.toPrecision(4)));

/** Within what is allowed, and in as few digits as a hand is sure of. @param {Component} component @returns {Component} */
export const fitted = ({ x, y, std, weight }) => ({ x: Math.round(1000 * cut(x, BOUNDS.x)) / 1000, y: Math.round(1000 * cut(y, BOUNDS.y)) / 1000, std: Number(short(cut(std, BOUNDS.std))), weight: Number(short(cut(weight, BOUNDS.weight))) });

/** @param {Component[]} components */
export const write = (components) => components.map(({ x, y, std, weight }) => [x, y, std, weight].map((value) => String(value)).join(",")).join(";");

/** @param {string} text of the server's @returns {Component[]} */
export const read = (text) => text.split(";").filter(Boolean).map((part) => {
  const [x, y, std, weight] = part.split(",").map(Number);
  return { x, y, std, weight };
});

/** What each weighs of 1, its mean and its standard deviation at a noise level. @param {Component[]} components @param {number} alpha @param {number} sigma */
function noised(components, alpha, sigma) {
  const total = components.reduce((sum, { weight }) => sum + weight, 0);
  return components.map(({ x, y, std, weight }) => ({ x: alpha * x, y: alpha * y, tau: Math.hypot(alpha * std, sigma), share: weight / total }));
}

/** The density of x_t row by row. @param {Component[]} components @param {number} alpha @param {number} sigma @param {Float64Array} at evenly spaced, of both coordinates */
export function density(components, alpha, sigma, at) {
  const sum = new Float32Array(at.length ** 2);
  for (const { x, y, tau, share } of noised(components, alpha, sigma)) {
    const one = densityAt({ means: [[x, y]], weights: [share], std: tau }, 1, 0, at, at, CUT);
    for (let i = 0; i < sum.length; i++) sum[i] += one[i];
  }
  return sum;
}

/** The gradient of log q(x_t) at a place. @param {Component[]} components @param {number} alpha @param {number} sigma @param {number} x @param {number} y @returns {[number, number]} */
export function score(components, alpha, sigma, x, y) {
  const parts = noised(components, alpha, sigma).map(({ x: mx, y: my, tau, share }) => ({ dx: (mx - x) / tau ** 2, dy: (my - y) / tau ** 2, log: Math.log(share / tau ** 2) - ((x - mx) ** 2 + (y - my) ** 2) / (2 * tau ** 2) }));
  const top = parts.reduce((most, { log }) => Math.max(most, log), Number.NEGATIVE_INFINITY);
  let total = 0, dx = 0, dy = 0;
  for (const part of parts) {
    const likely = Math.exp(part.log - top);
    total += likely;
    dx += likely * part.dx;
    dy += likely * part.dy;
  }
  return [dx / total, dy / total];
}
