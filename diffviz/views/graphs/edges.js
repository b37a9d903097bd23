// A graph in words: which pairs of its nodes are joined, and whether it is one of the family or, of the block model, tells its communities.

/** @typedef {import("../../player/contract.js").Run} Run */

export const MASKED = 2;

/** One graph of a frame. @param {Uint8Array} values @param {Run} run @param {number} i */
export const graphOf = (values, { data }, i) => values.subarray(i * data.pairs.length, (i + 1) * data.pairs.length);

/** Edges by the numbers of nodes from 1. @param {Uint8Array} states @param {[number, number][]} pairs */
export function spelled(states, pairs) {
  const edges = pairs.filter((_, k) => states[k] === 1).map(([a, b]) => `${a + 1}–${b + 1}`);
  return edges.length ? edges.join(" ") : "no edge";
}

/** What may still become of a graph, or what it tells. @param {Uint8Array} states @param {number} possible @param {Run} run */
export function judged(states, possible, { data: { kind, family } }) {
  const masked = states.filter((state) => state === MASKED).length;
  if (!family) return [...(masked ? [`${masked} of ${states.length} pairs masked`] : []), possible ? kind : "communities are not told"].join("; ");
  if (!possible) return masked ? `can no longer become ${kind}` : `not ${kind}`;
  return masked ? `${masked} of ${states.length} pairs masked` : kind;
}

/** The sign of a graph: ✓ of the family, under masks × where it can no longer become one, else nothing; of the block model ✓ where it tells its communities. @param {Uint8Array} states @param {number} possible @param {Run} run */
export function signOf(states, possible, { data: { family, masks } }) {
  if (!family) return possible ? "✓" : "";
  return possible ? (states.includes(MASKED) ? "" : "✓") : masks ? "×" : "";
}

/** How many graphs of a frame belong to the family, and how many no longer can. @param {Uint8Array} states @param {Uint8Array} possible @param {Run} run */
export function counted(states, possible, run) {
  const signs = Array.from({ length: possible.length }, (_, i) => signOf(graphOf(states, run, i), possible[i], run));
  return { whole: signs.filter((sign) => sign === "✓").length, lost: signs.filter((sign) => sign === "×").length };
}
