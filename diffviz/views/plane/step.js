// The step of the chosen particle from t to s, enlarged: the exact q(x_s | x_t), the model's p(x_s | x_t) and, where x_0 is known,
// q(x_s | x_t, x_0), each at one and two standard deviations, with the KL divergences of this step for this point.

import { lowered } from "../../player/digits.js";
import { drawCard, drawText, lineHeight, textWidth } from "../../player/letters.js";
import { pathOf } from "./draw.js";
import { isChosen, nats, stepNow } from "./particle.js";
import { oneBefore, posteriorOf, regionsOf, summary } from "./posterior.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("./asked.js").Step} Step */
/** @typedef {{mean: number[], std: number[]}} Gaussian std: of each coordinate */
/** @typedef {{left: number, top: number, wide: number, side: number, k: number, middle: [number, number]}} Inset side: pixels of what is enlarged; k: pixels per unit of the data; middle: its centre there */
/** @typedef {{text: string, colour: string, mark: "line" | "dashes" | "dot"}} Key */

const DEVIATIONS = [2, 1];
const WITHIN = DEVIATIONS.map((z) => 1 - Math.exp((-z * z) / 2)); // of a Gaussian of the plane
const FAR = 3.1; // standard deviations that the inset shows
const HEAD = 34; // pixels over which a panel's title stands
const LEGEND = 48; // pixels of the panel's legend, above which the inset stands
const LEAST = 240; // pixels of a panel that has room for it

/**
 * What is written below the inset.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Step} step
 * @returns {Key[]}
 */
function keysOf({ name }, { colours, pair }, { s, t, exact, given, next }) {
  const [to, from] = [`x${lowered(s)}`, `x${lowered(t)}`];
  /** @type {Key[]} */
  const keys = [
    { text: `p(${to} | ${from})`, colour: pair ? colours.own : colours.reverse, mark: "line" },
    { text: `q(${to} | ${from}): KL ${nats(exact)}`, colour: colours.ink, mark: "dashes" },
  ];
  if (name === "forward" && given !== null) keys.push({ text: s ? `q(${to} | ${from}, x₀): KL ${nats(given)}` : `−log p(x₀ | ${from}) ${nats(given)}`, colour: colours.forward, mark: "line" });
  if (next) keys.push({ text: `${to} of this path`, colour: colours.own, mark: "dot" });
  return keys;
}

/** What is drawn of q(x_s | x_t). @param {import("./mixture.js").MixtureData} mixture */
const exactOf = (mixture) => ({ seen: summary(mixture), regions: regionsOf(mixture, WITHIN).map(pathOf) });

/**
 * The three, of which the exact one is kept for when the clock comes by again.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Step} step
 */
function lawsOf(panel, { run, frame, chosen }, step) {
  const { kernel: [c_t, c_0, spread], x, x0_hat, s } = step;
  const known = /** @type {Map<string, {seen: ReturnType<typeof summary>, regions: Path2D[]}>} */ (run.kept.steps);
  const key = `${panel.name} ${frame} ${chosen}`;
  if (known.size > 600) known.clear();
  const exact = known.get(key) ?? exactOf(oneBefore(posteriorOf(run.data.mixture, x[0], x[1], run.alpha[frame], run.sigma[frame]), x[0], x[1], step.kernel));
  known.set(key, exact);
  const given = panel.name === "forward" && s > 0 ? run.array("forward", 0) : null;
  const meanOf = (/** @type {ArrayLike<number>} */ x_0) => x.map((value, i) => c_t * value + c_0 * x_0[i]);
  return {
    exact,
    p: /** @type {Gaussian} */ ({ mean: meanOf(x0_hat), std: step.variance.map(Math.sqrt) }),
    q: given ? /** @type {Gaussian} */ ({ mean: meanOf(given.subarray(2 * chosen, 2 * chosen + 2)), std: [Math.sqrt(spread), Math.sqrt(spread)] }) : null,
  };
}

/**
 * In the corner opposite to the particle, on the panel's colour, with a frame around the part of the panel that is enlarged.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {ArrayLike<number>} at
 * @param {Key[]} keys
 * @param {ReturnType<typeof lawsOf>} laws
 * @returns {Inset}
 */
