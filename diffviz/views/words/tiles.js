// Words as rows of tiles, in columns: a letter on a tile, an empty one where it is masked.

import { drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";
import { css, ramp, tripleOf } from "../shades.js";
import { drawLetter, FILL, MASK, sheetOf } from "./glyphs.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {{columns: number, rows: number, left: number, top: number, column: number, wide: number, high: number, letters: number, bottom: number}} Place column: pixels from one column of words to the next; wide, high: of a tile; bottom: where the lines of text begin */

const MARGIN = 10, TOP = 4;
const LEAST = 13, MOST = 30; // pixels of a tile's width
const HIGH = 1.22; // of it, a tile's height
const BESIDE = 1.35; // tiles of room at the right of a word: for its mark, and to the next word
const SLACK = 0.1; // of a row, that rows together may be too high: they are then lower
const LINES = 2; // of text below
const SHARE = 0.62; // of the colour, where the denoiser is certain
const STEPS = 16, SWATCHES = 5;

/**
 * Where the words go: as large as all of them have room, above the lines of text; or as many as can be read.
 * @param {Pick<Panel, "width" | "height">} panel
 * @param {{present: boolean}} scene
 * @param {number} count
 * @param {number} letters
 * @returns {Place}
 */
export function placeOf({ width, height }, { present }, count, letters) {
  const least = LEAST * (present ? 1.5 : 1), most = MOST * (present ? 1.5 : 1);
  const across = width - 2 * MARGIN, down = height - TOP - LINES * lineHeight(present) - 8;
  for (let columns = 1; ; columns++) {
    const wide = Math.min(most, Math.floor((2 * across) / (columns * (letters + BESIDE))) / 2); // of panels that are nearly as wide, the same
    const rows = Math.max(1, Math.floor(down / (HIGH * wide) + SLACK)), high = Math.min(HIGH * wide, down / rows);
    const next = across / ((columns + 1) * (letters + BESIDE));
    if (columns * rows >= count || next < least) {
      const column = Math.min(across / columns, (letters + 2 * BESIDE) * wide);
      return { columns, rows, left: MARGIN, top: TOP, column, wide, high, letters, bottom: TOP + down + 4 };
    }
  }
}

/** @param {Place} place @param {number} row of all words, down the columns */
const cornerOf = ({ rows, left, top, column, high }, row) => ({ x: left + Math.floor(row / rows) * column, y: top + (row % rows) * high });

/** The word and the letter's place under a point, or null. @param {Place} place @param {number} x @param {number} y @param {number} count */
export function tileAt(place, x, y, count) {
  const column = Math.floor((x - place.left) / place.column), line = Math.floor((y - place.top) / place.high);
  const letter = Math.floor((x - place.left - column * place.column) / place.wide), row = column * place.rows + line;
  if (column < 0 || column >= place.columns || line < 0 || line >= place.rows || letter < 0 || letter >= place.letters || row >= count) return null;
  return { row, letter };
}

/** Colours from the panel's to the process's own, by confidence. @param {Scene} scene */
function shades({ colours }) {
  const key = `${colours.panel} ${colours.own}`;
  if (!SHADES.has(key)) {
    if (SHADES.size > 8) SHADES.clear();
    const [from, to] = [tripleOf(colours.panel), tripleOf(colours.own)];
    SHADES.set(key, ramp([from, to], STEPS + 1).map((_, i, all) => css(all[Math.round(SHARE * i)])));
  }
  return /** @type {string[]} */ (SHADES.get(key));
}
/** @type {Map<string, string[]>} */
const SHADES = new Map();

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {Place} place
 * @param {number} count
 * @param {(row: number, letter: number) => number} symbol
 * @param {((row: number, letter: number) => number) | null} confidence 0..1, as shade; null: letters alone are shaded
 * @param {((row: number, letter: number) => number) | null} estimate of a masked letter
 */
export function drawTiles(panel, scene, place, count, symbol, confidence, estimate) {
  const { context: c, ratio } = panel, { wide, high, letters, columns, rows } = place;
  const shade = shades(scene), size = Math.round(0.74 * wide);
  const ink = sheetOf(size, scene.colours.ink, ratio), faint = sheetOf(size, scene.colours.muted, ratio, 400), small = sheetOf(Math.round(0.56 * wide), scene.colours.ink, ratio, 400);
  const gap = Math.max(1, Math.round(0.06 * wide)), radius = 0.14 * wide;
  c.imageSmoothingEnabled = true;
  c.lineWidth = 1;
  for (let row = 0; row < Math.min(count, columns * rows); row++) {
    const { x, y } = cornerOf(place, row);
    for (let letter = 0; letter < letters; letter++) {
      const shown = symbol(row, letter), left = x + letter * wide, masked = shown === MASK;
      const sure = confidence ? confidence(row, letter) : masked || shown === FILL ? 0 : 0.4;
      c.beginPath();
      c.roundRect(left + gap / 2, y + gap / 2, wide - gap, high - gap, radius);
      if (sure > 0) {
        c.fillStyle = shade[Math.round(STEPS * sure)];
        c.fill();
      }
      if (masked) {
        c.strokeStyle = scene.colours.muted;
        c.globalAlpha = 0.75;
        c.stroke();
        c.globalAlpha = 1;
      }
      if (!masked) drawLetter(c, shown === FILL ? faint : ink, shown, left + wide / 2, y + high / 2);
      else if (estimate) drawLetter(c, small, estimate(row, letter), left + wide / 2, y + high / 2);
    }
  }
}

/** A cross behind each word that is not on the list. @param {Panel} panel @param {Scene} scene @param {Place} place @param {number} count @param {(row: number) => number} unlisted */
export function drawCrosses({ context: c }, { colours }, place, count, unlisted) {
  const { wide, high, letters, columns, rows } = place, arm = 0.24 * wide;
  c.strokeStyle = colours.ink;
  c.lineWidth = Math.max(1.5, 0.1 * wide);
  c.beginPath();
  for (let row = 0; row < Math.min(count, columns * rows); row++) {
    if (!unlisted(row)) continue;
    const { x, y } = cornerOf(place, row), [mx, my] = [x + (letters + 0.5) * wide, y + high / 2];
    c.moveTo(mx - arm, my - arm);
    c.lineTo(mx + arm, my + arm);
    c.moveTo(mx + arm, my - arm);
    c.lineTo(mx - arm, my + arm);
  }
  c.stroke();
}

/** A line around the word, and a thicker one around one letter of it. @param {Panel} panel @param {Scene} scene @param {Place} place @param {number} row @param {number} letter -1 for none */
export function outlineTile({ context: c }, { colours, present }, place, row, letter) {
  if (row < 0 || row >= place.columns * place.rows) return;
  const { x, y } = cornerOf(place, row), { wide, high, letters } = place;
  c.strokeStyle = colours.ink;
  c.lineWidth = 1;
  c.strokeRect(Math.round(x) - 0.5, Math.round(y) - 0.5, Math.round(letters * wide) + 1, Math.round(high) + 1);
  if (letter < 0) return;
  c.lineWidth = present ? 4 : 2.5;
  c.strokeRect(x + letter * wide, y, wide, high);
}

/** A bar below each tile that was chosen by hand. @param {Panel} panel @param {Scene} scene @param {Place} place @param {{row: number, letter: number}[]} tiles */
export function underline({ context: c }, { colours }, place, tiles) {
  c.fillStyle = colours.ink;
  for (const { row, letter } of tiles) {
    if (row >= place.columns * place.rows) continue;
    const { x, y } = cornerOf(place, row);
    c.fillRect(x + (letter + 0.15) * place.wide, y + place.high - 3, 0.7 * place.wide, 2);
  }
}

/** What the shade means, in the first line below. @param {Panel} panel @param {Scene} scene @param {Place} place @param {string[]} texts the first that fits */
export function drawScale(panel, scene, place, texts) {
  const { context: c } = panel, { colours, present } = scene, size = present ? 15 : 11;
  const y = place.bottom + lineHeight(present) - 4, shade = shades(scene);
  const zero = textWidth("0", scene) + 4, one = textWidth("1", scene) + 8, left = place.left + zero;
  drawText(panel, scene, "0", place.left, y, { colour: colours.muted });
  for (let i = 0; i < SWATCHES; i++) {
    c.fillStyle = shade[Math.round((STEPS * i) / (SWATCHES - 1))];
    c.fillRect(left + i * size, y - size + 1, size, size);
  }
  c.lineWidth = 1;
  c.strokeStyle = colours.grid;
  c.strokeRect(left + 0.5, y - size + 1.5, SWATCHES * size - 1, size - 1);
  drawText(panel, scene, "1", left + SWATCHES * size + 4, y, { colour: colours.muted });
  drawLine(panel, scene, place, 0, texts, zero + SWATCHES * size + one + 4);
}

/** @param {Panel} panel @param {Scene} scene @param {Place} place @param {number} line 0 or 1 @param {string[]} texts the first that fits @param {number} [indent] */
export function drawLine(panel, scene, { left, bottom }, line, texts, indent = 0) {
  const most = panel.width - left - indent - 6;
  drawText(panel, scene, firstThatFits(texts, scene, most), left + indent, bottom + (line + 1) * lineHeight(scene.present) - 4, { colour: scene.colours.muted, most });
}
