// Contours of a density by marching squares: the smallest regions that hold given shares of the probability.

/** @typedef {import("./mixture.js").Grid} Grid */

/**
 * The density values above which the given shares of the probability lie (highest density regions).
 * @param {Float32Array} values on an even grid
 * @param {readonly number[]} shares in 0..1
 * @returns {number[]}
 */
export function massLevels(values, shares) {
  const sorted = values.slice().sort();
  let total = 0;
  for (const value of sorted) total += value;
  const levels = shares.map(() => 0);
  let held = 0;
  for (let i = sorted.length - 1; i >= 0; i--) {
    held += sorted[i];
    shares.forEach((share, s) => {
      if (!levels[s] && held >= share * total) levels[s] = sorted[i];
    });
  }
  return levels;
}

// the edges of a cell, from its lower left corner against the sun: bottom, right, top, left. By which corners are above the
// level (bits: lower left, lower right, upper right, upper left), pairs of the edge where a line enters and the one where it
// leaves, what is above on its left.
/** @type {readonly (readonly number[])[]} */
const LINES = [
  [], [0, 3], [1, 0], [1, 3], [2, 1], [0, 1, 2, 3], [2, 0], [2, 3],
  [3, 2], [0, 2], [1, 2, 3, 0], [1, 2], [3, 1], [0, 1], [3, 0], [],
];

/**
 * Closed lines on which the values equal the level; beyond the grid's border all counts as below. Between two neighbours the
 * logarithm is interpolated: it is a parabola for a Gaussian, and nearly straight between neighbours.
 * @param {Float32Array} values [side * side]
 * @param {number} side
 * @param {number} level > 0
 * @returns {number[][]} of each line x, y, x, y ... in cells of the grid
 */
export function isolines(values, side, level) {
  const inner = (/** @type {number} */ i, /** @type {number} */ j) => i > 0 && j > 0 && i < side - 1 && j < side - 1;
  const at = (/** @type {number} */ i, /** @type {number} */ j) => (inner(i, j) ? values[j * side + i] : 0);
  const next = new Int32Array(2 * side * side).fill(-1); // by edge: 2 * (its lower or left corner), plus 1 for an upright one
  for (let j = 0; j < side - 1; j++) {
    for (let i = 0; i < side - 1; i++) {
      const corner = j * side + i;
      const above = Number(at(i, j) >= level) | (Number(at(i + 1, j) >= level) << 1) | (Number(at(i + 1, j + 1) >= level) << 2) | (Number(at(i, j + 1) >= level) << 3);
      const lines = LINES[above];
      if (!lines.length) continue;
      const edges = [2 * corner, 2 * (corner + 1) + 1, 2 * (corner + side), 2 * corner + 1];
      for (let k = 0; k < lines.length; k += 2) next[edges[lines[k]]] = edges[lines[k + 1]];
    }
  }
  const lines = [];
  for (let start = 0; start < next.length; start++) {
    if (next[start] < 0) continue;
    const line = [];
    for (let edge = start; next[edge] >= 0; ) {
      line.push(...crossing(edge));
      const following = next[edge];
      next[edge] = -1;
      edge = following;
    }
    lines.push(line);
  }
  return lines;

  /** @param {number} edge */
  function crossing(edge) {
    const corner = edge >> 1;
    const i = corner % side;
    const j = (corner - i) / side;
    const upright = edge & 1;
    const [from, to] = [at(i, j), at(i + (1 - upright), j + upright)].map((value) => Math.log(Math.max(value, level * 1e-3)));
    const share = (Math.log(level) - from) / (to - from);
    return upright ? [i, j + share] : [i + share, j];
  }
}
