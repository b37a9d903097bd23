// The exact law of x_t that a panel is drawn over: q(x_t) or, in the reverse panel of a run with a factor r(x), that of the process
// that ends in the exact posterior, q(x_t) h(x_t)/Z with h(x_t) = E[r(x_0)|x_t]; or, of an energy model, what it has learned.

import { logBlurred } from "./factor.js";
import { densityAt, densityGrid, evenly, exactEnergy, marginal, variance } from "./mixture.js";

/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./factor.js").Factor} Factor */
/** @typedef {import("./mixture.js").MixtureData} MixtureData */
/** @typedef {import("./mixture.js").Grid} Grid */

/**
 * @typedef {object} Law
 * @property {string} name
 * @property {string} formula
 * @property {(alpha: number, sigma: number, tails?: number) => Grid} grid the density where nearly all of it lies; tails: standard deviations of a component that it reaches beyond its middle
 * @property {(alpha: number, sigma: number, xs: Float64Array, ys: Float64Array, tails: number) => Float32Array} densityAt where columns and rows cross, row by row
 * @property {(x: number, y: number, alpha: number, sigma: number) => number} energy -log of the density
 * @property {(axis: number, values: Float64Array, alpha: number, sigma: number) => Float64Array} marginal the density of one coordinate; 0 is x
 * @property {(run: Pick<Run, "alpha" | "sigma">) => number} lowest energy of a run, at any time: it is densest at its ends
 */

const CUT = 10; // standard deviations beyond which a component counts as nothing; r may be large where it is not
const MIN_SIDE = 97;
const MAX_SIDE = 161;
const CELLS_PER_STD = 2.2;
const TAILS = 5;
const KEPT = 500; // noise levels of which the normalisation is kept

/** The frames at which a law is densest: data, or the noise. @param {Pick<Run, "alpha" | "sigma">} run */
const endsOf = ({ alpha, sigma }) => [0, alpha.length - 1].map((frame) => /** @type {const} */ ([alpha[frame], sigma[frame]]));

/** q(x_t) of a mixture. @param {MixtureData} mixture @returns {Law} */
export const plainLaw = (mixture) => ({
  name: "q",
  formula: "q(xₜ)",
  grid: (alpha, sigma, tails) => densityGrid(mixture, alpha, sigma, tails),
  densityAt: (alpha, sigma, xs, ys, tails) => densityAt(mixture, alpha, sigma, xs, ys, tails),
  energy: (x, y, alpha, sigma) => exactEnergy(mixture, x, y, alpha, sigma),
  marginal: (axis, values, alpha, sigma) => marginal(mixture, axis, values, alpha, sigma),
  lowest: (run) => Math.min(...endsOf(run).flatMap(([alpha, sigma]) => mixture.means.map(([x, y]) => exactEnergy(mixture, alpha * x, alpha * y, alpha, sigma)))),
});

/**
 * q(x_t) h(x_t) where columns and rows cross, up to a factor that depends on the noise level alone.
 * @param {MixtureData} mixture
 * @param {Factor} factor
 * @param {number} alpha
 * @param {number} sigma
 * @param {Float64Array} xs evenly spaced
 * @param {Float64Array} ys evenly spaced
 * @returns {Float64Array} row by row
 */
function tiltedAt({ means, weights, std }, factor, alpha, sigma, xs, ys) {
  const tau2 = variance({ means, weights, std }, alpha, sigma);
  const values = new Float64Array(xs.length * ys.length);
  const u = factor.std ** 2 + (std * sigma) ** 2 / tau2;
  const [keep, shrink] = [(alpha * std ** 2) / tau2, sigma ** 2 / tau2];
  const near = (/** @type {Float64Array} */ at, /** @type {number} */ middle) => {
    const far = Math.max(CUT * Math.sqrt(tau2), alpha * Math.abs(factor.offset) + Math.abs(middle)); // as far as r may draw it
    const cell = at[1] - at[0];
    return [Math.max(0, Math.ceil((middle - far - at[0]) / cell)), Math.min(at.length - 1, Math.floor((middle + far - at[0]) / cell))];
  };
  const likely = Math.max(...means.map(([mx, my], k) => Math.log(weights[k]) + logBlurred(factor, mx, my, factor.std ** 2 + std ** 2)));
  means.forEach(([mx, my], k) => {
    const [left, right] = near(xs, alpha * mx);
    const [bottom, top] = near(ys, alpha * my);
    for (let j = bottom; j <= top; j++) {
      for (let i = left; i <= right; i++) {
        const square = (xs[i] - alpha * mx) ** 2 + (ys[j] - alpha * my) ** 2;
        const log = Math.log(weights[k]) - square / (2 * tau2) + logBlurred(factor, keep * xs[i] + shrink * mx, keep * ys[j] + shrink * my, u);
        values[j * xs.length + i] += Math.exp(log - likely);
      }
    }
  });
  return values;
}

