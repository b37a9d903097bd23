// Words that agree with the letters that are given: their exact posterior, and how often each was sampled.

import { percent } from "../../player/digits.js";
import { drawText, firstThatFits, lineHeight, textWidth } from "../../player/letters.js";

/** @typedef {import("../../player/contract.js").Panel} Panel */
/** @typedef {import("../../player/contract.js").Scene} Scene */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {{letters: string, count: number, words: string[], exact: number[]}} Matching count: of all words that agree; words: the most probable of them; exact: their posterior */

const MARGIN = 10;

/** @param {Run} run @returns {Matching | undefined} */
export const matchingOf = (run) => run.data.matching;

/** The share of a run's samples that are each of the words; null until they are there. @param {Run} run @param {string[]} words @returns {number[] | null} */
function sampledOf({ data: { sampled, matching } }, words) {
  if (!sampled) return null;
  return words.map((word) => (matching.words.includes(word) ? sampled[matching.words.indexOf(word)] : 0));
}

/** @param {Panel} panel @param {Scene} scene */
export function drawMatching(panel, scene) {
  const { context: c } = panel, { run, sides, pair, colours, present } = scene, line = lineHeight(present);
  const matching = matchingOf(run);
  if (!matching) return;
  const shown = Math.max(1, Math.min(matching.words.length, Math.floor((panel.height - 2 * line - 10) / (line + 3))));
  const words = matching.words.slice(0, shown), sampled = sides.map((side) => sampledOf(side.run, words));
  const wide = Math.max(...words.map((word) => textWidth(word, scene))) + 8, number = textWidth("100 %", scene) + 6;
  const left = MARGIN + wide, room = panel.width - left - 2 * MARGIN - (1 + sides.length) * number;
  const most = Math.max(...matching.exact, ...sampled.flatMap((shares) => shares ?? [])) || 1;
  words.forEach((word, i) => {
    const y = 4 + i * (line + 3), high = (line - 3) / sides.length, length = (/** @type {number} */ share) => (room * share) / most;
    drawText(panel, scene, word, MARGIN, y + line - 4, { colour: colours.ink });
    sampled.forEach((shares, side) => {
      if (!shares) return;
      c.fillStyle = pair ? [colours.a, colours.b][side] : colours.reverse;
      c.fillRect(left, y + 1 + side * high, length(shares[i]), high);
      drawText(panel, scene, percent(shares[i]), left + room + (1 + side) * number, y + line - 4, { colour: pair ? [colours.a, colours.b][side] : colours.reverse });
    });
    c.strokeStyle = colours.ink;
    c.lineWidth = 1.5;
    c.setLineDash([3, 2]);
    c.strokeRect(left, y + 0.5, length(matching.exact[i]), line - 2);
    c.setLineDash([]);
    drawText(panel, scene, percent(matching.exact[i]), left + room + 4, y + line - 4, { colour: colours.ink });
  });
  const rest = matching.count - shown, more = rest > 0 ? `, ${rest} more words` : "", texts = [`dashed: exact posterior; bars: share of the samples${more}`, `dashed: exact; bars: samples${more}`, "dashed: exact"];
  drawText(panel, scene, firstThatFits(texts, scene, panel.width - 2 * MARGIN), MARGIN, panel.height - 8, { colour: colours.muted, most: panel.width - 2 * MARGIN });
}

/** The same in words. @param {Run} run */
export function matchingTold(run) {
  const matching = matchingOf(run);
  if (!matching) return "";
  const { letters, count, words, exact } = matching, sampled = sampledOf(run, words);
  const each = words.slice(0, 5).map((word, i) => `${word} ${percent(exact[i])}${sampled ? `, sampled ${percent(sampled[i])}` : ""}`).join("; ");
  return `${count} ${count === 1 ? "word agrees" : "words agree"} with ${letters}. Their exact posterior: ${each}.`;
}
