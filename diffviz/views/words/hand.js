// Letters that a person sets: what the experiment says of them, and the menu that sets one.

import { make, makeButton } from "../../player/dom.js";
import { FILL, LETTERS, MASK } from "./glyphs.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {{word: number, letter: number, t: number, symbol: number}} Change counted from 0, as domains/words/hand.py reads it */
/** @typedef {{menu: HTMLSelectElement, clear: HTMLButtonElement}} Tools of one side */

export const MOST = 8; // hand.py's
const SIGNS = `${LETTERS}._`;

/** @param {Pick<Run, "experiment">} run @returns {Change[]} */
export const changesOf = ({ experiment }) =>
  String(experiment.changes ?? "").split(",").filter(Boolean).map((part) => {
    const [word, letter, t, sign] = part.split(":");
    return { word: Number(word) - 1, letter: Number(letter) - 1, t: Number(t), symbol: SIGNS.indexOf(sign) };
  });

/** @param {Change[]} changes */
export const textOf = (changes) => changes.map(({ word, letter, t, symbol }) => `${word + 1}:${letter + 1}:${t}:${SIGNS[symbol]}`).join(",");

/** With one more, in place of what the same letter was made at the same time; null where there are as many as there can be. @param {Change[]} changes @param {Change} more */
export function withChange(changes, more) {
  const others = changes.filter(({ word, letter, t }) => word !== more.word || letter !== more.letter || t !== more.t);
  return others.length < MOST ? [...others, more] : null;
}

/** @param {Change[]} changes @param {number} word */
export const without = (changes, word) => changes.filter((change) => change.word !== word);

/** Tiles that were set by t, as the reverse process comes down to it. @param {Run} run @param {number} t */
export const setBy = (run, t) => changesOf(run).filter((change) => change.t >= t).map(({ word, letter }) => ({ row: word, letter }));

/** Letters that are given from the start on: by place. @param {Run} run @returns {number[]} */
export const givenPlaces = ({ experiment }) => [...String(experiment.letters ?? "")].flatMap((sign, place) => (sign === "_" ? [] : [place]));

/**
 * @param {string} side "" of a single run, else its letter
 * @param {boolean} masks can letters be masked?
 * @param {(symbol: number) => void} set
 * @param {() => void} clear
 * @returns {Tools}
 */
export function makeTools(side, masks, set, clear) {
  const menu = make("select", "dv-set-letter"), named = side ? ` in ${side}` : "";
  menu.setAttribute("aria-label", `Set the chosen letter${named} at this time, and draw the rest again`);
  menu.append(new Option(side ? `${side}: set` : "set …", ""), ...[...LETTERS].map((letter, i) => new Option(letter, String(i))), new Option("· the end", String(FILL)), ...(masks ? [new Option("mask", String(MASK))] : []));
  menu.addEventListener("change", () => {
    const chosen = menu.value;
    menu.value = "";
    if (chosen) set(Number(chosen));
  });
  const button = makeButton("dv-clear-letters", "Undo", `Take back what was set by hand in this word${named}`, clear);
  return { menu, clear: button };
}