function openInset(panel, scene, at, keys, { exact, p, q }) {
  const { width, height, context: c } = panel;
  const { seen } = exact;
  const known = q ? [p, q] : [p];
  const apart = Math.max(...known.map(({ mean }) => Math.hypot(mean[0] - seen.mean[0], mean[1] - seen.mean[1])));
  const half = FAR * Math.max(seen.spread, ...known.flatMap(({ std }) => std)) + apart / 2;
  const side = Math.min(scene.present ? 230 : 130, 0.36 * Math.min(width, height - HEAD));
  const wide = Math.max(side, ...keys.map(({ text }) => textWidth(text, scene) + 38));
  const high = side + keys.length * lineHeight(scene.present) + 8;
  const left = panel.x(at[0]) > width / 2 ? 8 : width - wide - 8;
  const top = panel.y(at[1]) > (height + HEAD) / 2 ? HEAD + 2 : height - high - 8 - LEGEND;
  drawCard(c, scene.colours, left, top, wide, high);
  const small = Math.max(6, 2 * half * panel.k);
  c.strokeRect(panel.x(seen.mean[0]) - small / 2, panel.y(seen.mean[1]) - small / 2, small, small);
  return { left, top, wide, side, k: side / (2 * half), middle: seen.mean };
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Step} step
 * @param {ReturnType<typeof lawsOf>} laws
 * @param {Inset} inset
 */
function drawLaws({ context: c }, { colours, pair, present }, step, { exact, p, q }, { left, top, wide, side, k, middle }) {
  const place = (/** @type {number[]} */ [x, y]) => /** @type {[number, number]} */ ([left + wide / 2 + (x - middle[0]) * k, top + side / 2 - (y - middle[1]) * k]);
  c.save();
  c.beginPath();
  c.rect(left, top, wide, side);
  c.clip();
  c.lineWidth = present ? 3 : 1.8;
  for (const [gaussian, colour] of /** @type {[Gaussian | null, string][]} */ ([[q, colours.forward], [p, pair ? colours.own : colours.reverse]])) {
    if (!gaussian) continue;
    const [x, y] = place(gaussian.mean);
    c.strokeStyle = c.fillStyle = colour;
    for (const z of DEVIATIONS) {
      c.beginPath();
      c.ellipse(x, y, z * gaussian.std[0] * k, z * gaussian.std[1] * k, 0, 0, 2 * Math.PI);
      c.stroke();
    }
    c.fillRect(x - 2, y - 2, 4, 4);
  }
  c.save();
  c.translate(...place([0, 0]));
  c.scale(k, -k);
  c.strokeStyle = colours.ink;
  c.lineWidth /= k;
  c.setLineDash([4 / k, 3 / k]);
  for (const region of exact.regions) c.stroke(region);
  c.restore();
  if (step.next) dot(c, ...place(step.next), present ? 6 : 4, colours);
  c.restore();
}

/** @param {CanvasRenderingContext2D} c @param {number} x @param {number} y @param {number} radius @param {Scene["colours"]} colours */
function dot(c, x, y, radius, { own, ink }) {
  c.fillStyle = own;
  c.strokeStyle = ink;
  c.lineWidth = 1;
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
  c.fill();
  c.stroke();
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Key[]} keys
 * @param {Inset} inset
 */
function drawKeys(panel, scene, keys, { left, top, side, k }) {
  const c = panel.context;
  const line = lineHeight(scene.present);
  const scale = Number((k / panel.k).toPrecision(2));
  drawText(panel, scene, `1 and 2 std, × ${scale}`, left + 7, top + line - 2, { colour: scene.colours.muted });
  keys.forEach(({ text, colour, mark }, i) => {
    const y = top + side + (i + 1) * line;
    if (mark === "dot") dot(c, left + 16, y - 4, 4, scene.colours);
    else {
      c.strokeStyle = colour;
      c.lineWidth = scene.present ? 3 : 1.8;
      c.setLineDash(mark === "dashes" ? [4, 3] : []);
      c.beginPath();
      c.moveTo(left + 8, y - 4);
      c.lineTo(left + 24, y - 4);
      c.stroke();
      c.setLineDash([]);
    }
    drawText(panel, scene, text, left + 29, y, { colour: scene.colours.ink });
  });
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {ArrayLike<number>} at
 * @returns {{more: string[], inset: Inset | null}} more: what there was no room to draw, as text
 */
export function drawStep(panel, scene, at) {
  const step = isChosen(scene) ? stepNow(panel, scene) : null;
  if (!step) return { more: [], inset: null };
  const keys = keysOf(panel, scene, step);
  if (Math.min(panel.width, panel.height - HEAD) < LEAST) {
    return { more: keys.filter(({ text }) => text.includes("nats")).map(({ text }) => text), inset: null };
  }
  const laws = lawsOf(panel, scene, step);
  const inset = openInset(panel, scene, at, keys, laws);
  drawLaws(panel, scene, step, laws, inset);
  drawKeys(panel, scene, keys, inset);
  return { more: [], inset };
}
