// How one clock moves one run or two: its positions, and the frame of each run there.

/** @typedef {import("./contract.js").Run} Run */
/** @typedef {{ values: number[], told: number[], index: number[][], places: number[][] }} Positions */

const LEVEL_POSITIONS = 121; // of the clock, when it runs in log SNR
export const LEVEL_MARGIN = 0.06; // of an axis of log SNR: as far beyond its finite levels stand data, at ∞, and pure noise, at −∞

/** log10 SNR of every frame. @param {Pick<Run, "alpha" | "sigma">} run */
export const levelsOf = (run) => run.alpha.map((a, i) => 2 * Math.log10(a / run.sigma[i]));

/** @param {number} value @param {number} digits */
export const decimal = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : value > 0 ? "∞" : "−∞");

/** Is the run a chain, which has one noise level and steps, and no time of a process? @param {Pick<Run, "levels">} run */
export const atOneLevel = ({ levels: [high, low] }) => high === low;

/** The index of the value that is nearest. @param {number[]} values @param {number} wanted */
export function nearest(values, wanted) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i] - wanted) < Math.abs(values[best] - wanted)) best = i;
  return best;
}

/**
 * values: each position on the charts' axis; told: what it is called; index: by run, its frame there; places: by run, where on
 * that axis the frame itself lies.
 * @param {Pick<Run, "alpha" | "sigma" | "times" | "steps" | "levels">[]} runs
 * @param {string} clock "time" or "log_snr", what two runs have in common at a moment
 * @returns {Positions}
 */
export function layOut(runs, clock) {
  if (runs.length === 1) {
    const values = runs[0].times;
    return { values, told: values, index: [values.map((_, i) => i)], places: [values] };
  }
  if (clock === "time") {
    const shares = runs.map((run) => run.times.map((t) => t / run.steps));
    const values = shares.reduce((a, b) => (b.length > a.length ? b : a));
    const index = shares.map((share) => values.map((u) => nearest(share, u)));
    return { values, told: values, index, places: shares.map((share, side) => index[side].map((frame) => share[frame])) };
  }
  return equalLevels(runs);
}

// even in log SNR, with data, at ∞, before the highest level of either and pure noise, where a run ends in it, behind the lowest;
// level_reach in pair.py has the same ends
/** @param {Pick<Run, "alpha" | "sigma" | "times" | "steps" | "levels">[]} runs */
function equalLevels(runs) {
  const levels = runs.map(levelsOf), noise = levels.some((level) => level.at(-1) === -Infinity) ? 1 : 0;
  const high = Math.max(...runs.map((run) => run.levels[0])), low = Math.min(...runs.map((run) => run.levels[1]));
  const margin = LEVEL_MARGIN * Math.max(high - low, 1), inner = LEVEL_POSITIONS - 2 - noise;
  const finite = Array.from({ length: inner + 1 }, (_, i) => high + ((low - high) * i) / inner);
  const values = [high + margin, ...finite, ...(noise ? [low - margin] : [])], told = [Infinity, ...finite, ...(noise ? [-Infinity] : [])];
  const index = levels.map((level) => {
    const within = level.map((l) => Math.max(-1e3, Math.min(1e3, l)));
    return told.map((v) => (v === Infinity ? 0 : v === -Infinity ? level.length - 1 : nearest(within, v)));
  });
  const edge = (/** @type {number} */ level) => (level === Infinity ? values[0] : level === -Infinity ? values[values.length - 1] : level);
  const places = levels.map((level, side) => index[side].map((frame) => edge(level[frame])));
  return { values, told, index, places };
}

/**
 * Where a run's frame stands beside the clock: on the clock of noise levels one side may have none so high, or none so low.
 * @param {Pick<Run, "alpha" | "sigma" | "times" | "levels">} run @param {number} frame @param {string} clock @param {number[]} told @param {number} position
 */
export function moment(run, frame, clock, told, position) {
  if (clock === "time") return atOneLevel(run) ? `${run.times[frame]} steps left` : `t = ${run.times[frame]}`;
  const levels = levelsOf(run), last = levels.length - 1, now = told[position], half = (told[1] - told[2]) / 2;
  const beyond = frame === last && now < levels[last] - half ? "ended at " : frame === 1 && now > levels[1] + half ? "from " : "";
  return `${beyond}log₁₀ SNR ${decimal(levels[frame], Math.abs(levels[frame]) < 10 ? 1 : 0)}`;
}

/**
 * Where SNR = 1 on the scrubber, as a share of its length: by run, or null where it is never passed.
 * @param {Pick<Run, "alpha" | "sigma" | "levels">[]} runs @param {Positions} positions @param {string} clock
 */
export function equalNoise(runs, { values, index }, clock) {
  const reach = values[values.length - 1] - values[0];
  if (runs.length > 1 && clock === "log_snr") return runs.map(({ levels }) => (levels[0] >= 0 && levels[1] < 0 ? -values[0] / reach : null));
  return runs.map((run, side) => {
    const levels = levelsOf(run);
    for (let i = 1; i < values.length; i++) {
      const [above, below] = [levels[index[side][i - 1]], levels[index[side][i]]];
      if (!(above >= 0 && below < 0)) continue;
      const part = Number.isFinite(above) && Number.isFinite(below) ? above / (above - below) : 0.5;
      return (values[i - 1] + part * (values[i] - values[i - 1]) - values[0]) / reach;
    }
    return null;
  });
}

/** A side before its run has come. @param {number} number @returns {any} */
export const emptySide = (number) => ({ number, run: null, view: null, index: [0], places: [0], own: "", recovering: false });

/** Has the frame of every side come, at this position? @param {import("./player.js").Side[]} sides @param {string} array @param {number} position */
export const hasAll = (sides, array, position) => sides.every(({ run, index }) => run.has(array, index[position]));

/** The lowest position at which all sides have something, else the last. @param {import("./player.js").Side[]} sides @param {string} array */
export function firstWith(sides, array) {
  const [{ index }] = sides;
  for (let i = 0; i < index.length; i++) if (hasAll(sides, array, i)) return i;
  return index.length - 1;
}

/**
 * What there is to see of a side at a position of the clock.
 * @param {import("./player.js").Side} side @param {number} position @param {boolean} waiting does the reverse process wait at its start?
 * @param {string} moment where it stands beside the other side
 */
export function sideAt({ number, run, view, index, own }, position, waiting, moment) {
  const forward = index[position], wanted = waiting ? run.frames - 1 : forward, reverse = run.nearestReverse(wanted);
  return { number, run, view, frames: { forward, reverse }, moment, behind: reverse !== wanted, own };
}
