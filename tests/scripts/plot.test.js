// The layout of a chart for a place: margins that have room for what is written.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = globalThis;
const { alike, fit } = await import("../../diffviz/player/plot.js");

const layout = (/** @type {any} */ xaxis) => ({ font: {}, xaxis: { title: {}, tickfont: {}, ...xaxis }, yaxis: { range: [0, 1], tickfont: {} } });
const wide = (/** @type {string} */ text) => 7 * text.length;
const margin = (/** @type {any} */ xaxis, strip = 0) => fit(layout(xaxis), 300, 160, 1, wide, false, strip);

test("half of the last tick's number has room at the right, so that it is written", () => {
  assert.equal(margin({ range: [0, 100] }).r, 14);
  assert.equal(margin({ range: [0, 2000] }).r, 16);
  assert.equal(margin({ range: [0, 10000] }).r, 20);
  assert.equal(margin({ range: [5, -5], ticktext: ["∞", "0", "−1000"], tickvals: [5, 0, -5] }).r, 20);
  assert.equal(margin({ type: "log", range: [0, 3] }).r, 14);
});

test("a strip above the plot is room that it leaves", () => {
  assert.equal(margin({ range: [0, 100] }, 17).t - margin({ range: [0, 100] }).t, 17);
});

test("charts that differ in what is read from them alone are drawn as one and the same", () => {
  const chart = { title: "SNR", figure: { data: [{ x: [0, 1], y: [2, 3] }], layout: {} }, readout: ["2", "3"] };
  assert(alike(chart, { ...structuredClone(chart), readout: ["4", "5"] }));
  assert(!alike(chart, { ...chart, said: "computing" }));
  assert(!alike(chart, { ...chart, figure: { ...chart.figure, data: [{ x: [0, 1], y: [2, 4] }] } }));
});
