// How many of the words of a frame are complete, on the list and different.

import { MASK } from "./glyphs.js";

/** @typedef {{complete: number, listed: number, different: number}} Counted */

/**
 * @param {ArrayLike<number>} symbols of all words, one after the other
 * @param {ArrayLike<number>} unlisted by word, is it complete and not on the list?
 * @param {number} letters
 * @returns {Counted}
 */
export function counted(symbols, unlisted, letters) {
  const seen = new Set();
  let complete = 0, listed = 0;
  for (let row = 0; row < unlisted.length; row++) {
    let code = 0;
    for (let i = row * letters; i < (row + 1) * letters && code >= 0; i++) code = symbols[i] === MASK ? -1 : code * MASK + symbols[i];
    if (code < 0) continue;
    complete++;
    listed += Number(!unlisted[row]);
    seen.add(code);
  }
  return { complete, listed, different: seen.size };
}

/** In a line, longer and shorter. @param {Counted} found @param {number} count of all words */
export function countedTold({ complete, listed, different }, count) {
  if (!complete) return ["no word is complete yet"];
  const all = complete === count, words = `${all ? count : `${complete} of ${count}`} ${count === 1 ? "word" : "words"}`, rest = complete - listed;
  const off = rest ? `${rest} not on the list, ×` : "all on the list", are = all ? "" : " complete";
  return [`${words}${are}: ${off}; ${different} different`, `${words}${are}: ${off}`, off];
}
