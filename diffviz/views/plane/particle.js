// One chosen particle: the density of the data it may have come from, its score, and all of it in words.

import { lowered, raised } from "../../player/digits.js";
import { textWidth } from "../../player/letters.js";
import { stepOf } from "./asked.js";
import { arrow, bands, inUnits, pathOf, shade, words } from "./draw.js";
import { posteriorOf, regionsOf, summary } from "./posterior.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */

const SHARES = [0.95, 0.8, 0.6, 0.4, 0.2]; // of the probability inside each band, as of q(x_t)
const SCORE = "σₜ² · score";


/** Is a particle chosen, so that all of it is shown? @param {Scene} scene */
export const isChosen = ({ run, picked, chosen }) => chosen >= 0 && chosen === picked && chosen < run.particles;

/** The step of the chosen particle at this moment. @param {Panel} panel @param {Scene} scene */
export const stepNow = ({ name }, { run, frame, chosen }) => stepOf(run, name === "forward" ? "forward" : "reverse", frame, chosen);

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
  text: `p(x₀ | x${lowered(run.times[frame])})${run.data.factor ? " without r(x)" : ""}: ${SHARES.map((share) => Math.round(100 * share)).join(", ")} % inside`,
  brief: [`p(x₀ | x${lowered(run.times[frame])})`],
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
  const text = Math.abs(value) < 1e-3 ? value.toExponential(1).replace(/e-(\d+)/, (_, power) => `·10${raised(-power)}`) : String(Number(value.toPrecision(2)));
  return `${text.replace("-", "−")} nats`;
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
