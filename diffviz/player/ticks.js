// Ticks of a vertical axis: never fewer than two, nor more than there is room for.

import { raised } from "./digits.js";

/** @typedef {{ tickvals: number[], ticktext: string[] }} Ticks as Plotly's axes take them */

const MANTISSAS = [[1, 2, 5], [1, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]]; // of a range of few decades, the first that fits
const PLAIN = 3; // up to this power of ten, and down to its inverse, numbers are written out
const MANY = 5; // and of an axis without logarithms
const NEAR = 1e-9; // relative: rounding does not cost a tick

/** @param {number} value @param {number} power of ten, at or below it */
function told(value, power) {
  const mantissa = Number((value / 10 ** power).toPrecision(12));
  if (Math.abs(power) <= PLAIN) return String(Number(value.toPrecision(12)));
  return `${mantissa === 1 ? "" : `${mantissa}·`}10${raised(power)}`;
}

/** Multiples of a step within a range. @param {number} low @param {number} high @param {number} step */
function multiples(low, high, step) {
  const slack = NEAR * (high - low), first = Math.ceil((low - slack) / step), last = Math.floor((high + slack) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** The ends of a list that is too long. @param {number[]} values @param {number} most */
const thinned = (values, most) => (values.length > most ? [values[0], values[values.length - 1]] : values);

/** As all of an axis are written, with one power of ten. @param {number} value @param {number} power @param {number} last of the digit that counts last */
function powered(value, power, last) {
  const mantissa = (value / 10 ** power).toFixed(Math.max(0, power - last));
  return Number(mantissa) === 0 ? "0" : `${mantissa.replace("-", "−")}·10${raised(power)}`;
}

/** Round numbers. @param {number[]} range @param {number} most at least 2 @returns {Ticks} */
export function linearTicks([low, high], most) {
  const size = Math.floor(Math.log10(high - low));
  const steps = [size + 1, size, size - 1].flatMap((power) => [5, 2, 1].map((mantissa) => ({ step: mantissa * 10 ** power, digits: Math.max(0, -power) })));
  const dense = steps.filter(({ step }) => multiples(low, high, step).length >= 2); // from the widest step
  const { step, digits } = dense.filter((each) => multiples(low, high, each.step).length <= most).at(-1) ?? dense[0];
  const tickvals = thinned(multiples(low, high, step), most), largest = Math.max(...tickvals.map(Math.abs));
  if (largest >= 10 ** MANY) return { tickvals, ticktext: tickvals.map((value) => powered(value, Math.floor(Math.log10(largest) + NEAR), Math.floor(Math.log10(step) + NEAR))) };
  return { tickvals, ticktext: tickvals.map((value) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−")) };
}

/** Powers of ten, every one or every so many; numbers between them, where there are not two. @param {number[]} range of the logarithm @param {number} most at least 2 @returns {Ticks} */
export function logTicks([low, high], most) {
  for (let every = 1; every <= high - low; every++) {
    const powers = multiples(low, high, every);
    if (powers.length >= 2 && powers.length <= most) return { tickvals: powers.map((power) => 10 ** power), ticktext: powers.map((power) => (power === 0 ? "1" : `10${raised(power)}`)) };
  }
  const found = MANTISSAS.map((mantissas) => between(low, high, mantissas)), fits = found.find(({ length }) => length >= 2 && length <= most) ?? found.find(({ length }) => length >= 2);
  if (!fits) return linearTicks([10 ** low, 10 ** high], most);
  const chosen = fits.length > most ? [fits[0], fits[fits.length - 1]] : fits;
  return { tickvals: chosen.map(({ value }) => value), ticktext: chosen.map(({ value, power }) => told(value, power)) };
}

/** Round numbers of a horizontal axis of logarithms, written out as far as they can be. @param {number[]} range of the logarithm @param {number} most at least 2 @returns {Ticks} */
export function countTicks([low, high], most) {
  const sparse = [[1, 2, 5], [1, 3], [1]].map((mantissas) => between(low, high, mantissas)), fits = sparse.find(({ length }) => length >= 2 && length <= most);
  if (!fits) return logTicks([low, high], most);
  return { tickvals: fits.map(({ value }) => value), ticktext: fits.map(({ value, power }) => told(value, power)) };
}

/** @param {number} low @param {number} high @param {number[]} mantissas */
function between(low, high, mantissas) {
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) for (const mantissa of mantissas) {
    const value = mantissa * 10 ** power, at = Math.log10(value);
    if (at >= low - NEAR && at <= high + NEAR) found.push({ value, power });
  }
  return found;
}
