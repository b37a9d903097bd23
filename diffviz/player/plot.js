// Plotly, by its public functions alone: loaded when it is first needed, drawn into fixed margins and ranges.

import { bytesOf } from "./decode.js";
import { countTicks, linearTicks, logTicks } from "./ticks.js";

/** @typedef {{ l: number, r: number, t: number, b: number }} Margin */

const TICK_HEIGHT = 20, TICK_WIDTH = 38, TICK_GAP = 8, LEFT = 42; // pixels
const LOW = 110; // of a plot with no room for what its axis of time is called

/** @type {Promise<void> | null} */
let loading = null;

/** @param {string} url */
export function loadPlotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve();
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

/** @returns {any} */
export const plotly = () => /** @type {any} */ (window).Plotly;

// Where the page has a <base>, Plotly writes its clip paths as url(address#id) with the address of the moment; once the page's
// address has changed they name nothing, and lines spill out. As url(#id) they hold, and so it writes them where there is no base.
/** @template T @param {() => T} action what reads the base as it begins @returns {T} */
function withoutBase(action) {
  const base = document.querySelector("base[href]"), href = base?.getAttribute("href");
  base?.removeAttribute("href");
  try {
    return action();
  } finally {
    if (base && href !== null && href !== undefined) base.setAttribute("href", href);
  }
}

/** @param {HTMLElement} element @param {any[]} data @param {any} layout @param {any} config */
export const react = (element, data, layout, config) => withoutBase(() => plotly().react(element, data, layout, config));

/** Would two charts be drawn as one and the same? What is read from them at the clock may differ. @param {object} a @param {object} b */
export const alike = (a, b) => JSON.stringify({ ...a, readout: null }) === JSON.stringify({ ...b, readout: null });

/**
 * The layout for a place: letters as large as there is room for, no more ticks than do not collide, margins that stay.
 * @param {any} layout as Python made it, its vertical range fixed; changed @param {number} width @param {number} height
 * @param {number} factor of letters @param {(text: string) => number} widthOf of a tick's text
 * @param {boolean} timeless has it a horizontal axis of its own? @param {number} [strip] pixels above the plot
 * @returns {Margin}
 */
export function fit(layout, width, height, factor, widthOf, timeless, strip = 0) {
  const { xaxis, yaxis } = layout, scale = (/** @type {any} */ font, /** @type {number} */ size) => ({ ...font, size: Math.round(size * factor) });
  const named = timeless || height >= LOW;
  const margin = { l: Math.round(LEFT * factor), r: Math.round(14 * factor), t: 8 + strip, b: Math.round((named ? 34 : 20) * factor) };
  if (!named) xaxis.title.text = ""; // the clock names it as well
  if (yaxis.title) yaxis.title.text = ""; // its unit stands beside the chart's title
  const most = Math.max(2, Math.floor((height - margin.t - margin.b) / (TICK_HEIGHT * factor)));
  if (!(yaxis.tickvals?.length <= most)) Object.assign(yaxis, yaxis.type === "log" ? logTicks(yaxis.range, most) : linearTicks(yaxis.range, most));
  margin.l = Math.max(margin.l, Math.ceil(Math.max(...(yaxis.ticktext ?? []).map(widthOf)) + TICK_GAP));
  margin.r = Math.max(margin.r, Math.ceil(widthOf(lastOf(xaxis)) / 2) + 2); // else the last tick has no number
  const across = Math.max(2, Math.floor((width - margin.l - margin.r) / (TICK_WIDTH * factor)));
  if (xaxis.type === "log") Object.assign(xaxis, countTicks(xaxis.range, across));
  xaxis.nticks = Math.min(xaxis.nticks ?? 8, across);
  for (const axis of [xaxis, yaxis]) {
    axis.automargin = false;
    axis.tickfont = scale(axis.tickfont, 12);
    if (axis.title) axis.title.font = scale(axis.title.font, 12);
  }
  Object.assign(layout, { width, height, autosize: false, margin: { ...margin, pad: 0 }, font: scale(layout.font, 12), hoverlabel: { bgcolor: "var(--dv-card)", font: { size: Math.round(12 * factor), color: "var(--dv-ink)" }, namelength: -1 } });
  return margin;
}

/** What is written at the right end of an axis, where its range ends in a tick. @param {any} axis @returns {string} */
function lastOf({ type, ticktext, range }) {
  if (ticktext?.length) return ticktext.at(-1);
  return type === "log" ? "" : String(Number(Number(range?.[1] ?? 0).toPrecision(4)));
}

const ARRAYS = /** @type {Record<string, any>} */ ({ f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array });

/** Numbers of a trace, which come as a list or, from numpy, as { dtype, bdata }. @param {any} values @returns {ArrayLike<any>} */
export function numbers(values) {
  if (typeof values?.bdata !== "string") return values ?? [];
  return new ARRAYS[values.dtype](bytesOf(values.bdata).buffer);
}

/** Value of an axis as Plotly's ranges have it. @param {any} axis @param {any} value */
export const linear = (axis, value) => (axis.type === "log" ? Math.log10(Number(value)) : Number(value));
