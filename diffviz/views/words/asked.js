// What the server knows of one word: the posterior of each of its letters, and which words of the list it may be.

import { askOnce } from "../../player/asking.js";
import { bytesOf } from "../../player/decode.js";
import { FILL } from "./glyphs.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {"forward" | "reverse"} Direction */
/** @typedef {{shape: number[], scale: number, data: string, values?: Int16Array}} Scaled */
/** @typedef {{exact: Record<Direction, Scaled>, own: Record<Direction, Scaled> | null}} Letter answer.py's, by frame; own: of a network */
/** @typedef {Record<Direction, [string, number][][]>} Candidates by frame, the most probable words and their probabilities */
/** @typedef {{host: Host, letters: import("../../player/asking.js").Answers<Letter>, words: import("../../player/asking.js").Answers<Candidates>}} Asked */

/** @param {Host} host @returns {Asked} */
export const nothingAsked = (host) => ({ host, letters: new Map(), words: new Map() });

/** Probabilities of all symbols in one frame. @param {Scaled} scaled @param {number} frame */
function probabilities(scaled, frame) {
  scaled.values ??= new Int16Array(bytesOf(scaled.data).buffer);
  const symbols = FILL + 1;
  return Array.from(scaled.values.subarray(frame * symbols, (frame + 1) * symbols), (value) => value * scaled.scale);
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
  const { asked } = /** @type {{asked: Asked}} */ (run.kept);
  const told = askOnce(asked.letters, `${word} ${letter}`, run, asked.host, { word, letter });
  return told && { exact: probabilities(told.exact[direction], frame), own: told.own && probabilities(told.own[direction], frame) };
}

/** The words that it may be, exactly. @param {Run} run @param {Direction} direction @param {number} frame @param {number} word @returns {[string, number][] | null} */
export function candidatesOf(run, direction, frame, word) {
  const { asked } = /** @type {{asked: Asked}} */ (run.kept);
  return askOnce(asked.words, word, run, asked.host, { word })?.[direction][frame] ?? null;
}
