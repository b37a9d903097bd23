// What the server knows of one word: the posterior of each of its letters, and which words of the list it may be.

import { askOnce } from "../../player/asking.js";
import { bytesOf } from "../../player/decode.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {"forward" | "reverse"} Direction */
/** @typedef {{shape: number[], scale: number, data: string, values?: Int16Array}} Scaled */
/** @typedef {Record<Direction, [string, number][][]>} Candidates by frame, the most probable words and their probabilities */
/** @typedef {{exact: Record<Direction, Scaled>, own: Record<Direction, Scaled> | null, words: Candidates}} Word answer.py's; exact, own: by frame, letter and symbol; own: of a network */
/** @typedef {{host: Host, words: import("../../player/asking.js").Answers<Word>}} Asked */

/** @param {Host} host @returns {Asked} */
export const nothingAsked = (host) => ({ host, words: new Map() });

/** @param {Run} run @param {number} word */
function wordOf(run, word) {
  const { asked } = /** @type {{asked: Asked}} */ (run.kept);
  return askOnce(asked.words, word, run, asked.host, { word });
}

/** Probabilities of all symbols of a letter in one frame. @param {Scaled} scaled @param {number} frame @param {number} letter */
function probabilities(scaled, frame, letter) {
  scaled.values ??= new Int16Array(bytesOf(scaled.data).buffer);
  const [, letters, symbols] = scaled.shape, first = (frame * letters + letter) * symbols;
  return Array.from(scaled.values.subarray(first, first + symbols), (value) => value * scaled.scale);
}

/**
 * What a letter of the data may be, given x_t: exactly and, of a network, as it says; null until it is known.
 * @param {Run} run
 * @param {Direction} direction
 * @param {number} frame
 * @param {number} word
 * @param {number} letter
 * @returns {{exact: number[], own: number[] | null} | null}
 */
export function letterOf(run, direction, frame, word, letter) {
  const told = wordOf(run, word);
  return told && { exact: probabilities(told.exact[direction], frame, letter), own: told.own && probabilities(told.own[direction], frame, letter) };
}

/** The words that it may be, exactly. @param {Run} run @param {Direction} direction @param {number} frame @param {number} word @returns {[string, number][] | null} */
export const candidatesOf = (run, direction, frame, word) => wordOf(run, word)?.words[direction][frame] ?? null;
