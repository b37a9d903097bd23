// Messages to typed arrays: the other half of protocol.py.

// RANGE and LEVELS come from there.

// A run as it arrives: arrays by name, frame after frame. have.*[i] says whether frame i has come; sizes: numbers a frame.
class Run {
  constructor(id, query, init, sizes, Numbers) {
    Object.assign(this, init, { id, query, sizes });
    this.frames = init.times.length;
    this.arrays = {};
    this.have = {};
    for (const [name, size] of Object.entries(sizes)) {
      this.arrays[name] = new Numbers(this.frames * size);
      this.have[name] = new Uint8Array(this.frames);
    }
    this.summary = "";
    this.done = false;
  }

  add(block) {
    const bytes = Uint8Array.from(atob(block.data), (c) => c.charCodeAt(0));
    this.unpack(bytes, this.arrays[block.name], block.first * this.sizes[block.name]);
    this.have[block.name].fill(1, block.first, block.first + block.count);
  }

  points(name, frame) {
    const size = this.sizes[name];
    return this.arrays[name].subarray(frame * size, (frame + 1) * size);
  }

  finish(final) {
    this.captions = final.captions;
    Object.assign(this.charts, final.charts);
    this.summary = final.summary;
    this.costs = final.costs;
    this.done = true;
  }

  get complete() {
    return this.have.forward.every(Boolean) && this.have.reverse.every(Boolean);
  }

  // how much of the run has come, 0..1
  get share() {
    let sum = 0;
    for (let i = 0; i < this.frames; i++) sum += this.have.forward[i] + this.have.reverse[i];
    return sum / (2 * this.frames);
  }

  // the frame at or above i that has come: the reverse path is computed from noise to data
  nearestReverse(i) {
    while (i < this.frames - 1 && !this.have.reverse[i]) i++;
    return i;
  }
}

// Particles: two numbers each.
class ParticleRun extends Run {
  constructor(id, query, init) {
    const traced = Math.min(init.traced, init.particles);
    const counts = { forward: init.particles, reverse: init.particles, x0_hat: traced, field: init.field_side ** 2 };
    super(id, query, init, Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, 2 * count])), Float32Array);
    this.mixture = new Mixture(init.mixture);
  }

  unpack(bytes, into, offset) {
    const scale = (2 * RANGE) / LEVELS;
    for (let i = 0, k = offset; i < bytes.length; i += 3, k += 2) {
      into[k] = (bytes[i] | ((bytes[i + 1] & 15) << 8)) * scale - RANGE;
      into[k + 1] = ((bytes[i + 1] >> 4) | (bytes[i + 2] << 4)) * scale - RANGE;
    }
  }
}

// The exact density and posterior mean at any noise level, in closed form: mixtures.py in the browser.
class Mixture {
  constructor({ means, weights, std }) {
    this.means = means;
    this.weights = weights;
    this.std = std;
  }

  // q(x_t) on a side x side grid over [-reach, reach]^2, top row first; a product of two matrices, as in quadrature.py
  density(alpha, sigma, side, reach) {
    const tau2 = (alpha * this.std) ** 2 + sigma ** 2, count = this.means.length;
    const columns = new Float32Array(count * side), rows = new Float32Array(count * side);
    for (let k = 0; k < count; k++) {
      const [mx, my] = this.means[k];
      for (let i = 0; i < side; i++) {
        const at = reach * ((2 * i + 1) / side - 1);
        columns[k * side + i] = Math.exp(-((at - alpha * mx) ** 2) / (2 * tau2)) * this.weights[k];
        rows[k * side + i] = Math.exp(-((-at - alpha * my) ** 2) / (2 * tau2));
      }
    }
    const out = new Float32Array(side * side);
    for (let k = 0; k < count; k++) {
      for (let j = 0; j < side; j++) {
        const row = rows[k * side + j];
        if (row < 1e-6) continue;
        for (let i = 0, o = j * side, c = k * side; i < side; i++) out[o + i] += row * columns[c + i];
      }
    }
    return out;
  }

  // E[x_0 | x_t = (x, y)]
  posteriorMean(x, y, alpha, sigma) {
    const tau2 = (alpha * this.std) ** 2 + sigma ** 2, count = this.means.length;
    let top = -Infinity;
    const logits = (this.scratch ||= new Float64Array(count));
    for (let k = 0; k < count; k++) {
      const [mx, my] = this.means[k];
      logits[k] = Math.log(this.weights[k]) - ((x - alpha * mx) ** 2 + (y - alpha * my) ** 2) / (2 * tau2);
      if (logits[k] > top) top = logits[k];
    }
    let sum = 0, sx = 0, sy = 0;
    for (let k = 0; k < count; k++) {
      const r = Math.exp(logits[k] - top);
      sum += r; sx += r * this.means[k][0]; sy += r * this.means[k][1];
    }
    const shrink = sigma ** 2 / tau2, keep = (alpha * this.std ** 2) / tau2;
    return [(shrink * sx) / sum + keep * x, (shrink * sy) / sum + keep * y];
  }
}
