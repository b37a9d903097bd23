// Memorisation seen: beside the chosen picture the training images with the largest weights in p(x_0 | x_t), the nearest one to the
// sample, and the posterior of one pixel.

import { askOnce } from "../../player/asking.js";
import { bytesOf } from "../../player/decode.js";
import { percent } from "../../player/digits.js";
import { ARROWS } from "../../player/keyboard.js";
import { drawText, lineHeight } from "../../player/letters.js";
import { drawFramed, placeRows, say, titleHeight } from "./drawing.js";
import { copyPicture, greysOf, shapeOf } from "./pixels.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {import("./drawing.js").Framed} Framed */
/** @typedef {"forward" | "reverse"} Direction */
/** @typedef {{top: number[][], weight: number[][], effective: number[]}} Weights by frame: places in number, falling weights, over how many images they are spread */
/** @typedef {{count: number, number: number[], data: string, nearest: number, distance: number, forward: Weights, reverse: Weights, bytes?: Uint8Array}} Training memorised.py's answer */
/** @typedef {{mean: number[], std: number[], share: number[][]}} PixelPath */
/** @typedef {{edges: number[], forward: PixelPath, reverse: PixelPath}} PixelTold */
/** @typedef {{run: Run, direction: Direction, frame: number, title: string, colour: string}} Row */
/** @typedef {{x: number, y: number}[]} Corners upper left ones of pictures */
/** @typedef {{index: number, corners: Corners, scale: number, size: [number, number]}} Pixel the chosen one, -1 for none, and where pictures are that can be pointed at */

const HISTOGRAM = 92; // pixels of height
const ROOM = 230; // pixels of height from which on there is room for it

/** @returns {Pixel} */
export const noPixel = () => ({ index: -1, corners: [], scale: 1, size: [1, 1] });

/** The answer about the chosen picture. @param {Run} run @param {number} picture @returns {Training | null} */
function trainingOf(run, picture) {
  const told = askOnce(run.kept.training, picture, run, run.kept.host, { picture, training: true });
  if (told) told.bytes ??= bytesOf(told.data);
  return told;
}

/** @param {Run} run @param {number} picture @param {number} pixel @returns {PixelTold | null} */
const pixelOf = (run, picture, pixel) => (pixel < 0 ? null : askOnce(run.kept.pixels, `${picture} ${pixel}`, run, run.kept.host, { picture, pixel }));

/** Of a single run both directions, of two runs the reverse process of either. @param {Scene} scene @returns {Row[]} */
function rowsOf({ run, frames, sides, pair, colours }) {
  if (pair) return sides.map((side, i) => ({ run: side.run, direction: "reverse", frame: side.frames.reverse, title: "AB"[i], colour: [colours.a, colours.b][i] }));
  return /** @type {const} */ (["forward", "reverse"]).map((direction) => ({ run, direction, frame: frames[direction], title: direction, colour: colours[direction] }));
}

/** @param {number} value two digits, or all before the point */
const few = (value) => (value >= 10 ? String(Math.round(value)) : value.toFixed(1));

/**
 * x_t, the training images with the largest weights, and last what it came from or came to: forward its x_0, in reverse the training
 * image that is nearest to the sample.
 * @param {Row} row
 * @param {number} picture
 * @param {Scene} scene
 * @returns {Framed[] | null}
 */
function framed({ run, direction, frame, title, colour }, picture, { colours }) {
  const told = trainingOf(run, picture);
  const bytes = run.array(direction, frame);
  if (!told?.bytes || !bytes) return null;
  const shape = shapeOf(run);
  const greys = greysOf(run, direction);
  const from = (/** @type {Uint8Array} */ pixels, /** @type {number} */ i) => (/** @type {ImageData} */ image) => copyPicture(pixels, shape, i, greys, image, 0, 0);
  const training = (/** @type {number} */ place, /** @type {string} */ name, /** @type {string[]} */ ...brief) => {
    const known = place >= 0 ? { fill: from(/** @type {Uint8Array} */ (told.bytes), place) } : { empty: "not sent" };
    return { title: name, brief, colour: colours.ink, dashed: true, ...known };
  };
  const { top, weight } = told[direction];
  const start = run.array("forward", 0);
  const last = direction === "forward" ? { title: "its x₀", brief: ["x₀"], colour, ...(start ? { fill: from(start, picture) } : {}) } : training(told.nearest, "nearest", "near");
  return [{ title: `${title} xₜ`, brief: [title, title[0]], colour, fill: from(bytes, picture) }, ...top[frame].map((place, i) => training(place, percent(weight[frame][i]))), last];
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Pixel} pixel
 */
