// One letter: what it may be given the rest of its word, as bars of all symbols; of a single run forward and in reverse, of two in
// both.

import { percent } from "../../player/digits.js";
import { drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";
import { candidatesOf, letterOf } from "./asked.js";
import { drawLetter, FILL, named, sheetOf } from "./glyphs.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {{run: Run, side: number, direction: "forward" | "reverse", frame: number, title: string, colour: string}} Row */
/** @typedef {{row: Row, left: number, top: number, wide: number, high: number}} Box of bars, wide: of one */

const MARGIN = 10, SYMBOLS = FILL + 1, TICKS = [0.01, 0.1, 0.5, 1];
const BAR = 0.72; // of a bar's room

/** Of a single run both directions, of two runs the reverse process of either. @param {Scene} scene @returns {Row[]} */
export function rowsOf({ run, frames, sides, pair, colours }) {
  if (pair) return sides.map((side, i) => ({ run: side.run, side: i, direction: "reverse", frame: side.frames.reverse, title: "AB"[i], colour: [colours.a, colours.b][i] }));
  return /** @type {const} */ (["forward", "reverse"]).map((direction) => ({ run, side: 0, direction, frame: frames[direction], title: direction, colour: colours[direction] }));
}

/** Letters of a word. @param {Run} run */
export const lettersOf = (run) => run.arrays.reverse.shape[1];

/** The symbol of x_t that is shown, -1 where it has not come. @param {Row} row @param {number} word @param {number} letter */
function symbolOf({ run, direction, frame }, word, letter) {
  const symbols = run.array(direction, frame);
  return symbols ? symbols[word * lettersOf(run) + letter] : -1;
}

/** @param {number[]} values */
const likeliest = (values) => values.indexOf(Math.max(...values));

/** The line above the bars. @param {Row} row @param {number} word @param {number} letter @param {ReturnType<typeof letterOf>} told @param {number} under symbol below the pointer, or -1 @param {boolean} agrees does a word of the list? */
function headline(row, word, letter, told, under, agrees) {
  const shown = symbolOf(row, word, letter), t = `t = ${row.run.times[row.frame]}`;
  if (shown < 0) return [`${row.title}: not computed yet`];
  const state = `${row.title}, ${t}: ${named(shown)}`;
  if (!told) return [row.run.done ? state : `${state}; its posterior comes with the end of the run`, state];
  if (!agrees && under < 0) return [`${state}; no word of the list agrees`, `${row.title}: no word of the list agrees`, `${row.title}: no word agrees`];
  const symbol = under >= 0 ? under : likeliest(told.exact), value = percent(told.exact[symbol]), own = told.own ? `, network ${percent(told.own[symbol])}` : "";
  const what = under >= 0 ? `P(${symbol === FILL ? "end" : named(symbol)} | xₜ) = ${value}${own}` : `most probable ${symbol === FILL ? "the end" : named(symbol)}, ${value}${own}`;
  return [`${state}; ${what}`, `${row.title}: ${what}`, what];
}

/**
 * @param {Panel} panel
 * @param {Scene} scene
 * @param {number} letter
 * @param {{row: number, symbol: number} | null} under the bar below the pointer
 * @returns {Box[]}
 */
export function drawLetters(panel, scene, letter, under) {
  const rows = rowsOf(scene), line = lineHeight(scene.present), high = (panel.height - 4) / rows.length;
  return rows.map((row, i) => drawRow(panel, scene, row, letter, 2 + i * high, high, line, under?.row === i ? under.symbol : -1));
}

/** @param {Panel} panel @param {Scene} scene @param {Row} row @param {number} letter @param {number} top @param {number} room @param {number} line @param {number} under */
function drawRow(panel, scene, row, letter, top, room, line, under) {
  const { context: c, ratio } = panel, { colours, present } = scene, word = scene.chosen;
  const told = letterOf(row.run, row.direction, row.frame, word, letter), most = panel.width - 2 * MARGIN;
  const axis = textWidth("100 %", scene) + 4, candidates = candidatesOf(row.run, row.direction, row.frame, word), agrees = !candidates || candidates.length > 0;
  const left = MARGIN + axis, wide = (most - axis) / SYMBOLS, below = 17 + (room > 130 ? line : 0);
  const box = { row, left, top: top + line + 6, wide, high: Math.max(20, room - line - 8 - below) }, bottom = box.top + box.high;
  drawText(panel, scene, firstThatFits(headline(row, word, letter, told, under, agrees), scene, most, 600), MARGIN, top + line - 3, { colour: row.colour, weight: 600, most });
  const y = (/** @type {number} */ share) => bottom - Math.sqrt(share) * box.high;
  c.strokeStyle = colours.grid;
  c.lineWidth = 1;
  c.beginPath();
  for (const share of [0, ...TICKS]) {
    c.moveTo(left, Math.round(y(share)) + 0.5);
    c.lineTo(left + SYMBOLS * wide, Math.round(y(share)) + 0.5);
  }
  c.stroke();
  for (const share of TICKS) if (share >= (box.high > 45 ? 0.1 : 1)) drawText(panel, scene, percent(share), MARGIN, y(share) + 4, { colour: colours.muted });
  if (told) drawBars(c, box, agrees ? row.colour : colours.muted, colours.ink, y, told);
  if (box.high > 45) drawText(panel, scene, "√ scale", left + SYMBOLS * wide - textWidth("√ scale", scene), y(1) + 12, { colour: colours.muted });
  const shown = symbolOf(row, word, letter), size = Math.max(9, Math.min(present ? 16 : 12, 1.15 * wide));
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const bold = symbol === shown || symbol === under;
    drawLetter(c, sheetOf(Math.round(size), bold ? colours.ink : colours.muted, ratio, bold ? 800 : 400), symbol, left + (symbol + 0.5) * wide, bottom + 8);
  }
  if (candidates && room > 130) drawText(panel, scene, firstThatFits(wordsTold(candidates), scene, most), MARGIN, bottom + 17 + line - 5, { colour: colours.muted, most });
  return box;
}

