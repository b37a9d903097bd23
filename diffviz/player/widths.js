// How wide texts are, with the formulas and the letters of sides that are in them.

import { plain } from "./dom.js";

const KEPT = 2000;
const BADGE = 9; // pixels that a side's letter is wider than letters are

/** @type {Map<string, number>} of texts in a font, which are few: to measure one makes the browser work */
const WIDTHS = new Map();
const ruler = new OffscreenCanvas(1, 1).getContext("2d");

/** In pixels. @param {string} html @param {string} font */
export function widthOf(html, font) {
  const key = `${font} ${html}`;
  let width = WIDTHS.get(key);
  if (width !== undefined) return width;
  if (ruler && ruler.font !== font) ruler.font = font;
  width = (ruler ? ruler.measureText(plain(html)).width : 7 * html.length) + BADGE * (html.split("dv-badge ").length - 1);
  if (WIDTHS.size > KEPT) WIDTHS.clear();
  WIDTHS.set(key, width);
  return width;
}
