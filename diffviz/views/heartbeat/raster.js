// A raster: one row a sequence, one column a bin; a mark where a bit is 1, over the probability of a 1 as shade.

import { drawText, firstThatFits, lineHeight } from "../../player/letters.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {{rows: number, left: number, top: number, cell: number, row: number, width: number, height: number}} Place of a raster in its panel; cell, row: width and height of a cell */

const MARGIN = 12;
const LOWEST = 5; // pixels of a row
const SHADE = 0.32; // of ink, where a 1 is certain
const SWATCHES = 5;
const EDGE = 6; // pixels of a row's mark

/**
 * Where the raster goes: as many of the sequences as have room, above two lines of text.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number} length
 * @returns {Place}
 */
export function placeOf(panel, scene, length) {
  const width = panel.width - 2 * MARGIN;
  const room = panel.height - MARGIN - 2 * lineHeight(scene.present) - 4;
  const rows = Math.max(1, Math.min(scene.run.particles, Math.floor(room / (LOWEST * (scene.present ? 1.6 : 1)))));
  return { rows, left: MARGIN, top: MARGIN / 2, cell: width / length, row: room / rows, width, height: room };
}

/**
 * The probability of a 1 in every cell, as shade.
 * @param {Panel} panel
 * @param {Place} place
 * @param {number} length
 * @param {HTMLCanvasElement} sheet to draw it on, a pixel a cell
 * @param {[number, number, number]} ink
 * @param {(row: number, bin: number) => number} probability
 */
export function drawShade({ context }, { rows, left, top, width, height }, length, sheet, ink, probability) {
  const small = /** @type {CanvasRenderingContext2D} */ (sheet.getContext("2d"));
  if (sheet.width !== length || sheet.height !== rows) Object.assign(sheet, { width: length, height: rows });
  const image = small.createImageData(length, rows);
  for (let r = 0, o = 0; r < rows; r++) {
    for (let bin = 0; bin < length; bin++, o += 4) {
      image.data.set(ink, o);
      image.data[o + 3] = 255 * SHADE * probability(r, bin);
    }
  }
  small.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, left, top, width, height);
}

/**
 * A mark for every 1.
 * @param {Panel} panel
 * @param {Place} place
 * @param {number} length
 * @param {(row: number) => string} colour
 * @param {(row: number, bin: number) => number} bit
 */
export function drawBits({ context: c }, { rows, left, top, cell, row }, length, colour, bit) {
  const [dx, dy] = [0.18 * cell, Math.min(0.16 * row, 2)];
  for (let r = 0; r < rows; r++) {
    c.fillStyle = colour(r);
    for (let bin = 0; bin < length; bin++) {
      if (bit(r, bin)) c.fillRect(left + bin * cell + dx, top + r * row + dy, cell - 2 * dx, row - 2 * dy);
    }
  }
}

/**
 * A mark beside every row, of its colour.
 * @param {Panel} panel
 * @param {Place} place
 * @param {(row: number) => string} colour
 */
export function drawEdge({ context: c }, { rows, left, top, row }, colour) {
  for (let r = 0; r < rows; r++) {
    c.fillStyle = colour(r);
    c.fillRect(left - EDGE - 2, top + r * row, EDGE, row);
  }
}

/**
 * A row of the plane's legend, below the bins.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {import("../plane/legend.js").Row} row
 */
export function drawRow(panel, scene, place, { width, draw, text, brief = [] }) {
  draw(panel.context, place.left, place.top + place.height + 2 * lineHeight(scene.present) - 4);
  drawLine(panel, scene, place, [text, ...brief], width && width + 6);
}

/**
 * The bins' numbers, and a faint line after each period.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {number} length
 * @param {number} period
 */
export function drawBins(panel, scene, { left, top, cell, height }, length, period) {
  const c = panel.context;
  const style = { colour: scene.colours.muted };
  c.strokeStyle = scene.colours.grid;
  c.lineWidth = 1;
  c.beginPath();
  for (let bin = 0; bin <= length; bin += period) {
    const x = Math.round(left + bin * cell) + 0.5;
    c.moveTo(x, top);
    c.lineTo(x, top + height + 4);
  }
  c.stroke();
  const y = top + height + lineHeight(scene.present) - 2;
  for (let bin = period; bin <= length; bin += period) drawText(panel, scene, String(bin), left + (bin - 0.5) * cell, y, { ...style, align: "center" });
  drawText(panel, scene, "bin", left, y, style);
}

/**
 * A line of text below the bins.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {string[]} texts the first one that fits is written
 * @param {number} [indent]
 */
export function drawLine(panel, scene, { left, top, height }, texts, indent = 0) {
  const most = panel.width - left - indent - 4;
  drawText(panel, scene, firstThatFits(texts, scene, most), left + indent, top + height + 2 * lineHeight(scene.present), { colour: scene.colours.muted, most });
}

/**
 * What the shade means, below the bins.
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {string[]} texts the first one that fits is written
 */
export function drawLegend(panel, scene, place, texts) {
  const c = panel.context;
  const { left, top, height } = place;
  const size = scene.present ? 15 : 11;
  const y = top + height + 2 * lineHeight(scene.present);
  c.fillStyle = scene.colours.ink;
  for (let i = 0; i < SWATCHES; i++) {
    c.globalAlpha = (SHADE * i) / (SWATCHES - 1);
    c.fillRect(left + i * size, y - size + 1, size, size);
  }
  c.globalAlpha = 1;
  c.lineWidth = 1;
  c.strokeStyle = scene.colours.grid;
  c.strokeRect(left + 0.5, y - size + 1.5, SWATCHES * size - 1, size - 1);
  drawLine(panel, scene, place, texts, SWATCHES * size + 6);
}

/**
 * @param {Panel} panel
 * @param {Place} place
 * @param {number} row
 * @param {string} colour
 * @param {number} thick
 */
export function outlineRow({ context: c }, { left, top, width, row: high, rows }, row, colour, thick) {
  if (row < 0 || row >= rows) return;
  c.strokeStyle = colour;
  c.lineWidth = thick;
  c.strokeRect(left - thick / 2, top + row * high - thick / 2, width + thick, high + thick);
}
