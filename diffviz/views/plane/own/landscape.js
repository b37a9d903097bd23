// The drawing of a mixture while it is edited: its density as a shade, its score as arrows, its components as circles.
import { evenly } from "../mixture.js";
import { css, ramp, tripleOf, wordsOf } from "../../shades.js";
import { density, score } from "./law.js";

/** @typedef {import("./law.js").Component} Component */
/** @typedef {import("./board.js").Board} Board */

const SIDE = 97, ARROWS = 17, COLOURS = 64, LONGEST = 0.8; // cells of the shade, arrows a side, and the longest of a cell of theirs
const shade = document.createElement("canvas");
shade.width = shade.height = SIDE;

/** @param {CanvasRenderingContext2D} context @param {Board} board @param {Component[]} components @param {number} alpha @param {number} sigma */
export function paintLaw(context, board, components, alpha, sigma) {
  const at = evenly(-board.reach, board.reach, SIDE), values = density(components, alpha, sigma, at);
  const top = values.reduce((a, b) => Math.max(a, b), 1e-12);
  const words = wordsOf(ramp([tripleOf(board.colour("panel") || board.colour("card")), tripleOf(board.colour("forward"))], COLOURS));
  const pixels = /** @type {CanvasRenderingContext2D} */ (shade.getContext("2d")), image = pixels.createImageData(SIDE, SIDE), out = new Uint32Array(image.data.buffer);
  for (let j = 0; j < SIDE; j++) for (let i = 0; i < SIDE; i++) out[(SIDE - 1 - j) * SIDE + i] = words[Math.min(COLOURS - 1, Math.floor(0.75 * COLOURS * Math.sqrt(values[j * SIDE + i] / top)))];
  pixels.putImageData(image, 0, 0);
  const half = board.side / (2 * (SIDE - 1)); // the outermost values are on the edge
  context.imageSmoothingEnabled = true;
  context.drawImage(shade, -half, -half, board.side + 2 * half, board.side + 2 * half);
}

/** @param {CanvasRenderingContext2D} context @param {Board} board @param {Component[]} components @param {number} alpha @param {number} sigma */
export function paintScore(context, board, components, alpha, sigma) {
  const cell = (2 * board.reach) / ARROWS, arrows = [];
  for (let j = 0; j < ARROWS; j++) for (let i = 0; i < ARROWS; i++) {
    const x = -board.reach + (i + 0.5) * cell, y = -board.reach + (j + 0.5) * cell, [dx, dy] = score(components, alpha, sigma, x, y);
    arrows.push([x, y, dx, dy, Math.hypot(dx, dy)]);
  }
  const unit = arrows.map((arrow) => arrow[4]).sort((a, b) => a - b)[Math.floor(0.6 * arrows.length)] || 1;
  context.strokeStyle = board.colour("ink");
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  for (const [x, y, dx, dy, long] of arrows) {
    const scale = (LONGEST * cell * Math.min(1, long / unit)) / (long || 1), [left, top] = board.at(x, y), [right, bottom] = board.at(x + scale * dx, y + scale * dy);
    const angle = Math.atan2(bottom - top, right - left), head = 3.5;
    context.moveTo(left, top);
    context.lineTo(right, bottom);
    for (const turn of [2.6, -2.6]) {
      context.moveTo(right, bottom);
      context.lineTo(right + head * Math.cos(angle + turn), bottom + head * Math.sin(angle + turn));
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {Board} board @param {Component[]} components @param {number} alpha @param {number} chosen */
export function paintHandles(context, board, components, alpha, chosen) {
  components.forEach(({ x, y, std }, i) => {
    const [left, top] = board.at(alpha * x, alpha * y);
    context.strokeStyle = css(tripleOf(board.colour(i === chosen ? "act" : "ink")));
    context.fillStyle = context.strokeStyle;
    context.lineWidth = i === chosen ? 2.5 : 1;
    context.beginPath();
    context.arc(left, top, board.long(alpha * std), 0, 2 * Math.PI);
    context.stroke();
    context.beginPath();
    context.arc(left, top, i === chosen ? 4.5 : 3, 0, 2 * Math.PI);
    context.fill();
  });
}
