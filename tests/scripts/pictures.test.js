// The pure parts of the pictures' view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, pictureAt, placeRows } from "../../diffviz/views/pictures/drawing.js";
import { fillValues, inLines, places } from "../../diffviz/views/pictures/given.js";
import { insideWords, mapsAt } from "../../diffviz/views/pictures/maps.js";
import { BINS, copyPicture, difference, dimOf, greysOf, histogram, layout, moments, shapeOf, valuesOf } from "../../diffviz/views/pictures/pixels.js";
import { view } from "../../diffviz/views/pictures/view.js";

const spec = (shape) => ({ shape, type: "uint8", low: -3, high: 3 });
const RUN = { arrays: { forward: spec([2, 1, 2, 2]), reverse: spec([2, 1, 2, 2]), x0_hat: spec([2, 1, 2, 2]), eps_hat: spec([2, 1, 2, 2]) } };
const close = (found, wanted, tolerance = 1e-9) => assert.ok(Math.abs(found - wanted) <= tolerance, `${found} is not ${wanted}`);
const image = (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) });

test("bytes stand for values, and black is -1, white 1; predicted noise has a wider range", () => {
  const values = valuesOf(RUN, "reverse"), greys = greysOf(RUN, "reverse");
  assert.deepEqual([values[0], values[255]], [-3, 3]);
  assert.deepEqual([greys[0], greys[255]], [0, 255]); // beyond: at the edge
  values.forEach((value, byte) => {
    if (Math.abs(value) <= 1) close(greys[byte], 127.5 + 127.5 * value, 0.5);
  });
  const noise = greysOf(RUN, "eps_hat");
  values.forEach((value, byte) => {
    if (Math.abs(value) <= 2.5) close(noise[byte], 127.5 + (127.5 * value) / 2.5, 0.5);
  });
  assert.deepEqual(shapeOf(RUN), [1, 2, 2]);
  assert.equal(dimOf(RUN), 4);
});

test("the grid is the one in which pictures are largest, and it holds them all", () => {
  for (const [count, wide, high, width, height] of [[64, 32, 32, 330, 350], [16, 8, 8, 240, 350], [1, 28, 28, 100, 400], [7, 8, 4, 500, 90]]) {
    const at = layout(count, wide, high, width, height);
    assert.ok(at.wide * at.scale <= width + 1e-9 && at.high * at.scale <= height + 1e-9);
    const rows = Math.ceil(count / at.columns);
    assert.equal(at.wide, at.columns * (wide + 1) - 1);
    assert.equal(at.high, rows * (high + 1) - 1);
    for (let columns = 1; columns <= count; columns++) {
      const scale = Math.min(width / (columns * (wide + 1) - 1), height / (Math.ceil(count / columns) * (high + 1) - 1));
      assert.ok(scale <= at.scale + 1e-12);
    }
  }
});

test("three channels are red, green and blue, one is grey", () => {
  const greys = Uint8ClampedArray.from({ length: 256 }, (_, i) => i);
  const colour = image(2, 1);
  copyPicture(Uint8Array.of(9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6), [3, 1, 2], 1, greys, colour, 0, 0);
  assert.deepEqual([...colour.data], [1, 3, 5, 255, 2, 4, 6, 255]);
  const grey = image(3, 2);
  copyPicture(Uint8Array.of(7, 8), [1, 1, 2], 0, greys, grey, 1, 1);
  assert.deepEqual([...grey.data.slice(16)], [7, 7, 7, 255, 8, 8, 8, 255]);
  assert.ok(grey.data.slice(0, 16).every((byte) => byte === 0));
});

test("mean, spread, difference and histogram are those of the values", () => {
  const values = valuesOf(RUN, "reverse");
  const bytes = Uint8Array.of(0, 255, 255, 0, 51, 255); // three pictures of two numbers
  const { mean, std } = moments(bytes, 2, values);
  const first = [0, 255, 51].map((byte) => values[byte]), average = first.reduce((a, b) => a + b) / 3;
  close(mean[0], average);
  close(std[0], Math.sqrt(first.reduce((sum, v) => sum + (v - average) ** 2, 0) / 2));
  assert.deepEqual([...moments(bytes.subarray(0, 2), 2, values).std], [0, 0]); // of one picture nothing is known
  const apart = difference(Uint8Array.of(0, 10, 20, 30), Uint8Array.of(255, 10, 20, 30), values, 2);
  assert.deepEqual([...apart.sums], [6, 0]); // two channels of two pixels
  close(apart.mean, 1.5);
  const shares = histogram(bytes);
  close(shares.reduce((a, b) => a + b), 1);
  close(shares[0], 2 / 6);
  close(shares[BINS - 1], 3 / 6);
});

test("what is given stands over and beside what comes back", () => {
  const measured = new Map([["truth"], ["measured"], ["exact_mean"], ["exact_std"]].map(([name]) => [name, {}]));
  assert.deepEqual(places(measured, 1), [[["truth"], ["mean", 0], ["exact_mean"]], [["measured"], ["std", 0], ["exact_std"]]]);
  assert.deepEqual(places(measured, 2)[0], [["truth"], ["mean", 0], ["mean", 1], ["exact_mean"]]);
  assert.deepEqual(places(new Map([["first", {}], ["last", {}]]), 2), [[["first"], ["first_back", 0], ["first_back", 1]], [["last"], ["last_back", 0], ["last_back", 1]]]);
  assert.deepEqual(places(new Map([["truth", {}]]), 1), [[["truth"], ["mean", 0], ["std", 0]]]);
});