export function drawTraining(panel, scene, pixel) {
  const { chosen, colours, present } = scene;
  const rows = rowsOf(scene);
  const drawn = rows.map((row) => framed(row, chosen, scene));
  pixel.corners = [];
  if (!drawn.every(Boolean)) return say(panel, scene, whyNot(rows, chosen));
  const [, high, wide] = shapeOf(scene.run);
  const line = lineHeight(present);
  const lines = linesOf(rows, chosen);
  const histogram = pixel.index >= 0 && panel.height > ROOM ? HISTOGRAM : 0;
  const box = panel.height - lines.length * line - 10 - histogram;
  const { scale, places } = largest(/** @type {Framed[][]} */ (drawn), [wide, high], panel.width, box, titleHeight(scene));
  for (const { what, x, y } of places) drawFramed(panel, scene, what, [wide, high], x, y, scale);
  Object.assign(pixel, { corners: places, scale, size: [wide, high] });
  if (pixel.index >= 0) markPixel(panel, scene, pixel);
  if (histogram) drawPixel(panel, scene, rows, pixel, box + 4);
  lines.forEach((text, i) => {
    drawText(panel, scene, text, 10, panel.height - 8 - (lines.length - 1 - i) * line, { colour: colours.muted, most: panel.width - 20 });
  });
}

/**
 * Each row as it is or in two halves, whichever is larger.
 * @param {Framed[][]} rows of an even length
 * @param {[number, number]} size
 * @param {number} width
 * @param {number} height
 * @param {number} title
 */
function largest(rows, size, width, height, title) {
  const half = rows[0].length / 2;
  const [whole, halves] = [rows, rows.flatMap((row) => [row.slice(0, half), row.slice(half)])].map((each) => placeRows(each, size, width, height, title));
  return Number.isInteger(half) && halves.scale > whole.scale ? halves : whole;
}

/** Why there are no weights yet. @param {Row[]} rows @param {number} picture */
function whyNot(rows, picture) {
  if (!rows.every(({ run }) => run.done)) return "training images are weighed when the run is done";
  return rows.some(({ run }) => run.kept.training.get(picture) === null) ? "the training images cannot be had here" : "weighing the training images …";
}

/** What the weights and the distance say. @param {Row[]} rows @param {number} picture */
function linesOf(rows, picture) {
  return rows.flatMap(({ run, direction, frame, title }) => {
    const told = trainingOf(run, picture);
    if (!told) return [];
    const near = direction === "reverse" ? [`${title}: sample ${told.distance.toFixed(3)} from the nearest`] : [];
    return [`${title}: weights over ${few(told[direction].effective[frame])} of ${told.count}`, ...near];
  });
}

/** A square around the pixel in every picture. @param {Panel} panel @param {Scene} scene @param {Pixel} pixel */
function markPixel({ context: c }, { colours }, { index, corners, scale, size: [wide] }) {
  for (const [colour, width] of /** @type {[string, number][]} */ ([[colours.panel, 4], [colours.ink, 1.8]])) {
    c.strokeStyle = colour;
    c.lineWidth = width;
    for (const { x, y } of corners) c.strokeRect(x + (index % wide) * scale, y + Math.floor(index / wide) * scale, scale, scale);
  }
}

/**
 * The posterior of the pixel's grey value in either row, dashed as all that is exact.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Row[]} rows
 * @param {Pixel} pixel
 * @param {number} top
 */
