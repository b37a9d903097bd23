// One chosen particle: the density of the data it may have come from, its score, and the step from t to s, enlarged: the exact
// q(x_s | x_t), the model's p(x_s | x_t) and, where x_0 is known, q(x_s | x_t, x_0).

import { drawText, lineHeight, textWidth } from "../../player/letters.js";
import { stepOf } from "./asked.js";
import { arrow, bands, inUnits, shade, words } from "./draw.js";
import { oneBefore, posteriorOf, regionsOf, summary } from "./posterior.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */
/** @typedef {import("./asked.js").Step} Step */
/** @typedef {{x: number, y: number, side: number}} Box */

const SHARES = [0.95, 0.8, 0.6, 0.4, 0.2]; // of the probability inside each band, as of q(x_t)
const DEVIATIONS = [2, 1];
const WITHIN = DEVIATIONS.map((z) => 1 - Math.exp((-z * z) / 2)); // of a Gaussian of the plane
const FAR = 3.1; // standard deviations that the inset shows
const HEAD = 34; // pixels over which a panel's title stands
const SCORE = "σₜ² · score";
const LEAST = 240; // pixels of a panel that has room for the inset

const subscript = (/** @type {number} */ t) => String(t).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));

/** Is a particle chosen, so that all of it is shown? @param {Scene} scene */
export const isChosen = ({ run, picked, chosen }) => chosen >= 0 && chosen === picked && chosen < run.particles;

/** The step of the chosen particle at this moment. @param {Panel} panel @param {Scene} scene */
const stepNow = ({ name }, { run, frame, chosen }) => stepOf(run, name === "forward" ? "forward" : "reverse", frame, chosen);

/**
 * p(x_0 | x_t) of the chosen particle; null at t = 0, where it is the point.
 * @param {Panel} panel
 * @param {Scene} scene
 * @returns {MixtureData | null}
 */
export function posteriorNow(panel, scene) {
  const { run, frame, chosen } = scene;
  const points = run.array(panel.name, frame);
  if (!points || !isChosen(scene) || run.sigma[frame] === 0) return null;
  const [x, y] = stepNow(panel, scene)?.x ?? [points[2 * chosen], points[2 * chosen + 1]];
  return posteriorOf(run.data.mixture, x, y, run.alpha[frame], run.sigma[frame]);
}

/** @param {number[][]} lines */
function pathOf(lines) {
  const path = new Path2D();
  for (const line of lines) {
    path.moveTo(line[0], line[1]);
    for (let i = 2; i < line.length; i += 2) path.lineTo(line[i], line[i + 1]);
    path.closePath();
  }
  return path;
}

/**
 * The posterior's bands instead of those of q(x_t), the outermost with a dashed rim, as all that is exact.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {MixtureData} posterior
 */
export function posteriorBands(panel, scene, posterior) {
  const { run, frame, chosen, colours, present } = scene;
  const key = `${panel.name} ${frame} ${chosen} ${Boolean(stepNow(panel, scene))}`;
  const made = /** @type {Map<string, Path2D[]>} */ (run.kept.posteriors);
  if (made.size > 600) made.clear();
  const regions = made.get(key) ?? regionsOf(posterior, SHARES).map(pathOf);
  made.set(key, regions);
  bands(panel, regions, colours, false);
  inUnits(panel, (c) => {
    c.strokeStyle = colours.ink;
    c.lineWidth = (present ? 2 : 1.2) / panel.k;
    c.setLineDash([4 / panel.k, 3 / panel.k]);
    c.stroke(regions[0]);
  });
}

/** @param {Scene} scene @returns {import("./legend.js").Row} */
export const posteriorRow = ({ colours, run, frame }) => ({
  width: SHARES.length * 11,
  draw: (c, x, y) =>
    SHARES.forEach((_, i) => {
      c.fillStyle = shade(colours, i);
      c.fillRect(x + 11 * i, y - 5.5, 11, 11);
    }),
  text: `p(x₀ | x${subscript(run.times[frame])}): ${SHARES.map((share) => Math.round(100 * share)).join(", ")} % inside`,
  brief: [`p(x₀ | x${subscript(run.times[frame])})`],
});

/**
 * σ_t² times the score at the particle, which ends at α_t E[x_0 | x_t] (Tweedie); the network's in the colour of the run.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {ArrayLike<number>} at
 * @param {[number, number]} mean the exact E[x_0 | x_t]
 */
