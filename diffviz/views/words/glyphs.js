// Letters of one size and colour on a sheet, from which a panel copies hundreds in every moment.

export const LETTERS = "abcdefghijklmnopqrstuvwxyz";
export const FILL = LETTERS.length; // the symbol of the places behind a word's last letter
export const MASK = FILL + 1;
const DOT = "·"; // how it is shown

/** As text, a masked letter as _, without what fills up the end. @param {ArrayLike<number>} symbols */
export const spelled = (symbols) => Array.from(symbols, (symbol) => `${LETTERS} _`[symbol]).join("").trimEnd();

/** One symbol in a sentence. @param {number} symbol */
export const named = (symbol) => (symbol === MASK ? "masked" : symbol === FILL ? "the end of the word" : `“${LETTERS[symbol]}”`);

/** @typedef {{canvas: OffscreenCanvas, cell: number, ratio: number, middle: number}} Sheet cell: pixels of a letter's square; middle: from its top to the middle of small letters */

const KEPT = 24;
/** @type {Map<string, Sheet>} */
const SHEETS = new Map();

/**
 * @param {number} size pixels
 * @param {string} colour
 * @param {number} ratio device pixels per pixel
 * @param {number} [weight]
 * @returns {Sheet}
 */
export function sheetOf(size, colour, ratio, weight = 500) {
  const key = [size, colour, ratio, weight].join(), found = SHEETS.get(key);
  if (found) return found;
  const cell = Math.ceil(1.6 * size), canvas = new OffscreenCanvas(Math.ceil(MASK * cell * ratio), Math.ceil(cell * ratio));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  Object.assign(context, { font: `${weight} ${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`, fillStyle: colour, textAlign: "center" });
  [...LETTERS, DOT].forEach((letter, i) => { context.fillText(letter, (i + 0.5) * cell, 1.1 * size); });
  if (SHEETS.size >= KEPT) SHEETS.clear();
  const made = { canvas, cell, ratio, middle: 1.1 * size - 0.27 * size };
  SHEETS.set(key, made);
  return made;
}

/**
 * A letter in the middle of a place.
 * @param {CanvasRenderingContext2D} context
 * @param {Sheet} sheet
 * @param {number} symbol
 * @param {number} x
 * @param {number} y
 */
export function drawLetter(context, { canvas, cell, ratio, middle }, symbol, x, y) {
  const snapped = (/** @type {number} */ value) => Math.round(value * ratio) / ratio; // sharp letters
  const wide = cell * ratio;
  context.drawImage(canvas, symbol * wide, 0, wide, canvas.height, snapped(x - cell / 2), snapped(y - middle), cell, canvas.height / ratio);
}