/** @param {CanvasRenderingContext2D} c @param {Box} box @param {string} colour @param {string} ink @param {(share: number) => number} y @param {{exact: number[], own: number[] | null}} told */
function drawBars(c, { left, wide }, colour, ink, y, { exact, own }) {
  c.fillStyle = colour;
  (own ?? exact).forEach((share, i) => {
    if (share > 0) c.fillRect(left + (i + (1 - BAR) / 2) * wide, y(share), BAR * wide, y(0) - y(share));
  });
  if (!own) return;
  c.strokeStyle = ink;
  c.lineWidth = 1.5;
  c.setLineDash([3, 2]);
  exact.forEach((share, i) => {
    if (share > 0) c.strokeRect(left + (i + 0.06) * wide, y(share), 0.88 * wide, y(0) - y(share));
  });
  c.setLineDash([]);
}

/** @param {[string, number][]} candidates */
function wordsTold(candidates) {
  if (!candidates.length) return ["grey: of the words that contradict it least, as the denoiser takes it", "grey: of the words that contradict it least", "grey: the nearest words"];
  return candidates.map((_, i) => `the word: ${candidates.slice(0, candidates.length - i).map(([word, share]) => `${word} ${percent(share)}`).join(", ")}`);
}

/** The bar under a point. @param {Box[]} boxes @param {number} x @param {number} y */
export function barAt(boxes, x, y) {
  const row = boxes.findIndex((box) => y >= box.top - 4 && y <= box.top + box.high + 17);
  const symbol = row < 0 ? -1 : Math.floor((x - boxes[row].left) / boxes[row].wide);
  return symbol >= 0 && symbol < SYMBOLS ? { row, symbol } : null;
}

/** The same for those who do not see it. @param {Scene} scene @param {number} letter */
export function lettersTold(scene, letter) {
  return rowsOf(scene).map((row) => {
    const told = letterOf(row.run, row.direction, row.frame, scene.chosen, letter), shown = symbolOf(row, scene.chosen, letter);
    if (shown < 0 || !told) return `${row.title}: not known yet.`;
    const best = (/** @type {number[]} */ values) => [...values.keys()].sort((a, b) => values[b] - values[a]).filter((i) => values[i] >= 0.005).slice(0, 3).map((i) => `${named(i)} ${percent(values[i])}`).join(", ");
    return `${row.title}: it is ${named(shown)} at t = ${row.run.times[row.frame]}; given xₜ the letter of x₀ is ${best(told.exact)}${told.own ? `, by the network ${best(told.own)}` : ""}.`;
  }).join(" ");
}