test("a sentence is broken between its parts alone", () => {
  const parts = ["16 samples", "std: full shade is 1", "* for the training set"];
  assert.deepEqual(inLines(parts, () => true), [parts.join("; ")]);
  assert.deepEqual(inLines(parts, () => false), parts);
  assert.deepEqual(inLines(parts, (text) => text.length < 40), [`${parts[0]}; ${parts[1]}`, parts[2]]);
});

test("values are greys where they are known, or as much ink as they are large", () => {
  const grey = image(2, 1);
  fillValues(grey, Float64Array.of(-1, 1), [1, 0], null);
  assert.deepEqual([...grey.data], [0, 0, 0, 255, 255, 255, 255, 0]);
  const ink = image(2, 1);
  fillValues(ink, Float64Array.of(0.5, 2), [], [10, 20, 30]);
  assert.deepEqual([...ink.data], [10, 20, 30, 128, 10, 20, 30, 255]);
  const colour = image(1, 1);
  fillValues(colour, Float64Array.of(-1, 0, 1), [], null);
  assert.deepEqual([...colour.data], [0, 128, 255, 255]);
});

test("feature maps of a frame are those of its noise level; at t = 0 those of the first after it", () => {
  const maps = { count: 5, shape: [3, 2, 1, 2], bytes: Uint8Array.from({ length: 12 }, (_, i) => i) };
  assert.deepEqual([...mapsAt(maps, 1).bytes], [0, 1, 2, 3]);
  assert.deepEqual([...mapsAt(maps, 0).bytes], [0, 1, 2, 3]);
  assert.deepEqual([...mapsAt(maps, 3).bytes], [8, 9, 10, 11]);
  assert.equal(insideWords({ maps, said: "" }), "2 of 5 feature maps");
  assert.equal(insideWords({ maps: { ...maps, count: 2 }, said: "" }), "2 feature maps");
  assert.equal(insideWords({ maps: null, said: "computing" }), "computing");
});

test("pictures are as large as rows or columns of them can be", () => {
  assert.equal(fitting(2, 3, [8, 8], 120, 400, 18), (120 / 3 - 12) / 8);
  assert.equal(fitting(3, 2, [8, 8], 400, 150, 18), (150 / 3 - 18 - 6) / 8);
  for (const [width, height] of [[600, 200], [200, 600]]) {
    const { scale, places } = placeRows([["a", "b", "c"], ["d", "e", "f"]], [8, 8], width, height, 18);
    const beside = (one, other) => places.find(({ what }) => what === one).y === places.find(({ what }) => what === other).y;
    assert.equal(beside("a", "b"), width > height); // else b is below a, and d beside it
    assert.equal(beside("a", "d"), width < height);
    for (const { x, y } of places) assert.ok(x >= 0 && y >= 18 && x + 8 * scale <= width && y + 8 * scale <= height);
  }
});

test("a picture is picked by the pointer, and its neighbours by keys", () => {
  const run = { arrays: { reverse: spec([9, 1, 8, 8]) }, particles: 9 };
  const panel = { name: "reverse", width: 12 + 26 * 10, height: 12 + 26 * 10 };
  assert.equal(pictureAt(panel, { shape: [1, 8, 8], count: 9 }, 6 + 5, 6 + 5), 0);
  assert.equal(view.pick(panel, { run }, 6 + 95, 6 + 185), 7);
  assert.equal(view.pick(panel, { run }, 2, 2), -1);
  assert.equal(view.pick({ ...panel, name: "chosen" }, { run }, 100, 100), -1);
  assert.equal(view.step(panel, { run }, 4, 0, -1), 1);
  assert.equal(view.step(panel, { run }, 4, 1, 0), 5);
  assert.equal(view.step(panel, { run }, 7, 0, 1), 7); // none is below
  assert.equal(view.step(panel, { run }, -1, 1, 0), 0);
});

test("the chosen picture's costs are the last line of the chart of KL, and the chart before is left as it is", () => {
  const chart = { title: "KL", note: "", readout: [], figure: { layout: {}, data: [{ name: "mean", y: [1] }, { name: "chosen", x: [], y: [] }] } };
  const run = { times: [0, 5, 9], data: { costs: [[0, 1, 2], [0, 3, 4]] } };
  const found = view.chart(run, "kl", chart, 1);
  assert.deepEqual(found.figure.data, [{ name: "mean", y: [1] }, { name: "chosen", x: [5, 9], y: [3, 4] }]);
  assert.deepEqual(chart.figure.data[1].y, []);
  assert.equal(view.chart(run, "snr", chart, 1), null);
  assert.equal(view.chart({ times: [0], data: {} }, "kl", chart, 0), null);
});

test("what is seen is said", () => {
  const bytes = Uint8Array.of(0, 255, 85, 170, 0, 0, 0, 0);
  const run = { ...RUN, particles: 2, steps: 100, times: [0, 40], alpha: [1, 0.8], sigma: [0, 0.6], array: (_, frame) => (frame ? bytes : null), data: {} };
  const scene = { run, frame: 1, layers: new Set(), picked: 0, chosen: 0, waiting: true };
  const panel = { name: "reverse", spec: { label: "Reverse process" } };
  assert.equal(view.describe(panel, scene), "Reverse process, at t = 40 of 100, waiting for the forward process: 2 images in grey, 2 by 2 pixels; 64 % of the variance of xₜ is signal, 36 % noise.");
  assert.match(view.describe(panel, { ...scene, layers: new Set(["x0_hat"]) }), /denoised estimates of 2 images/);
  assert.equal(view.note(panel, scene), "Image 1 of 2 at t = 40: pixel values of mean 0.00 and standard deviation 2.58.");
  assert.match(view.describe(panel, { ...scene, frame: 0 }), /not computed yet/);
});
