// One picture enlarged: of a single run what goes forward and comes back, the denoised estimate and the predicted noise, and how
// its pixels are spread; of a pair A, B and how far they are apart.

import { drawText, firstThatFits } from "../../player/letters.js";
import { drawRows } from "./drawing.js";
import { BINS, copyPicture, difference, dimOf, greysOf, histogram, reachOf, shapeOf, valuesOf } from "./pixels.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./drawing.js").Framed} Framed */

const HISTOGRAM = 96; // pixels of height, where there is room
const HIGHEST = 0.8; // share of the pixels in one bin at the top of the histogram

/** The array that the panel of the reverse process shows. @param {Scene} scene */
export const shownArray = ({ layers }) => (layers.has("x0_hat") ? "x0_hat" : layers.has("eps_hat") ? "eps_hat" : "reverse");

/**
 * The chosen picture of a frame, or nothing where it has not come.
 * @param {Run} run
 * @param {string} name
 * @param {number} frame
 * @param {number} chosen
 * @param {Framed} named title and colour
 * @returns {Framed}
 */
function picture(run, name, frame, chosen, named) {
  const bytes = run.array(name, frame);
  if (bytes) return { ...named, fill: (image) => copyPicture(bytes, shapeOf(run), chosen, greysOf(run, name), image, 0, 0) };
  return { ...named, empty: frame === 0 && name !== "reverse" ? "none at t = 0" : "not computed yet" };
}

/** What the denoiser sees in it is not shown while a question is open. @param {Panel} panel @param {Scene} scene */
export function drawChosen(panel, scene) {
  const { run, frames, chosen, colours, asking } = scene;
  const [, high, wide] = shapeOf(run);
  const one = (/** @type {string} */ name, /** @type {string} */ title, /** @type {string} */ colour, /** @type {string[]} */ ...brief) =>
    picture(run, name, name === "forward" ? frames.forward : frames.reverse, chosen, { title, colour, brief });
  const pictures = [
    one("forward", "forward", colours.forward),
    one("reverse", "reverse", colours.reverse),
    ...(asking ? [] : [one("x0_hat", "denoised estimate x̂₀", colours.ink, "estimate x̂₀", "x̂₀"), one("eps_hat", "predicted noise ε̂", colours.ink, "noise ε̂", "ε̂")]),
  ];
  const room = panel.height > 2.6 * HISTOGRAM && panel.width > 150;
  const box = panel.height - (room ? HISTOGRAM : 0);
  const rows = asking || panel.width > 2 * box ? [pictures] : [pictures.slice(0, 2), pictures.slice(2)];
  drawRows(panel, scene, rows, [wide, high], box);
  if (room) drawHistogram(panel, scene, panel.height - HISTOGRAM);
}

/**
 * How the values of the chosen picture's pixels are spread, forward and in reverse, beside a standard normal.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number} top
 */
function drawHistogram(panel, scene, top) {
  const { run, frames, chosen, colours } = scene;
  const c = panel.context;
  const { low, high } = run.arrays.reverse;
  const [left, right, bottom] = [12, panel.width - 12, panel.height - 18];
  const x = (/** @type {number} */ value) => left + ((value - low) / (high - low)) * (right - left);
  const y = (/** @type {number} */ share) => bottom - Math.sqrt(Math.min(1, share / HIGHEST)) * (bottom - top - 18);
  const bin = (high - low) / BINS;
  const style = { colour: colours.muted };
  c.strokeStyle = colours.muted;
  c.lineWidth = 1;
  c.beginPath();
  c.moveTo(left, bottom + 0.5);
  c.lineTo(right, bottom + 0.5);
  c.stroke();
  const said = firstThatFits(["pixel values (√ scale), dashed: N(0, 1)", "pixel values, √ scale", "pixel values"], scene, right - left);
  drawText(panel, scene, said, left, top + 10, { ...style, most: right - left });
  for (const value of [-2, -1, 0, 1, 2]) drawText(panel, scene, String(value).replace("-", "−"), x(value), bottom + 14, { ...style, align: "center" });
  c.strokeStyle = colours.ink;
  c.setLineDash([3, 3]);
  c.beginPath();
  for (let value = low; value <= high; value += bin / 4) c.lineTo(x(value), y((bin * Math.exp((-value * value) / 2)) / Math.sqrt(2 * Math.PI)));
  c.stroke();
  c.setLineDash([]);
  c.lineWidth = 2;
  for (const name of /** @type {const} */ (["forward", "reverse"])) {
    const bytes = run.array(name, frames[name]);
    if (!bytes) continue;
    const dim = dimOf(run);
    c.strokeStyle = colours[name];
    c.beginPath();
    histogram(bytes.subarray(chosen * dim, (chosen + 1) * dim)).forEach((share, i) => {
      c.lineTo(x(low + i * bin), y(share));
      c.lineTo(x(low + (i + 1) * bin), y(share));
    });
    c.stroke();
  }
}

/**
 * The mean distance of the chosen picture in A from that in B and where it is, or null where one of them has not come.
 * @param {Scene} scene
 */
export function apart(scene) {
  const name = shownArray(scene);
  const [a, b] = scene.sides.map(({ run, frames }) => {
    const dim = dimOf(run);
    return run.array(name, frames.reverse)?.subarray(scene.chosen * dim, (scene.chosen + 1) * dim);
  });
  const [, high, wide] = shapeOf(scene.run);
  return a && b && a.length === b.length ? difference(a, b, valuesOf(scene.run, name), high * wide) : null;
}

/** @param {Panel} panel @param {Scene} scene */
export function drawPair(panel, scene) {
  const { sides, chosen, colours, ink } = scene;
  const name = shownArray(scene);
  const [channels, high, wide] = shapeOf(scene.run);
  const found = apart(scene);
  const framed = sides.map(({ run, frames }, i) => picture(run, name, frames.reverse, chosen, { title: "AB"[i], colour: [colours.a, colours.b][i] }));
  /** @type {Framed} */
  const third = { title: "|A − B|", colour: colours.muted, empty: "not computed yet" };
  if (found) {
    Object.assign(third, { title: `|A − B|, mean ${found.mean.toFixed(2)}`, brief: ["|A − B|"] });
    const darkest = channels * reachOf(name);
    third.fill = ({ data }) => {
      found.sums.forEach((sum, k) => {
        data.set([...ink, Math.min(255, (255 * sum) / darkest)], 4 * k);
      });
    };
  }
  drawRows(panel, scene, [[...framed, third]], [wide, high], panel.height);
}