function drawPixel(panel, scene, rows, pixel, top) {
  const c = panel.context;
  const [left, right, bottom] = [12, panel.width - 12, top + HISTOGRAM - 20];
  const x = (/** @type {number} */ value) => left + ((value + 1.05) / 2.1) * (right - left);
  const style = { colour: scene.colours.muted };
  c.strokeStyle = scene.colours.muted;
  c.lineWidth = 1;
  c.beginPath();
  c.moveTo(left, bottom + 0.5);
  c.lineTo(right, bottom + 0.5);
  c.stroke();
  for (const [value, name] of /** @type {[number, string][]} */ ([[-1, "black"], [0, "0"], [1, "white"]])) {
    drawText(panel, scene, name, Math.max(left + 16, Math.min(right - 16, x(value))), bottom + 14, { ...style, align: "center" });
  }
  drawText(panel, scene, `p(pixel of x₀ | xₜ), row ${Math.floor(pixel.index / pixel.size[0]) + 1}, column ${(pixel.index % pixel.size[0]) + 1} (√ scale)`, left, top + 12, { ...style, most: right - left });
  rows.forEach(({ run, direction, frame, colour }) => {
    const told = pixelOf(run, scene.chosen, pixel.index);
    if (!told) return;
    const { edges } = told;
    const y = (/** @type {number} */ share) => bottom - Math.sqrt(Math.max(0, share)) * (bottom - top - 18);
    c.strokeStyle = c.fillStyle = colour;
    c.lineWidth = scene.present ? 3 : 2;
    c.setLineDash([5, 3]);
    c.beginPath();
    told[direction].share[frame].forEach((share, i) => {
      c.lineTo(x(edges[i]), y(share));
      c.lineTo(x(edges[i + 1]), y(share));
    });
    c.stroke();
    c.setLineDash([]);
    c.beginPath();
    c.arc(x(Math.max(-1.05, Math.min(1.05, told[direction].mean[frame]))), bottom, 4, 0, 2 * Math.PI);
    c.fill();
  });
}

/**
 * The pixel of a picture under a point of the panel, -1 for none.
 * @param {Pixel} pixel
 * @param {number} px
 * @param {number} py
 */
export function pixelAt({ corners, scale, size: [wide, high] }, px, py) {
  for (const { x, y } of corners) {
    const [column, row] = [Math.floor((px - x) / scale), Math.floor((py - y) / scale)];
    if (column >= 0 && column < wide && row >= 0 && row < high) return row * wide + column;
  }
  return -1;
}

/**
 * The next pixel in a direction, within the picture; of none the one in the middle.
 * @param {Pixel} pixel
 * @param {number} dx
 * @param {number} dy
 */
export function nextPixel({ index, size: [wide, high] }, dx, dy) {
  if (index < 0) return Math.floor(high / 2) * wide + Math.floor(wide / 2);
  const [column, row] = [(index % wide) + dx, Math.floor(index / wide) + dy];
  return column >= 0 && column < wide && row >= 0 && row < high ? row * wide + column : index;
}

/**
 * A click or the arrow keys choose a pixel of the enlarged pictures, where there are any that have one; Escape lets go.
 * @param {HTMLCanvasElement} canvas
 * @param {Pixel} pixel
 * @param {Host} host
 */
export function bindPixel(canvas, pixel, host) {
  canvas.tabIndex = 0;
  const choose = (/** @type {number} */ index) => {
    pixel.index = index;
    host.paint();
  };
  canvas.addEventListener("mousedown", (event) => event.preventDefault()); // the keys stay the clock's after a click
  canvas.addEventListener("click", ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    if (pixel.corners.length) choose(pixelAt(pixel, clientX - left, clientY - top));
  });
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!pixel.corners.length || event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow) choose(nextPixel(pixel, ...arrow));
    else if (event.key === "Escape" && pixel.index >= 0) choose(-1);
    else return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere the arrows are the clock's
  });
}

/** The same in sentences. @param {Scene} scene @param {Pixel} pixel */
export function trainingTold(scene, pixel) {
  const rows = rowsOf(scene);
  const texts = rows.map((row) => {
    const told = trainingOf(row.run, scene.chosen);
    if (!told) return `${row.title}: not weighed yet`;
    const { weight, effective } = told[row.direction];
    const values = pixelOf(row.run, scene.chosen, pixel.index)?.[row.direction];
    const near = row.direction === "reverse" ? `, and the sample is ${told.distance.toFixed(3)} from the nearest one` : "";
    const grey = values ? `; the pixel has mean ${values.mean[row.frame].toFixed(2)} and standard deviation ${values.std[row.frame].toFixed(2)}` : "";
    return `${row.title}, the weights of p(x₀ | xₜ) are spread over ${few(effective[row.frame])} of ${told.count} training images, the largest is ${percent(weight[row.frame][0])}${near}${grey}`;
  });
  return `Image ${scene.chosen + 1} beside training images: ${texts.join(". ")}.`.replaceAll("mean -", "mean −");
}
