// Sequences of bits with a 1 every so many bins: how near one is to such a heartbeat, and of which phase.

/**
 * The phase, counted from 0, of the heartbeat that is nearest to a sequence, and how many bits are different.
 * @param {Uint8Array} bits of one sequence, 0 or 1
 * @param {number} period
 * @returns {{phase: number, wrong: number}}
 */
export function nearestBeat(bits, period) {
  const ones = new Array(period).fill(0);
  const length = new Array(period).fill(0); // of ones, in a heartbeat of each phase
  let total = 0;
  bits.forEach((bit, i) => {
    ones[i % period] += bit;
    length[i % period] += 1;
    total += bit;
  });
  const wrong = ones.map((hit, phase) => total - hit + (length[phase] - hit));
  const phase = wrong.indexOf(Math.min(...wrong));
  return { phase, wrong: wrong[phase] };
}

/**
 * One sequence of a frame.
 * @param {Uint8Array} bits [N * length]
 * @param {number} length
 * @param {number} i
 */
export const sequence = (bits, length, i) => bits.subarray(i * length, (i + 1) * length);

/**
 * The sequences' numbers in the order of their phases.
 * @param {Uint8Array} bits [N * length]
 * @param {number} length
 * @param {number} period
 */
export function byPhase(bits, length, period) {
  const phases = Array.from({ length: bits.length / length }, (_, i) => nearestBeat(sequence(bits, length, i), period).phase);
  return phases.map((_, i) => i).sort((a, b) => phases[a] - phases[b] || a - b);
}

/**
 * How many sequences of a frame are heartbeats, bit for bit.
 * @param {Uint8Array} bits [N * length]
 * @param {number} length
 * @param {number} period
 */
export function countBeats(bits, length, period) {
  let count = 0;
  for (let i = 0; i < bits.length / length; i++) if (nearestBeat(sequence(bits, length, i), period).wrong === 0) count++;
  return count;
}

/**
 * q(x_t = 1 | x_0): a bit is still the data's with the probability of the signal's share, else drawn anew.
 * @param {number} bit of x_0
 * @param {number} rate of ones in pure noise
 * @param {number} alpha
 * @param {number} sigma
 */
export function forwardProbability(bit, rate, alpha, sigma) {
  const share = alpha ** 2 / (alpha ** 2 + sigma ** 2);
  return share * bit + (1 - share) * rate;
}

/** Bits in groups of a period, as they are read. @param {Uint8Array} bits @param {number} period */
export const spelled = (bits, period) => Array.from(bits, (bit, i) => (i && i % period === 0 ? ` ${bit}` : String(bit))).join("");

/** How near a sequence is to a heartbeat. @param {Uint8Array} bits @param {number} period */
export function judged(bits, period) {
  const { phase, wrong } = nearestBeat(bits, period);
  return wrong === 0 ? `a heartbeat of phase ${phase + 1}` : `${wrong} ${wrong === 1 ? "bit" : "bits"} from a heartbeat of phase ${phase + 1}`;
}
