// The names of vertical lines, in a strip above the plot, so that none covers a curve or another name: like flags on poles or, where
// there is no room for that, as numbers, which a legend explains. Everything is in pixels.

import { widthOf } from "./widths.js";

/** @typedef {import("./labels.js").Box} Box */
/** @typedef {{ left: number, row: number }} Flag left of what is written; rows are counted upwards, from the plot */

const GAP = 4; // between two names
const NUMBERED = 3; // between two numbers
const BESIDE = 4; // that they may reach beyond the plot

/**
 * Names beside their lines, each in the lowest row in which it lies over no name to its right, so that no pole crosses a name.
 * @param {{ x: number, w: number }[]} names x of the line, width of what is written @param {number} left @param {number} right of the strip
 * @returns {Flag[]}
 */
export function flagNames(names, left, right) {
  /** @type {Flag[]} */
  const found = names.map(() => ({ left: 0, row: 0 }));
  /** @type {number[]} */
  const placed = [];
  for (const i of names.map((_, i) => i).sort((a, b) => names[b].x - names[a].x || b - a)) {
    const { x, w } = names[i], from = Math.max(left, Math.min(x, right - w));
    const under = placed.filter((j) => from < found[j].left + names[j].w + GAP && Math.min(found[j].left, names[j].x) < from + w + GAP);
    found[i] = { left: from, row: Math.max(0, ...under.map((j) => found[j].row + 1)) };
    placed.push(i);
  }
  return found;
}

/** How many rows they take. @param {Flag[]} flags */
export const rowsOf = (flags) => Math.max(0, ...flags.map(({ row }) => row + 1));

/**
 * Numbers as near to their lines as can be, in one row, in the order of their lines.
 * @param {{ x: number, w: number }[]} numbers @param {number} left @param {number} right of the strip
 * @returns {number[]} the left ends
 */
export function placeNumbers(numbers, left, right) {
  const order = numbers.map((_, i) => i).sort((a, b) => numbers[a].x - numbers[b].x || a - b);
  /** @type {{ from: number, wide: number, members: number[] }[]} neighbours that touch, about the mean of their lines */
  const groups = [];
  const begin = (/** @type {number[]} */ members) => {
    const wide = members.reduce((sum, i) => sum + numbers[i].w + NUMBERED, -NUMBERED), middle = members.reduce((sum, i) => sum + numbers[i].x, 0) / members.length;
    return { from: Math.max(left, Math.min(middle - wide / 2, right - wide)), wide, members };
  };
  for (const i of order) {
    let group = begin([i]);
    for (let last = groups.at(-1); last && last.from + last.wide + NUMBERED > group.from; last = groups.at(-1)) {
      groups.pop();
      group = begin([...last.members, ...group.members]);
    }
    groups.push(group);
  }
  const ends = numbers.map(() => 0);
  for (const { from, members } of groups) {
    let at = from;
    for (const i of members) {
      ends[i] = at;
      at += numbers[i].w + NUMBERED;
    }
  }
  return ends;
}

/**
 * What is written in the strip above a plot: names or, in their place, numbers.
 * @param {{ a: any, x: number, w: number, number: string }[]} marks a: the annotation @param {boolean} numbered @param {Box} plot @param {number} h of a row @param {string} font
 * @returns {{ text: string, colour?: string, x: number, kind: string, box: Box }[]}
 */
export function flagsOf(marks, numbered, { x, y, w }, h, font) {
  const coloured = marks.map((mark) => ({ text: mark.a.text, colour: mark.a.font?.color, x: mark.x }));
  if (!numbered) {
    const flags = flagNames(marks, x, x + w);
    return coloured.map((mark, i) => ({ ...mark, kind: "dv-name", box: { x: flags[i].left, y: y - (flags[i].row + 1) * h, w: marks[i].w, h } }));
  }
  const numbers = marks.map((mark) => ({ ...mark, w: widthOf(mark.number, `600 ${font}`) })), ends = placeNumbers(numbers, x - BESIDE, x + w + BESIDE);
  return coloured.map((mark, i) => ({ ...mark, text: numbers[i].number, kind: "dv-name dv-number-of", box: { x: ends[i], y: y - h, w: numbers[i].w, h } }));
}

const SIDE = /^[AB] /; // of two runs, before the name

/** The names that charts mark, without the letters of the sides, from left to right: their numbers begin at 1. @param {(import("./contract.js").Chart | null)[]} charts @returns {string[]} */
export function namesOf(charts) {
  const each = charts.flatMap((chart) => marksOf(chart?.figure.layout.annotations).sort((a, b) => a.x - b.x));
  return [...new Set(each.map(({ text }) => bare(text)))];
}

/** @param {string} text */
export const bare = (text) => text.replace(SIDE, "");

/** The names of vertical lines among the annotations of a figure. @param {any[]} [annotations] @returns {any[]} */
export const marksOf = (annotations = []) => annotations.filter(({ text, yref }) => text && yref === "paper");
