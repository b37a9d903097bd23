// What a round of time's arrow tells: who was right, and how often one can be.

/** @typedef {{forward: boolean, work: number | null}} Truth work: log q(path)/p(path) in kT; null where p alone can make the path, and it is −∞ */
/** @typedef {{guess: boolean, truth: Truth}} Round guess: that it was recorded in the forward process */

/** log q(path)/p(path), a number of JSON or −∞. @param {Truth} truth */
export const workOf = ({ work }) => work ?? Number.NEGATIVE_INFINITY;

/** What the likelihood ratio says: that the path is one of the forward process? @param {Truth} truth */
export const likelier = (truth) => workOf(truth) > 0;

/** The probability with which that is right, if both were equally probable before. @param {Truth} truth */
export const sureness = (truth) => 1 / (1 + Math.exp(-Math.abs(workOf(truth))));

/** A number of kT as it is written. @param {number} work */
export function kT(work) {
  if (work === Number.NEGATIVE_INFINITY) return "−∞";
  const digits = Math.abs(work) < 10 ? 2 : Math.abs(work) < 100 ? 1 : 0;
  return work.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
}

/**
 * right: guesses that were; likelihood: how often the likelihood ratio was; expected: how often whoever goes by it is right on
 * average, given these paths.
 * @param {Round[]} rounds
 */
export function tally(rounds) {
  const count = (/** @type {(round: Round) => boolean} */ what) => rounds.filter(what).length;
  return {
    of: rounds.length,
    right: count(({ guess, truth }) => guess === truth.forward),
    likelihood: count(({ truth }) => likelier(truth) === truth.forward),
    expected: rounds.reduce((sum, { truth }) => sum + sureness(truth), 0),
  };
}
