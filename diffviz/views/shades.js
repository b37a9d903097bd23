// Colours of numbers: ramps that are even to the eye, between colours of the theme, as pixels.

import { bytes } from "../player/theme.js";

/** @typedef {[number, number, number]} Triple of a colour: red, green and blue in 0..255, or L, a and b of Oklab */

const linear = (/** @type {number} */ byte) => (byte <= 10.314 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const encoded = (/** @type {number} */ value) => 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

/** sRGB to Oklab (Ottosson 2020). @param {Triple} rgb @returns {Triple} */
export function toOklab(rgb) {
  const [r, g, b] = rgb.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Oklab to sRGB, cut to what a screen can show. @param {Triple} lab @returns {Triple} */
export function toRgb([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return /** @type {Triple} */ (rgb.map((value) => Math.round(encoded(Math.max(0, Math.min(1, value))))));
}

/**
 * Colours along a line through several, each as far from the next as the others are.
 * @param {Triple[]} stops red, green, blue; evenly apart
 * @param {number} count
 * @returns {Triple[]}
 */
export function ramp(stops, count) {
  const labs = stops.map(toOklab);
  return Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (labs.length - 1);
    const from = Math.min(labs.length - 2, Math.floor(at));
    return toRgb(/** @type {Triple} */ (labs[from].map((value, k) => value + (at - from) * (labs[from + 1][k] - value))));
  });
}

/** The same, lighter or darker by so much of Oklab's L. @param {Triple} rgb @param {number} by @returns {Triple} */
export function lit(rgb, by) {
  const [L, a, b] = toOklab(rgb);
  return toRgb([Math.max(0, Math.min(1, L + by)), a, b]);
}

/** As the words of an ImageData. @param {Triple[]} colours @param {number} [opacity] 0..255 */
export const wordsOf = (colours, opacity = 255) => new Uint32Array(Uint8Array.from(colours.flatMap((rgb) => [...rgb, opacity])).buffer);

/** @param {Triple} rgb */
export const css = (rgb) => `rgb(${rgb.join(" ")})`;

/** @param {string} colour of the theme */
export const tripleOf = (colour) => /** @type {Triple} */ ([...bytes(colour)]);
