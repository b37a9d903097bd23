// A server of trainings for tests: it counts updates and measures nothing.

/** @param {number[]} values @param {number[]} shape @param {"int8" | "int16" | "float32"} type @param {number} scale */
export function packed(values, shape, type, scale) {
  const Type = { int8: Int8Array, int16: Int16Array, float32: Float32Array }[type], numbers = Type.from(values, (value) => value / scale);
  return { shape, type, scale, data: Buffer.from(numbers.buffer).toString("base64") };
}

const NOTHING = { loss: [], batches: 1, excess: null, levels: null, field: null, samples: null, negatives: null, bound: null, gap: null, energy: null, plateau: null, warning: null, diverged: null };

/** @param {number} update @param {any} [parts] losses, runs: how many, and what else a run has */
export const report = (update, { losses = [], runs = 1, ...more } = {}) => ({ update, runs: Array.from({ length: runs }, () => ({ ...NOTHING, loss: losses, ...more })) });

/** @param {number} runs */
export const begin = (runs = 1) => ({
  recipes: Array.from({ length: runs }, () => ({ kind: "denoiser" })),
  mixture: { means: [[1, 0], [-1, 0]], weights: [0.5, 0.5], std: 0.2 },
  levels: [-4, 4].reverse(),
  reach: 3,
  noise: packed([0.1, 0.2, -0.3, 0.4], [2, 2], "int16", 0.1),
  entropy: 2.2,
  runs: Array.from({ length: runs }, () => ({ kind: "denoiser", log_snr: null, negatives: null, explore: {}, unit: "", floor: [0.4, 0.2], least: 0.3, exact_gap: 0.01, parameters: 12345 })),
});

export const energyOf = () => ({
  log_snr: null, energy: packed([1, 2, 3, 4], [2, 2], "int16", 0.1), line: 1, log_z: 3.1, ais: [3.14, 0.05], kl_data_model: [0.1, 0.01], kl_model_data: [0.2, 0.02],
  weights: { exact: [0.5, 0.5], found: [0.4, 0.6], chains: null }, chains: null,
});

export class Server {
  busy = 0; // so many questions are put off
  /** @type {any} */
  refusal = null;
  silent = false;
  jobs = 0;
  most = 0; // questions at once
  /** @type {any[]} */
  reports = [];
  #now = 0;
  #update = 0;

  /** @param {number} of updates */
  constructor(of) {
    this.of = of;
  }

  /** @param {any} asked */
  async ask({ job, updates, reports, keep, of }) {
    if (job && of) this.of = of;
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    await new Promise((resolve) => setImmediate(resolve));
    this.#now -= 1;
    if (this.silent) return null;
    if (this.refusal) return this.refusal;
    if (this.busy) return { later: true, busy: this.busy-- };
    const begins = job === null;
    if (begins) {
      this.jobs += 1;
      this.#update = 0;
      this.reports = [report(0)];
    }
    const made = Math.min(updates, 250, this.of - this.#update);
    this.#update += made;
    if (made) this.reports.push(report(this.#update, { losses: [1] }));
    const known = begins ? 0 : reports;
    return { job: "job", update: this.#update, of: this.of, seconds: 1, left: 1, done: this.#update === this.of, reports: this.reports.slice(known), trained: keep ? ["trained:0123456789abcdef"] : [], titles: [`v, ${this.#update} updates`], notices: [], ...(begins ? { begin: begin() } : {}) };
  }
}
