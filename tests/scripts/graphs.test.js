// The pure parts of the view of graphs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, graphOf, judged, signOf, spelled } from "../../diffviz/views/graphs/edges.js";
import { awayFrom, cellAt, drawLarge, insetOf, placeOf, ringOf, standingOf } from "../../diffviz/views/graphs/rings.js";
import { view } from "../../diffviz/views/graphs/view.js";

const PAIRS = [[0, 1], [0, 2], [1, 2]];
const DATA = { masks: true, nodes: 3, pairs: PAIRS, kind: "a tree", kinds: "trees", family: true };
const STATES = Uint8Array.of(1, 1, 0, 1, 1, 1, 2, 1, 0); // a tree, a triangle, and what may become a tree
const POSSIBLE = Uint8Array.of(1, 0, 1), HAT = Uint8Array.of(255, 255, 0, 170, 170, 170, 128, 255, 0);
const run = { particles: 3, steps: 10, experiment: { denoiser: "exact" }, times: [0, 4], data: DATA, array: (name, frame) => (frame !== 1 ? null : name.endsWith("possible") ? POSSIBLE : name === "x0_hat" ? HAT : STATES) };
const panel = { name: "reverse", spec: { label: "Reverse process" }, width: 300, height: 200 };
const scene = (more) => ({ run, frame: 1, layers: new Set(), chosen: -1, picked: -1, present: false, ...more });

test("edges are spelled by the numbers of nodes from 1, and a graph is judged", () => {
  assert.equal(spelled(graphOf(STATES, run, 0), PAIRS), "1–2 1–3");
  assert.equal(spelled(Uint8Array.of(0, 0, 2), PAIRS), "no edge");
  assert.deepEqual([0, 1, 2].map((i) => judged(graphOf(STATES, run, i), POSSIBLE[i], run)), ["a tree", "not a tree", "1 of 3 pairs masked"]);
  assert.equal(judged(Uint8Array.of(1, 2, 2), 0, run), "can no longer become a tree");
  assert.deepEqual([0, 1, 2].map((i) => signOf(graphOf(STATES, run, i), POSSIBLE[i], run)), ["✓", "×", ""]);
  assert.equal(signOf(graphOf(STATES, run, 1), 0, { data: { ...DATA, masks: false } }), ""); // it may yet be redrawn
  assert.deepEqual(counted(STATES, POSSIBLE, run), { whole: 1, lost: 1 });
});

test("cells of graphs with more nodes are larger, and fewer are drawn", () => {
  const few = placeOf({ width: 300, height: 300 }, { present: false }, 64, 6), many = placeOf({ width: 300, height: 300 }, { present: false }, 64, 12);
  assert.ok(many.count < few.count && many.side >= 78);
});

test("nodes stand where forces moved them once the layer is on and the run is measured, else on the ring", () => {
  const places = { reverse: [0, -1000, 250, 0, 0, 500, 1000, 0, 0, 0, -1000, 0], forward: [] };
  const on = scene({ layers: new Set(["force"]) }), measured = { ...run, data: { ...DATA, places } };
  const ring = ringOf(3);
  assert.deepEqual(standingOf(panel, on)(1), ring);
  assert.deepEqual(standingOf(panel, scene({ run: measured }))(1), ring);
  assert.deepEqual(standingOf(panel, { ...on, run: measured })(0), [[0, -1], [0.25, 0], [0, 0.5]]);
  assert.deepEqual(standingOf(panel, { ...on, run: measured })(1), [[1, 0], [0, 0], [-1, 0]]);
  const layer = (/** @type {boolean} */ family) => view.layers({ ...run, data: { ...DATA, family } }, false).find(({ name }) => name === "force");
  assert.deepEqual([layer(true).on, layer(false).on], [false, true]);
});

test("the number of a node stands where the fewest others are near", () => {
  const near = (/** @type {number[]} */ [x, y], /** @type {number[]} */ [u, v]) => Math.hypot(x - u, y - v) < 1e-9;
  ringOf(5).forEach((place, node) => assert.ok(near(awayFrom(ringOf(5), node), place))); // outwards
  assert.ok(near(awayFrom([[0, 0], [1, 0], [1, 0]], 0), [-1, 0]));
});

test("a graph of the block model tells its communities or does not, hidden pairs or none, and loses nothing", () => {
  const model = { ...run, data: { ...DATA, family: false, kind: "tells its communities", kinds: "tell their communities" } };
  assert.deepEqual([0, 1, 2].map((i) => signOf(graphOf(STATES, model, i), POSSIBLE[i], model)), ["✓", "", "✓"]);
  assert.equal(judged(graphOf(STATES, model, 2), 1, model), "1 of 3 pairs masked; tells its communities");
  assert.equal(judged(graphOf(STATES, model, 1), 0, model), "communities are not told");
  assert.deepEqual(counted(STATES, POSSIBLE, model), { whole: 2, lost: 0 });
  assert.match(view.describe(panel, scene({ run: model })), /2 tell their communities\.$/);
});