export function scoreArrow(panel, scene, at, mean) {
  const { run, frame, colours, present } = scene;
  const c = panel.context;
  const estimate = run.data.exact ? null : stepNow(panel, scene)?.x0_hat;
  const [x, y] = [panel.x(at[0]), panel.y(at[1])];
  for (const [target, colour] of /** @type {[ArrayLike<number> | null | undefined, string][]} */ ([[mean, colours.ink], [estimate, colours.own]])) {
    if (!target) continue;
    const [dx, dy] = [panel.x(run.alpha[frame] * target[0]) - x, panel.y(run.alpha[frame] * target[1]) - y];
    const length = Math.hypot(dx, dy);
    if (length < 6) continue;
    c.strokeStyle = colour;
    c.lineWidth = present ? 3.5 : 2.2;
    c.beginPath();
    arrow(c, x, y, dx / length, dy / length, length);
    c.stroke();
    if (colour === colours.ink) words(panel, scene, SCORE, x + dx + (dx < 0 ? -8 - textWidth(SCORE, scene) : 8), y + dy + (dy > 0 ? 12 : -2));
  }
}

/** @param {number} value in nats */
export function nats(value) {
  if (Math.abs(value) < 1e-6) return "below 10⁻⁶ nats";
  const text = Math.abs(value) < 1e-3 ? value.toExponential(1).replace(/e-(\d+)/, (_, power) => `·10⁻${power.replace(/\d/g, (/** @type {string} */ d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)])}`) : String(Number(value.toPrecision(2)));
  return `${text.replace("-", "−")} nats`;
}

/**
 * What the inset draws, with its letters.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Step} step
 * @returns {{text: string, colour: string, dash: number[]}[]}
 */
function keyOf({ name }, { colours, pair }, { s, t, exact, given }) {
  const [to, from] = [`x${subscript(s)}`, `x${subscript(t)}`];
  const rows = [
    { text: `p(${to} | ${from})`, colour: pair ? colours.own : colours.reverse, dash: [] },
    { text: `q(${to} | ${from}): KL ${nats(exact)}`, colour: colours.ink, dash: [4, 3] },
  ];
  if (name === "forward" && given !== null) rows.push({ text: s ? `q(${to} | ${from}, x₀): KL ${nats(given)}` : `−log p(x₀ | ${from}) ${nats(given)}`, colour: colours.forward, dash: [] });
  return rows;
}

/**
 * The corner opposite to the particle.
 * @param {Panel} panel
 * @param {number} x
 * @param {number} y
 * @param {number} wide of what has to fit, in pixels
 * @param {number} high
 * @returns {[number, number]} left, top
 */
const corner = ({ width, height }, x, y, wide, high) => [x > width / 2 ? 8 : width - wide - 8, y > (height + HEAD) / 2 ? HEAD + 2 : height - high - 8 - 2 * 24];

/**
 * The step from the particle, enlarged.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {ArrayLike<number>} at
 * @returns {string[]} what there was no room to draw, as text
 */
