// Pixels on a canvas: a picture or a grid of them, in the size that it has, then as large as it is wanted.

import { drawText, firstThatFits } from "../../player/letters.js";
import { copyPicture, GUTTER, layout } from "./pixels.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("./pixels.js").Layout} Layout */
/** @typedef {{bytes: Uint8Array, shape: [number, number, number], greys: Uint8ClampedArray, count: number}} Pictures bytes [count, C, H, W] as sent */
/** @typedef {{canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, image: ImageData, of: number, buffer: ArrayBufferLike | null}} Sheet buffer, of: whose bytes are on it, and from where on */

const MARGIN = 6; // pixels around a grid
const HATCH = 6; // pixels between the lines over what is not known
const COARSE = 2; // device pixels a pixel, from which on it is shown with sharp edges

/** @type {WeakMap<object, Sheet>} one for each panel */
const SHEETS = new WeakMap();

/**
 * A sheet of pixels that belongs to a panel, empty if its size has changed.
 * @param {object} owner
 * @param {number} wide
 * @param {number} high
 */
export function sheetOf(owner, wide, high) {
  const found = SHEETS.get(owner);
  if (found && found.image.width === wide && found.image.height === high) return found;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: wide, height: high });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sheet = { canvas, context, image: context.createImageData(wide, high), of: -1, buffer: null };
  SHEETS.set(owner, sheet);
  return sheet;
}

/**
 * What is on a sheet, enlarged.
 * @param {Panel} panel
 * @param {Sheet} sheet
 * @param {number} x
 * @param {number} y
 * @param {number} scale
 */
export function enlarge({ context, ratio }, { canvas }, x, y, scale) {
  context.imageSmoothingEnabled = scale * ratio < COARSE;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, x, y, canvas.width * scale, canvas.height * scale);
}

/**
 * Where pictures stand in a panel.
 * @param {Panel} panel
 * @param {Pick<Pictures, "shape" | "count">} pictures
 * @returns {Layout}
 */
export function gridOf({ width, height }, { shape: [, high, wide], count }) {
  const at = layout(count, wide, high, width - 2 * MARGIN, height - 2 * MARGIN);
  return { ...at, x: at.x + MARGIN, y: at.y + MARGIN };
}

/**
 * @param {Panel} panel
 * @param {Pictures} pictures
 */
export function drawGrid(panel, pictures) {
  const { bytes, shape, greys, count } = pictures;
  const at = gridOf(panel, pictures);
  const sheet = sheetOf(panel, at.wide, at.high);
  if (sheet.buffer !== bytes.buffer || sheet.of !== bytes.byteOffset) {
    for (let i = 0; i < count; i++) {
      copyPicture(bytes, shape, i, greys, sheet.image, (i % at.columns) * (shape[2] + GUTTER), Math.floor(i / at.columns) * (shape[1] + GUTTER));
    }
    sheet.context.putImageData(sheet.image, 0, 0);
    sheet.buffer = bytes.buffer;
    sheet.of = bytes.byteOffset;
  }
  enlarge(panel, sheet, at.x, at.y, at.scale);
}

/**
 * A frame around one picture of a grid.
 * @param {Panel} panel
 * @param {Pick<Pictures, "shape" | "count">} pictures
 * @param {number} i
 * @param {string} colour
 * @param {number} width
 */
export function outline(panel, pictures, i, colour, width) {
  if (i < 0 || i >= pictures.count) return;
  const { columns, scale, x, y } = gridOf(panel, pictures);
  const [, high, wide] = pictures.shape;
  const c = panel.context;
  c.strokeStyle = colour;
  c.lineWidth = width;
  const left = x + (i % columns) * (wide + GUTTER) * scale;
  const top = y + Math.floor(i / columns) * (high + GUTTER) * scale;
  c.strokeRect(left - width / 2, top - width / 2, wide * scale + width, high * scale + width);
}

/**
 * The picture of a grid at a pixel, or -1.
 * @param {Panel} panel
 * @param {Pick<Pictures, "shape" | "count">} pictures
 * @param {number} px
 * @param {number} py
 */
export function pictureAt(panel, pictures, px, py) {
  const { columns, scale, x, y } = gridOf(panel, pictures);
  const [, high, wide] = pictures.shape;
  const column = Math.floor((px - x) / ((wide + GUTTER) * scale));
  const row = Math.floor((py - y) / ((high + GUTTER) * scale));
  const i = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && i < pictures.count ? i : -1;
}

