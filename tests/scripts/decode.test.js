// Arrays as protocol.py packs them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, Run, sizeOf } from "../../diffviz/player/decode.js";
import { numbers } from "../../diffviz/player/plot.js";

const base64 = (...bytes) => btoa(String.fromCharCode(...bytes));
const INIT = { view: "v", data: { kept: 1 }, layers: [], charts: {}, steps: 2, times: [0, 1, 2], alpha: [1, 0.8, 0], sigma: [0, 0.6, 1], levels: [1, -1], particles: 1, total: 1, captions: [] };
const array = (shape, type, low = 0, high = 1) => ({ shape, type, low, high });
const run = (arrays) => new Run("id", "query", { ...INIT, arrays });

test("pairs of twelve bits lie between the ends of their range", () => {
  const points = run({ forward: array([2, 2], "uint12", -5, 5), reverse: array([2, 2], "uint12", -5, 5) });
  // 0 and 4095; 0xabc and 0x123: low byte of x, then the high four bits of x under the low four of y, then the rest of y
  points.add({ name: "forward", first: 1, count: 1, data: base64(0x00, 0xf0, 0xff, 0xbc, 0x3a, 0x12) });
  const [a, b, c, d] = points.array("forward", 1), value = (n) => (n * 10) / 4095 - 5;
  assert.deepEqual([a, b], [-5, 5]);
  assert.ok(Math.abs(c - value(0xabc)) < 1e-6 && Math.abs(d - value(0x123)) < 1e-6);
  assert.equal(points.array("forward", 0), null);
  assert.equal(points.array("none", 0), null);
});

test("bytes stay as they are, and bits begin a byte in every frame", () => {
  const raster = run({ forward: array([2, 5], "bit"), reverse: array([3], "uint8") });
  raster.add({ name: "forward", first: 0, count: 2, data: base64(0b10100110, 0b01000000, 0b11111000, 0b00000000) });
  assert.deepEqual([...raster.array("forward", 0)], [1, 0, 1, 0, 0, 1, 1, 0, 0, 1]);
  assert.deepEqual([...raster.array("forward", 1)], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  raster.add({ name: "reverse", first: 1, count: 2, data: base64(1, 2, 3, 250, 251, 252) });
  assert.deepEqual([...raster.array("reverse", 2)], [250, 251, 252]);
});

test("a run knows how much of it has come, and the next frame of the reverse process that has", () => {
  const points = run({ forward: array([2], "uint8"), reverse: array([2], "uint8") });
  assert.equal(points.share, 0);
  points.add({ name: "forward", first: 0, count: 3, data: base64(1, 2, 3, 4, 5, 6) });
  points.add({ name: "reverse", first: 2, count: 1, data: base64(1, 2) });
  assert.equal(points.share, 4 / 6);
  assert.equal(points.nearestReverse(0), 2);
  points.add({ name: "reverse", first: 0, count: 2, data: base64(1, 2, 3, 4) });
  assert.ok(points.complete);
  assert.equal(points.nearestReverse(0), 0);
});

test("what is known at the end is added, and changes no init that is shown twice", () => {
  const init = { ...INIT, arrays: {}, charts: { snr: 1 } }, first = new Run("a", "q", init);
  first.finish({ captions: ["c"], charts: { kl: 2 }, summary: "s", data: { costs: [1] } });
  assert.deepEqual([first.data, first.charts, first.summary, first.done], [{ kept: 1, costs: [1] }, { snr: 1, kl: 2 }, "s", true]);
  assert.deepEqual([init.data, init.charts], [{ kept: 1 }, { snr: 1 }]);
});

test("numbers of a figure, as a list or as numpy's bytes", () => {
  assert.deepEqual([...numbers([1, 2])], [1, 2]);
  assert.deepEqual([...numbers({ dtype: "f4", bdata: btoa(String.fromCharCode(...new Uint8Array(new Float32Array([1.5, -2]).buffer))) })], [1.5, -2]);
  assert.deepEqual([...numbers(undefined)], []);
  assert.equal(sizeOf(array([2, 3, 4], "uint8")), 24);
  assert.deepEqual([...bytesOf(base64(7, 255))], [7, 255]);
});
