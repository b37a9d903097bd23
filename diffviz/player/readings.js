// The clock and the runs in words: the time, where SNR = 1, what is said under the transport.

import { atOneLevel, decimal, nearest } from "./sides.js";

export const UNMEASURED = "stopped before it was measured";

/** In a panel's head, which way it runs. */
export const WAYS = { forward: '<span class="dv-way">data → noise</span>', reverse: '<span class="dv-way">noise → data</span>' };

/** The same of chains, beside the data at their noise level. */
const WAYS_OF_CHAINS = { forward: '<span class="dv-way">data at this level</span>', reverse: '<span class="dv-way">chains</span>' };

/** @param {Pick<Run, "levels">} run */
export const waysOf = (run) => (atOneLevel(run) ? WAYS_OF_CHAINS : WAYS);

/** In a panel's head, while the reverse process is not as far as the clock. @param {number} t */
export const computedTo = (t) => `<span class="dv-more">computed down to </span>t = ${t}`;

/** In a panel's head, where it has room for some of them only. @param {number} shown @param {number} all @param {string} noun */
export const someOf = (shown, all, noun) => (shown < all ? `<span class="dv-more">, ${shown} of ${all}<span class="dv-noun"> ${noun}</span></span>` : "");

/** @typedef {import("./sides.js").Positions} Positions */
/** @typedef {import("./contract.js").Run} Run */

/** @param {Positions} positions @param {number} frame @param {string} axis @param {Pick<Run, "steps" | "levels">[]} runs */
export function timeText({ told }, frame, axis, runs) {
  const value = told[frame], chains = runs.every(atOneLevel);
  if (chains && runs.length === 1) return `${value} / ${runs[0].steps} left`;
  if (chains && axis === "time") return `${value.toFixed(2)} left`;
  if (runs.length === 1) return `t = ${value} / ${runs[0].steps}`;
  return axis === "time" ? `t/T = ${value.toFixed(2)}` : `log₁₀ SNR = ${decimal(value, 1)}`;
}

/**
 * The scrubber counts t of one run, positions of two.
 * @param {Positions} positions @param {number} frame @param {{ steps: number }[]} runs
 */
export function scrubberAt({ values }, frame, runs) {
  const single = runs.length === 1;
  return { value: single ? values[frame] : frame, max: single ? runs[0].steps : Math.max(1, values.length - 1) };
}

/**
 * Shares of the way through the positions' values as shares of the scrubber's length.
 * @param {(number | null)[]} shares @param {Positions} positions @param {{ steps: number }[]} runs
 */
export function scrubberMarks(shares, { values }, runs) {
  const first = values[0], last = values[values.length - 1];
  return shares.map((share) => {
    if (share === null) return null;
    const value = first + share * (last - first);
    return runs.length === 1 ? value / runs[0].steps : nearest(values, value) / Math.max(1, values.length - 1);
  });
}

/**
 * @param {{ done: boolean, summary: string }[]} runs @param {number} share of them that has come @param {boolean} stopped
 * @param {{ sentence: string } | null} comparison
 */
export function summaryOf(runs, share, stopped, comparison) {
  if (runs.some((run) => !run.done)) {
    const percent = `${Math.round(100 * share)} %`;
    if (stopped) return `stopped after ${percent}`;
    return share === 1 ? "computing the cost of each step …" : `computing … ${percent}`;
  }
  if (runs.length === 1) return runs[0].summary;
  return comparison?.sentence || (stopped ? UNMEASURED : "measuring …");
}