/** A sentence where there is nothing else to be seen. @param {Panel} panel @param {Scene} scene @param {string} text */
export const say = (panel, scene, text) =>
  drawText(panel, scene, text, panel.width / 2, panel.height / 2, { colour: scene.colours.muted, align: "center", most: panel.width - 16 });

/**
 * @typedef {object} Framed A picture in a box, with a name over it and a frame in a colour.
 * @property {string} title
 * @property {string[]} [brief] where there is no room for the title, the first one that has it
 * @property {string} colour
 * @property {boolean} [dashed] as the exact is everywhere
 * @property {(image: ImageData) => void} [fill] the pixels, C, H, W of them; none where there is nothing to be seen
 * @property {string} [empty] why there is nothing
 * @property {boolean} [hatched] behind pixels that are not opaque, as not known
 */

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Framed} framed
 * @param {[number, number]} size width and height of the picture in its own pixels
 * @param {number} x of the picture, its name being above
 * @param {number} y
 * @param {number} scale
 */
export function drawFramed(panel, scene, { title, brief = [], colour, dashed, fill, empty, hatched }, [wide, high], x, y, scale) {
  const c = panel.context;
  const [w, h] = [wide * scale, high * scale];
  const most = w + 10;
  drawText(panel, scene, firstThatFits([title, ...brief], scene, most, 600), x + w / 2, y - 6, { colour, align: "center", weight: 600, most });
  if (fill) {
    const sheet = sheetOf(c, wide, high);
    sheet.image.data.fill(0);
    fill(sheet.image);
    sheet.context.putImageData(sheet.image, 0, 0);
    if (hatched) hatch(c, x, y, w, h, scene.colours.muted);
    enlarge(panel, sheet, x, y, scale);
  } else if (empty) {
    drawText(panel, scene, empty, x + w / 2, y + h / 2, { colour: scene.colours.muted, align: "center", most: w - 6 });
  }
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.setLineDash(dashed ? [4, 3] : []);
  c.strokeRect(x - 1, y - 1, w + 2, h + 2);
  c.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 * @param {string} colour
 */
function hatch(c, left, top, width, height, colour) {
  c.save();
  c.beginPath();
  c.rect(left, top, width, height);
  c.clip();
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.beginPath();
  for (let x = -height; x < width; x += HATCH) {
    c.moveTo(left + x, top + height);
    c.lineTo(left + x + height, top);
  }
  c.stroke();
  c.restore();
}

/**
 * How large each of rows of pictures can be in a box, with their titles.
 * @param {number} rows
 * @param {number} columns
 * @param {[number, number]} size
 * @param {number} width of the box
 * @param {number} height
 * @param {number} title height of a title
 */
export const fitting = (rows, columns, [wide, high], width, height, title) =>
  Math.max(0, Math.min((width / columns - 12) / wide, (height / rows - title - 6) / high));

/**
 * Where rows of pictures go, as large as all can be in a box; as columns, where they are larger so.
 * @template T
 * @param {T[][]} rows of equal length
 * @param {[number, number]} size of each picture in its own pixels
 * @param {number} width of the box
 * @param {number} height
 * @param {number} title height of a title
 * @returns {{scale: number, places: {what: T, x: number, y: number}[]}} each picture with its upper left corner, below its title
 */
export function placeRows(rows, size, width, height, title) {
  const [upright, across] = [[rows.length, rows[0].length], [rows[0].length, rows.length]].map(([r, k]) => fitting(r, k, size, width, height, title));
  const placed = across > upright ? rows[0].map((_, k) => rows.map((row) => row[k])) : rows;
  const scale = Math.max(upright, across);
  const [w, h] = [size[0] * scale, size[1] * scale];
  const column = Math.min(width / placed[0].length, 1.5 * (w + 12));
  const left = (width - column * placed[0].length) / 2;
  const top = (height - placed.length * (title + 6 + h)) / 2;
  const places = placed.flatMap((row, r) => row.map((what, k) => ({ what, x: left + (k + 0.5) * column - w / 2, y: top + r * (title + 6 + h) + title })));
  return { scale, places };
}

/** Height of a title. @param {Scene} scene */
export const titleHeight = ({ present }) => (present ? 25 : 18);

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Framed[][]} rows of equal length
 * @param {[number, number]} size of each picture in its own pixels
 * @param {number} height of the box at the top of the panel where they go
 */
export function drawRows(panel, scene, rows, size, height) {
  const { scale, places } = placeRows(rows, size, panel.width, height, titleHeight(scene));
  for (const { what, x, y } of places) drawFramed(panel, scene, what, size, x, y, scale);
}