/** q(x_t) h(x_t)/Z. @param {MixtureData} mixture @param {Factor} factor @returns {Law} */
export function tiltedLaw(mixture, factor) {
  const { means, std } = mixture;
  const farthest = Math.max(Math.abs(factor.offset), ...means.flat().map(Math.abs));
  /** @type {Map<string, number>} sums of the density over the plane, as it is computed */
  const totals = new Map();
  const spread = (/** @type {number} */ alpha, /** @type {number} */ sigma, tails = TAILS) => {
    const narrow = Math.sqrt((alpha * std * factor.std) ** 2 / (std ** 2 + factor.std ** 2) + sigma ** 2);
    const reach = alpha * farthest + Math.max(TAILS, tails) * Math.sqrt(variance(mixture, alpha, sigma));
    const side = Math.max(MIN_SIDE, Math.min(MAX_SIDE, Math.ceil((2 * reach * CELLS_PER_STD) / narrow)));
    const at = evenly(-reach, reach, side);
    return { side, reach, at, cell: at[1] - at[0], values: tiltedAt(mixture, factor, alpha, sigma, at, at) };
  };
  const total = (/** @type {number} */ alpha, /** @type {number} */ sigma) => {
    const key = `${alpha} ${sigma}`;
    const known = totals.get(key);
    if (known) return known;
    const { cell, values } = spread(alpha, sigma);
    const found = cell ** 2 * values.reduce((a, b) => a + b, 0);
    if (totals.size > KEPT) totals.clear();
    totals.set(key, found);
    return found;
  };
  const law = {
    name: "tilted",
    formula: "q(xₜ) h(xₜ)/Z",
    grid: (/** @type {number} */ alpha, /** @type {number} */ sigma, tails = TAILS) => {
      const { side, reach, values } = spread(alpha, sigma, tails);
      const all = total(alpha, sigma);
      return { side, reach, values: Float32Array.from(values, (value) => value / all) };
    },
    densityAt: (/** @type {number} */ alpha, /** @type {number} */ sigma, /** @type {Float64Array} */ xs, /** @type {Float64Array} */ ys) => {
      const all = total(alpha, sigma);
      return Float32Array.from(tiltedAt(mixture, factor, alpha, sigma, xs, ys), (value) => value / all);
    },
    energy: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ alpha, /** @type {number} */ sigma) =>
      -Math.log(tiltedAt(mixture, factor, alpha, sigma, Float64Array.of(x, x + 1), Float64Array.of(y, y + 1))[0] / total(alpha, sigma)),
    marginal: (/** @type {number} */ axis, /** @type {Float64Array} */ values, /** @type {number} */ alpha, /** @type {number} */ sigma) => {
      const { side, reach, values: densities } = law.grid(alpha, sigma);
      const cell = (2 * reach) / (side - 1);
      const sums = new Float64Array(side);
      for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) sums[axis ? j : i] += cell * densities[j * side + i];
      return Float64Array.from(values, (value) => {
        const place = (value + reach) / cell;
        const i = Math.floor(place);
        return i < 0 || i >= side - 1 ? 0 : sums[i] + (place - i) * (sums[i + 1] - sums[i]);
      });
    },
    lowest: (/** @type {Pick<Run, "alpha" | "sigma">} */ run) => -Math.log(Math.max(...endsOf(run).map((level) => law.grid(...level).values.reduce((a, b) => Math.max(a, b))))),
  };
  return law;
}

/**
 * A density between the points of its grid, where the logarithm is interpolated; beyond them it is 0.
 * @param {Grid} grid
 * @param {Float64Array} xs
 * @param {Float64Array} ys
 * @returns {Float32Array} row by row
 */
export function between({ side, reach, values }, xs, ys) {
  const logs = values.map((value) => Math.log(Math.max(value, 1e-30)));
  const cell = (2 * reach) / (side - 1);
  const found = new Float32Array(xs.length * ys.length);
  ys.forEach((y, row) => {
    xs.forEach((x, column) => {
      const gx = (x + reach) / cell;
      const gy = (y + reach) / cell;
      if (gx < 0 || gy < 0 || gx > side - 1 || gy > side - 1) return;
      const i = Math.min(side - 2, Math.floor(gx));
      const at = Math.min(side - 2, Math.floor(gy)) * side + i;
      const lower = logs[at] + (gx - i) * (logs[at + 1] - logs[at]);
      const upper = logs[at + side] + (gx - i) * (logs[at + side + 1] - logs[at + side]);
      found[row * xs.length + column] = Math.exp(lower + (gy - Math.floor(at / side)) * (upper - lower));
    });
  });
  return found;
}

