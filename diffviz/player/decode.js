// Messages to typed arrays, by name, shape and type: the other half of protocol.py.

/** @typedef {import("./contract.js").ArraySpec} ArraySpec */
/** @typedef {import("./contract.js").Run} RunOfView */

const LEVELS = 4095; // of 12 bits

/** Of base64, letter by letter: to map a text into an array takes 20 times as long. @param {string} text */
export function bytesOf(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Numbers of one frame. @param {ArraySpec} spec */
export const sizeOf = (spec) => spec.shape.reduce((a, b) => a * b, 1);

// bytes of one or more frames into an array that begins at offset
const UNPACK = {
  /** pairs of numbers in three bytes @param {Uint8Array} bytes @param {Float32Array} into @param {number} offset @param {ArraySpec} spec */
  uint12(bytes, into, offset, { low, high }) {
    const scale = (high - low) / LEVELS;
    for (let i = 0, k = offset; i + 2 < bytes.length; i += 3, k += 2) {
      into[k] = (bytes[i] | ((bytes[i + 1] & 15) << 8)) * scale + low;
      into[k + 1] = ((bytes[i + 1] >> 4) | (bytes[i + 2] << 4)) * scale + low;
    }
  },
  /** @param {Uint8Array} bytes @param {Uint8Array} into @param {number} offset */
  uint8(bytes, into, offset) {
    into.set(bytes, offset);
  },
  /** eight to a byte, the first one highest; each frame begins a byte @param {Uint8Array} bytes @param {Uint8Array} into @param {number} offset @param {ArraySpec} spec */
  bit(bytes, into, offset, spec) {
    const size = sizeOf(spec), row = Math.ceil(size / 8), frames = bytes.length / row;
    for (let f = 0, k = offset; f < frames; f++) for (let i = 0; i < size; i++, k++) into[k] = (bytes[f * row + (i >> 3)] >> (7 - (i & 7))) & 1;
  },
};

/**
 * A run as it arrives.
 * @implements {RunOfView}
 */
export class Run {
  /** @type {Record<string, any>} */
  #values = {};
  /** @type {Record<string, Uint8Array>} */
  #have = {};

  /** @param {string} id @param {string} query @param {import("./contract.js").Init} init */
  constructor(id, query, init) {
    this.id = id;
    this.query = query;
    this.view = init.view;
    this.arrays = init.arrays;
    this.data = { ...init.data };
    this.layers = init.layers;
    this.charts = { ...init.charts };
    this.steps = init.steps;
    this.times = init.times;
    this.alpha = init.alpha;
    this.sigma = init.sigma;
    this.levels = init.levels;
    this.particles = init.particles;
    this.total = init.total;
    this.captions = init.captions;
    this.title = init.title;
    this.snippet = init.snippet;
    this.command = init.command;
    this.warning = init.warning;
    this.experiment = init.experiment;
    this.frames = init.times.length;
    this.summary = "";
    /** @type {Record<string, string>} */
    this.worked = {};
    /** @type {Record<string, import("./contract.js").LaterChart>} */
    this.later = {};
    /** @type {Record<string, import("./contract.js").MissingChart>} */
    this.missing = {};
    this.done = false;
    /** @type {any} */
    this.kept = null;
    for (const [name, spec] of Object.entries(init.arrays)) {
      const count = this.frames * sizeOf(spec);
      this.#values[name] = spec.type === "uint12" ? new Float32Array(count) : new Uint8Array(count);
      this.#have[name] = new Uint8Array(this.frames);
    }
  }

  /** @param {{ name: string, first: number, count: number, data: string }} block */
  add({ name, first, count, data }) {
    const spec = this.arrays[name];
    UNPACK[spec.type](bytesOf(data), this.#values[name], first * sizeOf(spec), spec);
    this.#have[name].fill(1, first, first + count);
  }

  /** @param {{ captions: string[], charts: Record<string, any>, summary: string, worked?: Record<string, string>, later?: Record<string, import("./contract.js").LaterChart>, missing?: Record<string, import("./contract.js").MissingChart>, data?: any }} final */
  finish(final) {
    this.captions = final.captions;
    Object.assign(this.charts, final.charts);
    Object.assign(this.data, final.data);
    this.summary = final.summary;
    this.worked = final.worked ?? {};
    this.later = final.later ?? {};
    this.missing = final.missing ?? {};
    this.done = true;
  }

  /** @param {string} name @param {number} frame */
  has(name, frame) {
    return this.#have[name]?.[frame] === 1;
  }

  /** One frame, or null if it has not come. @param {string} name @param {number} frame @returns {any} */
  array(name, frame) {
    if (!this.has(name, frame)) return null;
    const size = sizeOf(this.arrays[name]);
    return this.#values[name].subarray(frame * size, (frame + 1) * size);
  }

  get complete() {
    return this.share === 1;
  }

  /** how much of it has come, 0..1 */
  get share() {
    let sum = 0;
    for (let i = 0; i < this.frames; i++) sum += Number(this.has("forward", i)) + Number(this.has("reverse", i));
    return sum / (2 * this.frames);
  }

  /** the frame at or above one that has come: the reverse process is computed from noise to data @param {number} frame */
  nearestReverse(frame) {
    let i = frame;
    while (i < this.frames - 1 && !this.has("reverse", i)) i++;
    return i;
  }
}
