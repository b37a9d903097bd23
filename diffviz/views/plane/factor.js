// A factor r(x) that multiplies the data, in closed form: inverse/factors.py in the browser. Known is something of
// y = x + std z: that it lies in a half-plane, its distance from the origin, y itself, or one of its coordinates.

import { inkLine } from "./draw.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */

/** @typedef {{kind: "half_plane" | "ring" | "observation" | "strip", direction: number, offset: number, std: number, exact?: boolean}} Factor exact: is the reverse process conditioned in closed form? */

const TURNS = 90; // corners of a circle

/** log of the complementary error function, to within 1.2e-7 (Numerical Recipes, sec. 6.2). @param {number} x */
export function logErfc(x) {
  const z = Math.abs(x);
  const t = 1 / (1 + z / 2);
  const inner = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
  const log = Math.log(t) - z * z + inner.reduce((sum, c) => sum * t + c, 0);
  return x >= 0 ? log : Math.log(2 - Math.exp(log));
}

/** exp(-z) I0(z) for z >= 0, to within 2e-7 of itself (Abramowitz & Stegun 9.8.1 and 9.8.2). @param {number} z */
export function i0e(z) {
  if (z < 3.75) {
    const square = (z / 3.75) ** 2;
    return Math.exp(-z) * [0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1].reduce((sum, c) => sum * square + c, 0);
  }
  const t = 3.75 / z;
  const inner = [0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281, -0.00157565, 0.00225319, 0.01328592, 0.39894228];
  return inner.reduce((sum, c) => sum * t + c, 0) / Math.sqrt(z);
}

/**
 * log R(m; u), of the mean of r(x) over x ~ N(m, u - std²), up to a constant that depends on u alone.
 * @param {Factor} factor
 * @param {number} x
 * @param {number} y
 * @param {number} u
 */
export function logBlurred({ kind, direction, offset }, x, y, u) {
  const along = Math.cos(direction) * x + Math.sin(direction) * y;
  if (kind === "half_plane") return logErfc((offset - along) / Math.sqrt(2 * u));
  if (kind === "strip") return -((along - offset) ** 2) / (2 * u);
  if (kind === "ring") {
    const length = Math.hypot(x, y);
    return -((length - offset) ** 2) / (2 * u) + Math.log(i0e((length * offset) / u));
  }
  return -((x - offset * Math.cos(direction)) ** 2 + (y - offset * Math.sin(direction)) ** 2) / (2 * u);
}

/**
 * Lines [[x, y] ...] where r(x) is largest, or of a half-plane 1/2, the first one, and one standard deviation of y to either side;
 * overlays.py draws the same.
 * @param {Factor} factor
 * @returns {[number, number][][]}
 */
export function factorLines({ kind, direction, offset, std }) {
  const [nx, ny] = [Math.cos(direction), Math.sin(direction)];
  const circle = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ radius) =>
    Array.from({ length: TURNS + 1 }, (_, i) => /** @type {[number, number]} */ ([x + radius * Math.cos((2 * Math.PI * i) / TURNS), y + radius * Math.sin((2 * Math.PI * i) / TURNS)]));
  if (kind === "observation") return [1, 2].map((k) => circle(offset * nx, offset * ny, k * std));
  const places = [offset, offset - std, offset + std];
  if (kind === "ring") return places.filter((place) => place > 0).map((place) => circle(0, 0, place));
  return places.map((place) => [-9, 9].map((far) => [place * nx - far * ny, place * ny + far * nx]));
}

/** @param {Panel} panel @param {Scene} scene */
export function drawFactor(panel, scene) {
  factorLines(scene.run.data.factor).forEach((line, i) => {
    inkLine(panel, scene, line.map(([x, y]) => [panel.x(x), panel.y(y)]), i ? [2, 4] : [7, 4]);
  });
}

/** What the lines are, for the legend. @param {Scene} scene */
export const factorRow = ({ colours }) => ({
  width: 22,
  draw: (/** @type {CanvasRenderingContext2D} */ c, /** @type {number} */ x, /** @type {number} */ y) => {
    c.strokeStyle = colours.ink;
    c.lineWidth = 1.5;
    c.setLineDash([7, 4]);
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(x + 22, y);
    c.stroke();
    c.setLineDash([]);
  },
  text: "r(x), and one standard deviation of y to either side",
  brief: ["r(x)"],
});