/** What a network has learned, on a grid. @param {MixtureData} mixture of the data, whose scale it has @param {Grid} learned @returns {Law} */
function learnedLaw(mixture, learned) {
  const at = (/** @type {number} */ x, /** @type {number} */ y) => between(learned, Float64Array.of(x), Float64Array.of(y))[0];
  return {
    ...plainLaw(mixture),
    name: "learned",
    formula: "p(xₜ)",
    grid: () => learned,
    densityAt: (_alpha, _sigma, xs, ys) => between(learned, xs, ys),
    energy: (x, y) => -Math.log(at(x, y)),
  };
}

/**
 * What an energy model has learned, at the frames that have come: finer than it was sent.
 * @param {Run} run
 * @returns {Law}
 */
export function energyLaw(run) {
  const { mixture, field_reach: reach } = run.data;
  /** @type {Map<number, Law>} */
  const known = new Map();
  const exact = plainLaw(mixture);
  const of = (/** @type {number} */ alpha, /** @type {number} */ sigma) => {
    const frame = run.alpha.findIndex((a, i) => a === alpha && run.sigma[i] === sigma && run.has("learned", i));
    if (frame < 0) return exact;
    const found = known.get(frame) ?? learnedLaw(mixture, finer(run.array("learned", frame), reach));
    known.set(frame, found);
    return found;
  };
  return {
    ...exact,
    name: "energy",
    formula: "p(xₜ)",
    grid: (alpha, sigma, tails) => of(alpha, sigma).grid(alpha, sigma, tails),
    densityAt: (alpha, sigma, ...at) => of(alpha, sigma).densityAt(alpha, sigma, ...at),
    energy: (x, y, alpha, sigma) => of(alpha, sigma).energy(x, y, alpha, sigma),
  };
}

/** The density of energies on a grid, between whose points the energy is a cubic (Catmull & Rom). @param {Float32Array} energies @param {number} reach @returns {Grid} */
export function finer(energies, reach) {
  const side = Math.round(Math.sqrt(energies.length));
  const fine = 2 * side - 1;
  const [along, values] = [new Float64Array(fine * side), new Float32Array(fine * fine)];
  const middle = (/** @type {(k: number) => number} */ at, /** @type {number} */ i) => (9 * (at(i) + at(i + 1)) - at(Math.max(0, i - 1)) - at(Math.min(side - 1, i + 2))) / 16;
  for (let j = 0; j < side; j++) for (let i = 0; i < fine; i++) along[j * fine + i] = i % 2 ? middle((k) => energies[j * side + k], i >> 1) : energies[j * side + (i >> 1)];
  for (let j = 0; j < fine; j++) for (let i = 0; i < fine; i++) values[j * fine + i] = Math.exp(-(j % 2 ? middle((k) => along[k * fine + i], j >> 1) : along[(j >> 1) * fine + i]));
  return { side: fine, reach, values };
}

/** Whose landscape a panel shows: in the reverse panel of an energy model its own, else that of its law. @param {Run} run @param {string} panel @returns {Law} */
export function landscapeLaw(run, panel) {
  if (!run.arrays?.learned || panel !== "reverse") return lawOf(run, panel);
  run.kept.laws.energy ??= energyLaw(run);
  return run.kept.laws.energy;
}

/** For the legend of a panel with a landscape that is learned; null of the others. @param {import("../../player/contract.js").Panel} panel @param {Run} run @returns {import("./legend.js").Row | null} */
export function learnedRow({ name }, run) {
  if (!run.arrays?.learned || name !== "reverse") return null;
  return { width: 0, draw: () => {}, text: "learned: U = −log p(xₜ), beside the exact one", brief: ["learned: U = −log p(xₜ)", "learned U"] };
}

/** Of a panel, by its name. @param {Run} run @param {string} panel @returns {Law} */
export function lawOf({ data: { mixture, factor, learned }, kept }, panel) {
  const laws = /** @type {Record<string, Law>} */ (kept.laws);
  const name = learned ? "learned" : factor && panel === "reverse" ? "tilted" : "q";
  laws[name] ??= name === "learned" ? learnedLaw(mixture, learned) : name === "tilted" ? tiltedLaw(mixture, factor) : plainLaw(mixture);
  return laws[name];
}

/**
 * Of a run with a factor, what its reverse panel is drawn over, for the legend; null of the others.
 * @param {import("../../player/contract.js").Panel} panel
 * @param {Run} run
 * @param {Pick<import("./legend.js").Row, "width" | "draw">} mark as it is drawn there
 * @returns {import("./legend.js").Row | null}
 */
export function lawRow({ name }, { data: { factor } }, { width, draw }) {
  if (!factor || name !== "reverse") return null;
  const beside = factor.exact ? "" : ", not of these paths";
  return { width, draw, text: `exact posterior: q(xₜ) h(xₜ)/Z${beside}`, brief: [`q(xₜ) h(xₜ)/Z${beside}`, "q(xₜ) h(xₜ)/Z"] };
}
