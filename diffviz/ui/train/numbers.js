// Numbers as they are written: with their error, and no more digits than that error allows.

/** @typedef {import("./contract.js").Estimate} Estimate */

const signed = (/** @type {string} */ text) => text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");

const MOST_DECIMALS = 6;
const MANY = 1e5; // from here on a power of ten is written
const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((digit, i) => [i, digit])) };

/** The power of ten of a number. @param {number} value */
const powerOf = (value) => Math.floor(Math.log10(Math.abs(value)));

/** 10⁸. @param {number} power */
const ten = (power) => `10${[...String(power)].map((digit) => RAISED[/** @type {keyof typeof RAISED} */ (digit)]).join("")}`;

/** Three digits that count. @param {number} value */
export function plainNumber(value) {
  if (!Number.isFinite(value)) return "∞";
  const size = Math.abs(value);
  if (size >= MANY) {
    const [digits, power] = value.toExponential(2).split("e");
    return `${signed(digits.replace(/\.?0+$/, ""))}·${ten(Number(power))}`;
  }
  return signed(size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(size >= 1 ? 2 : 3) : value.toPrecision(2));
}

/** Two digits of an error count. @param {number} stderr */
const decimals = (stderr) => Math.max(0, Math.min(MOST_DECIMALS, 1 - Math.floor(Math.log10(stderr))));

/** 0.103 ± 0.010. @param {Estimate} estimate @returns {string} */
export function withError([value, stderr]) {
  if (!stderr || !Number.isFinite(stderr)) return plainNumber(value);
  const power = Math.abs(value) >= MANY ? powerOf(value) : 0;
  if (power && stderr < 10 ** (power - MOST_DECIMALS)) return plainNumber(value); // no digit that is written is in doubt
  if (power) return `(${withError([value / 10 ** power, stderr / 10 ** power])})·${ten(power)}`;
  const digits = decimals(stderr);
  return `${signed(value.toFixed(digits))} ± ${stderr.toFixed(digits)}`;
}

/** A value that is exact, in as many digits as an estimate of the same is written with. @param {number} value @param {Estimate | null} [beside] */
export function alike(value, beside) {
  const digits = beside?.[1] ? decimals(beside[1]) : null;
  return digits === null || Math.abs(value) >= MANY ? plainNumber(value) : signed(value.toFixed(digits));
}

/** Thousands apart, by narrow spaces. @param {number} count */
export const countOf = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** How long something will take. @param {number} seconds */
export function lasting(seconds) {
  if (seconds < 1.5) return "a second";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