export function drawStep(panel, scene, at) {
  const step = isChosen(scene) ? stepNow(panel, scene) : null;
  if (!step) return [];
  const rows = keyOf(panel, scene, step);
  if (Math.min(panel.width, panel.height - HEAD) < LEAST) return rows.slice(1).map(({ text }) => text);
  const { run, frame, colours, present } = scene;
  const c = panel.context;
  const { kernel: [c_t, c_0, spread], x, x0_hat } = step;
  const exact = oneBefore(posteriorOf(run.data.mixture, x[0], x[1], run.alpha[frame], run.sigma[frame]), x[0], x[1], step.kernel);
  const p = { mean: x.map((value, i) => c_t * value + c_0 * x0_hat[i]), std: Math.sqrt(step.variance) };
  const start = panel.name === "forward" && step.s > 0 ? run.array("forward", 0) : null;
  const q = start && { mean: x.map((value, i) => c_t * value + c_0 * start[2 * scene.chosen + i]), std: Math.sqrt(spread) };

  const seen = summary(exact);
  const half = FAR * Math.max(p.std, seen.spread, q ? q.std : 0) + 0.5 * Math.max(...[p, ...(q ? [q] : [])].map(({ mean }) => Math.hypot(mean[0] - seen.mean[0], mean[1] - seen.mean[1])));
  const line = lineHeight(present);
  const side = Math.min(present ? 230 : 130, 0.36 * Math.min(panel.width, panel.height - HEAD));
  const wide = Math.max(side, ...rows.map(({ text }) => textWidth(text, scene) + 34));
  const [left, top] = corner(panel, panel.x(at[0]), panel.y(at[1]), wide, side + rows.length * line + 8);
  const k = side / (2 * half);
  const place = (/** @type {number[]} */ [px, py]) => [left + wide / 2 + (px - seen.mean[0]) * k, top + side / 2 - (py - seen.mean[1]) * k];

  c.save();
  c.fillStyle = colours.panel;
  c.strokeStyle = colours.muted;
  c.lineWidth = 1;
  c.beginPath();
  c.roundRect(left, top, wide, side + rows.length * line + 8, 5);
  c.globalAlpha = 0.93;
  c.fill();
  c.globalAlpha = 1;
  c.stroke();
  const small = Math.max(6, 2 * half * panel.k); // where that is in the panel
  c.strokeRect(panel.x(seen.mean[0]) - small / 2, panel.y(seen.mean[1]) - small / 2, small, small);
  c.beginPath();
  c.rect(left, top, wide, side);
  c.clip();
  c.lineWidth = present ? 3 : 1.8;
  for (const [gaussian, colour] of /** @type {[{mean: number[], std: number} | null, string][]} */ ([[q, colours.forward], [p, rows[0].colour]])) {
    if (!gaussian) continue;
    const [mx, my] = place(gaussian.mean);
    c.strokeStyle = c.fillStyle = colour;
    for (const z of DEVIATIONS) {
      c.beginPath();
      c.arc(mx, my, z * gaussian.std * k, 0, 2 * Math.PI);
      c.stroke();
    }
    c.fillRect(mx - 2, my - 2, 4, 4);
  }
  c.strokeStyle = colours.ink;
  c.setLineDash([4, 3]);
  for (const lines of regionsOf(exact, WITHIN)) {
    c.beginPath();
    for (const contour of lines) {
      for (let i = 0; i < contour.length; i += 2) c[i ? "lineTo" : "moveTo"](...(/** @type {[number, number]} */ (place([contour[i], contour[i + 1]]))));
      c.closePath();
    }
    c.stroke();
  }
  c.setLineDash([]);
  if (step.next) {
    const [nx, ny] = place(step.next);
    c.fillStyle = colours.own;
    c.beginPath();
    c.arc(nx, ny, present ? 6 : 4, 0, 2 * Math.PI);
    c.fill();
    c.strokeStyle = colours.ink;
    c.lineWidth = 1;
    c.stroke();
  }
  c.restore();
  drawText(panel, scene, `${DEVIATIONS.slice().reverse().join(" and ")} std, × ${Number((k / panel.k).toPrecision(2))}`, left + 7, top + line - 2, { colour: colours.muted });
  rows.forEach(({ text, colour, dash }, i) => {
    const y = top + side + (i + 1) * line;
    c.strokeStyle = colour;
    c.lineWidth = present ? 3 : 1.8;
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(left + 8, y - 4);
    c.lineTo(left + 24, y - 4);
    c.stroke();
    c.setLineDash([]);
    drawText(panel, scene, text, left + 29, y, { colour: colours.ink });
  });
  return [];
}

const sides = (/** @type {ArrayLike<number>} */ at) => `(${Array.from(at, (value) => value.toFixed(2)).join(", ")})`.replaceAll("-", "−");

/** The same in a sentence or two, for the chosen particle; "" for none. @param {Panel} panel @param {Scene} scene */
export function told(panel, scene) {
  const posterior = posteriorNow(panel, scene);
  if (!posterior) return "";
  const { mean, spread } = summary(posterior);
  const text = `Given xₜ, the data of particle ${scene.chosen + 1} have mean ${sides(mean)} and standard deviation ${spread.toFixed(2)} a coordinate.`;
  const step = stepNow(panel, scene);
  if (!step) return text;
  const known = panel.name === "forward" && step.given !== null && step.s > 0 ? `, and of q(xₛ | xₜ, x₀) ${nats(step.given)}` : "";
  return `${text} In the step to t = ${step.s} the KL divergence of q(xₛ | xₜ) from p(xₛ | xₜ) is ${nats(step.exact)}${known}.`;
}