test("nodes stand on a ring, the first at the top, clockwise", () => {
  const [[x, y], [right]] = ringOf(4);
  assert.ok(Math.abs(x) < 1e-12 && Math.abs(y + 1) < 1e-12 && Math.abs(right - 1) < 1e-12);
});

test("cells are as large as they can be, and what has no room is not drawn", () => {
  const wide = placeOf({ width: 820, height: 220 }, { present: false }, 4, 6);
  assert.equal(wide.columns, 4);
  assert.equal(placeOf({ width: 220, height: 820 }, { present: false }, 4, 6).columns, 1);
  const narrow = placeOf({ width: 120, height: 140 }, { present: false }, 64, 6);
  assert.ok(narrow.count < 64 && narrow.side >= 44);
  for (let i = 0; i < 4; i++) assert.equal(cellAt(wide, wide.left + (i + 0.5) * wide.side, wide.top + wide.side / 2), i);
  assert.equal(cellAt(wide, wide.left - 1, wide.top + 1), -1);
  assert.equal(cellAt(wide, wide.left + 1, wide.top + wide.side + 1), -1);
});

test("a graph is shown large where it does not cover itself", () => {
  const wide = { width: 500, height: 500 }, place = placeOf(wide, { present: false }, 64, 6);
  for (let i = 0; i < 64; i++) {
    const { left, top, side } = insetOf(wide, place, i);
    const [x, y] = [place.left + ((i % place.columns) + 0.5) * place.side, place.top + (Math.floor(i / place.columns) + 0.5) * place.side];
    assert.ok(x < left || x > left + side || y < top || y > top + side);
    assert.ok(left >= 0 && left + side <= 500 && top >= 0 && top + side < place.below);
  }
});

test("a large graph hides what is behind it, and its numbers stand on plates over the edges", () => {
  const letters = { width: 7, actualBoundingBoxRight: 7, fontBoundingBoxAscent: 9, fontBoundingBoxDescent: 3 };
  globalThis.OffscreenCanvas = class {
    getContext = () => ({ measureText: () => letters, scale() {}, fillText() {} });
  };
  const drawn = /** @type {{what: string, alpha: number, colour: string}[]} */ ([]), nothing = () => {};
  const context = { globalAlpha: 1, fillStyle: "", beginPath: nothing, moveTo: nothing, lineTo: nothing, arc: nothing, stroke: nothing, drawImage: nothing };
  let shape = "dots";
  Object.assign(context, {
    roundRect: (_x, _y, width) => { shape = width === 100 ? "card" : "plate"; },
    fill: () => { drawn.push({ what: shape, alpha: context.globalAlpha, colour: context.fillStyle }); shape = "dots"; },
  });
  const inset = { count: 1, columns: 1, side: 100, left: 10, top: 10, below: 150 };
  drawLarge({ context, ratio: 1 }, scene({ colours: { panel: "paper", ink: "ink", muted: "grey", own: "blue" } }), inset, ringOf(3), graphOf(STATES, run, 0), null);
  assert.deepEqual(drawn.map(({ what }) => what), ["card", "dots", "plate", "plate", "plate"]);
  assert.deepEqual([drawn[0].alpha, drawn[0].colour, drawn[2].colour], [1, "paper", "paper"]);
  delete globalThis.OffscreenCanvas;
});

test("keys and the pointer find the graphs", () => {
  const place = placeOf(panel, scene(), 3, 3);
  assert.equal(view.pick(panel, scene(), place.left + place.side * 1.5, place.top + 5), 1);
  const inset = insetOf(panel, place, 1);
  assert.equal(view.pick(panel, scene({ chosen: 1 }), inset.left + 5, inset.top + 5), 1); // what is below the card is not meant
  assert.equal(view.step(panel, scene(), -1, 1, 0), 0);
  assert.equal(view.step(panel, scene(), 0, 1, 0), 1);
  assert.equal(view.step(panel, scene(), 2, 1, 0), 2);
});

test("a graph and a frame are told in words", () => {
  assert.equal(view.note(panel, scene({ picked: 2 })), "Graph 3 of 3 at t = 4: 1–3; 1 of 3 pairs masked. Most probable in x₀: 1–2 50 %.");
  assert.equal(view.note(panel, scene({ picked: 0 })), "Graph 1 of 3 at t = 4: 1–2 1–3; a tree.");
  assert.equal(view.note(panel, scene()), "");
  const lost = { ...run, array: (name) => (name.endsWith("possible") ? Uint8Array.of(1, 0, 0) : name === "x0_hat" ? HAT : STATES) };
  assert.match(view.note(panel, scene({ run: lost, picked: 2 })), /can no longer become a tree\. Most probable in x₀, as in those of the family that differ from it in the fewest pairs: 1–2 50 %\.$/);
  assert.equal(view.describe(panel, scene()), "Reverse process, at t = 4 of 10: 3 graphs on 3 nodes with 2.0 edges each, 11 % of the pairs masked; 1 is a tree, 1 can no longer become so.");
  assert.match(view.describe(panel, scene({ chosen: 1 })), /Graph 2 of 3/);
  assert.equal(view.describe(panel, scene({ frame: 0 })), "Reverse process: not computed yet.");
});
