// What is said of points: how many they are, which kernel bandwidth they have and why, and that a bad file leaves them as they are.

export const MOST = 20_000;
const MANY = 0.7; // different places for each point: if there are fewer, it is said how many

/** @typedef {{points: number, places: number, bandwidth: number, silverman: number}} Told of the server (bandwidth.py's described) */

const plural = (/** @type {number} */ count, /** @type {string} */ what) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** @param {Told} told */
export function countOf({ points, places }) {
  const apart = places < MANY * points ? ` in ${places < 2 ? "one place" : `${places} different places`}, once their coordinates are rounded` : "";
  return `${plural(points, "point")}${apart}${points >= MOST ? ", which is all there can be" : ""}`;
}

/** @param {Told} told @param {number | null | undefined} given of the form */
export function bandwidthOf({ places, bandwidth, silverman }, given) {
  if (places < 2) return given ? `${given}, as the form has it` : `${bandwidth}, by default: of points in one place no rule says any`;
  const rule = `${silverman} by Silverman's rule`, likely = `${bandwidth}${given ? "" : ","} by leave-one-out likelihood`;
  return given ? `${given}, as the form has it (${likely}; ${rule})` : `${likely} (${rule})`;
}

/** @param {string} problem of a file @param {number} before points on the board */
export function kept(problem, before) {
  return before ? `${problem} The ${before === 1 ? "point of before is" : `${before} points of before are`} kept.` : problem;
}
