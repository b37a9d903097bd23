// What has been measured and drawn while it trained: kept in as few bytes as it came in, and never more than so much of it.
import { bytesOf } from "../../player/decode.js";

/** @typedef {import("./contract.js").Packed} Packed */
/** @typedef {import("./contract.js").Report} Report */
/** @typedef {import("./contract.js").ReportOfRun} ReportOfRun */
/** @typedef {{shape: number[], scale: number, numbers: Int8Array | Int16Array | Float32Array}} Kept */
/** @typedef {{log_snr: number[], score: Kept}} KeptField */
/** @typedef {Omit<import("./contract.js").EnergyReport, "energy" | "chains"> & {energy: Kept, chains: Kept | null}} KeptEnergy */
/** @typedef {Omit<ReportOfRun, "loss" | "field" | "samples" | "negatives" | "energy"> & {field: KeptField | null, samples: Kept | null, negatives: Kept | null, energy: KeptEnergy | null}} KeptRun */
/** @typedef {{update: number, runs: KeptRun[]}} KeptReport */
/** @typedef {{x: number[], y: number[]}} Series */

export const MOST = 300, MOST_LOSSES = 4000;
const TYPES = { int8: Int8Array, int16: Int16Array, float32: Float32Array };

/** @param {Packed} packed @returns {Kept} */
export function kept({ shape, type, scale, data }) {
  const bytes = bytesOf(data);
  return { shape, scale, numbers: new TYPES[type](bytes.buffer) };
}

/** @param {Kept} kept */
export const valuesOf = ({ scale, numbers }) => Float32Array.from(numbers, (number) => scale * number);

/** @template T @template R @param {T | null} value @param {(value: T) => R} action */
const some = (value, action) => (value === null ? null : action(value));

/** @param {ReportOfRun} run @returns {KeptRun} */
function keptRun({ loss, field, samples, negatives, energy, ...rest }) {
  return {
    ...rest,
    field: some(field, ({ log_snr, score }) => ({ log_snr, score: kept(score) })),
    samples: some(samples, kept),
    negatives: some(negatives, kept),
    energy: some(energy, (found) => ({ ...found, energy: kept(found.energy), chains: some(found.chains, kept) })),
  };
}

/** What a report of the same update does not measure again is as it was. @param {KeptRun} run @param {KeptRun} before @returns {KeptRun} */
const completed = (run, before) => /** @type {any} */ (Object.fromEntries(Object.entries(run).map(([name, value]) => [name, value ?? before[/** @type {keyof KeptRun} */ (name)]])));

/** Every second of a list, from the first; the last one stays. @template T @param {T[]} list */
export const halved = (list) => list.filter((_, i) => i % 2 === 0 || i === list.length - 1);

export class Reports {
  /** ascending in their updates @type {KeptReport[]} */
  list = [];
  /** so many have come, of which some are no longer kept */
  received = 0;
  /** of each training, the losses of its batches by update @type {Series[]} */
  losses = [];

  get last() {
    return this.list.at(-1);
  }

  /** @param {Report} report */
  add(report) {
    const before = this.last?.update ?? 0;
    this.received += 1;
    report.runs.forEach(({ loss, batches }, side) => {
      this.losses[side] ??= { x: [], y: [] };
      const series = this.losses[side];
      loss.forEach((value, i) => {
        series.x.push(Math.min(report.update, before + batches * (i + 1)));
        series.y.push(value);
      });
      if (series.x.length > MOST_LOSSES) this.losses[side] = { x: halved(series.x), y: halved(series.y) };
    });
    const found = { update: report.update, runs: report.runs.map(keptRun) };
    if (report.update === before && this.last) found.runs = found.runs.map((run, side) => completed(run, this.list[this.list.length - 1].runs[side])); // the views anew
    if (report.update === before) this.list.pop();
    this.list.push(found);
    if (this.list.length > MOST) this.list = halved(this.list);
  }

  /** The number of the report nearest to an update, -1 if there is none. @param {number} update */
  nearest(update) {
    let best = -1;
    this.list.forEach((report, i) => {
      if (best < 0 || Math.abs(report.update - update) < Math.abs(this.list[best].update - update)) best = i;
    });
    return best;
  }

  clear() {
    this.list = [];
    this.losses = [];
    this.received = 0;
  }
}

/**
 * A mean over the updates before, with weights that fall by e over so many of them; at the beginning over what there is.
 * @param {Series} series @param {number} over updates
 * @returns {Series}
 */
export function smoothed({ x, y }, over) {
  let [mean, weight] = [0, 0];
  return {
    x,
    y: y.map((value, i) => {
      const keep = i ? Math.exp(-(x[i] - x[i - 1]) / over) : 0;
      weight = keep * weight + 1 - keep;
      mean += ((1 - keep) * (value - mean)) / (weight || 1);
      return mean;
    }),
  };
}

/**
 * That mean at one place, with the standard error that the scatter of the same values has with the same weights; null of one value.
 * @param {Series} series @param {number} over updates @param {number} index
 * @returns {[number, number | null]}
 */
export function smoothedAt({ x, y }, over, index) {
  let [total, squares, sum, square] = [0, 0, 0, 0];
  for (let i = 0; i <= index; i++) {
    const weight = Math.exp((x[i] - x[index]) / over) * (i ? 1 - Math.exp(-(x[i] - x[i - 1]) / over) : 1);
    total += weight;
    squares += weight * weight;
    sum += weight * y[i];
    square += weight * y[i] * y[i];
  }
  const mean = sum / total, share = squares / (total * total), variance = Math.max(0, square / total - mean * mean);
  return [mean, share < 1 ? Math.sqrt((variance * share) / (1 - share)) : null];
}
