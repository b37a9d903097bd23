// Labels and readings of charts: none covers another, and lines as little as can be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap, placeFree, placeLabels, placeReading } from "../../diffviz/player/labels.js";

const BOUNDS = { x: 40, y: 8, w: 240, h: 100 };
const line = (at) => Array.from({ length: 60 }, (_, i) => [40 + 4 * i, at(i / 59)]);
const inside = ({ x, y, w, h }) => x >= BOUNDS.x && y >= BOUNDS.y && x + w <= BOUNDS.x + BOUNDS.w && y + h <= BOUNDS.y + BOUNDS.h;
const covers = (box, points) => points.some(([x, y]) => x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h);

test("labels at one anchor do not cover one another, nor the line, nor leave the chart", () => {
  const points = line((u) => 20 + 70 * u), anchor = { x: points[30][0], y: points[30][1], w: 50, h: 17 };
  const boxes = placeLabels([anchor, anchor, { ...anchor, w: 70 }], BOUNDS, points);
  boxes.forEach((box, i) => {
    assert.ok(inside(box));
    assert.ok(!covers(box, points));
    assert.ok(boxes.slice(i + 1).every((other) => !overlap(box, other)));
    assert.ok(Math.hypot(box.x + box.w / 2 - anchor.x, box.y + box.h / 2 - anchor.y) < 110, "near what it names");
  });
});

test("a label whose anchor lies at a corner is drawn in", () => {
  for (const [x, y] of [[40, 8], [280, 108], [40, 108], [280, 8]]) assert.ok(inside(placeLabels([{ x, y, w: 60, h: 17 }], BOUNDS, [])[0]));
});

test("a reading stands at the top, right of the cursor, as long as there is room", () => {
  const size = { w: 60, h: 17 }, free = placeReading(100, size, BOUNDS, [], []);
  assert.deepEqual([free.x, free.y], [105, 8]);
  const edge = placeReading(260, size, BOUNDS, [], []);
  assert.ok(edge.x + edge.w <= 260 && edge.y === 8);
});

test("a reading keeps away from labels and lines", () => {
  const size = { w: 60, h: 17 }, label = { x: 110, y: 8, w: 60, h: 17 };
  const box = placeReading(100, size, BOUNDS, [label], []);
  assert.ok(!overlap(box, label));
  const points = line(() => 15), below = placeReading(100, size, BOUNDS, [], points);
  assert.ok(!covers(below, points));
});

test("a reading does not hop between places that are as good", () => {
  const size = { w: 40, h: 17 }, points = line((u) => 30 + 40 * u);
  let before = null;
  const rows = new Set();
  for (let cursor = 60; cursor < 200; cursor++) {
    before = placeReading(cursor, size, BOUNDS, [], points, before);
    rows.add(before.y);
  }
  assert.ok(rows.size <= 2);
});

test("there is none where it would cover a label or is too wide", () => {
  const all = [{ x: 40, y: 0, w: 240, h: 120 }];
  assert.equal(placeReading(100, { w: 40, h: 17 }, BOUNDS, all, []), null);
  assert.equal(placeReading(100, { w: 241, h: 17 }, BOUNDS, [], []), null);
});

test("a label with no room at its line's end stands somewhere else along the line", () => {
  const points = line((u) => 40 + 20 * u), wall = Array.from({ length: 400 }, (_, i) => [215 + (i % 20) * 4, 8 + Math.floor(i / 20) * 5]); // of other lines
  const [end] = points.slice(-1), along = points.toReversed().filter((_, i) => i % 4 === 3), anchor = { x: end[0], y: end[1], w: 60, h: 17 };
  const [there] = placeLabels([anchor], BOUNDS, [...points, ...wall]), [elsewhere] = placeLabels([{ ...anchor, along }], BOUNDS, [...points, ...wall]);
  assert.ok(covers(there, wall));
  assert.ok(!covers(elsewhere, [...points, ...wall]) && inside(elsewhere));
  const near = Math.min(...points.map(([x, y]) => Math.hypot(x - elsewhere.x - elsewhere.w / 2, y - elsewhere.y - elsewhere.h / 2)));
  assert.ok(near < 30, "beside its own line");
});

test("with room at the line's end a label stays there", () => {
  const points = line((u) => 20 + 70 * u), [end] = points.slice(-1), anchor = { x: end[0], y: end[1], w: 60, h: 17 };
  const [box] = placeLabels([{ ...anchor, along: points.toReversed() }], BOUNDS, points);
  assert.ok(!covers(box, points) && Math.hypot(box.x + box.w / 2 - anchor.x, box.y + box.h / 2 - anchor.y) < 60);
});

test("of two lines of one colour, each label stands nearer to its own", () => {
  const upper = line((u) => 20 + 8 * u), lower = line((u) => 46 + 50 * u), points = [...upper, ...lower];
  const distance = (box, of) => Math.min(...of.map(([x, y]) => Math.hypot(Math.max(box.x - x, 0, x - box.x - box.w), Math.max(box.y - y, 0, y - box.y - box.h))));
  const labels = [upper, lower].map((own) => ({ x: own.at(-1)[0], y: own.at(-1)[1], w: 90, h: 17, own, along: own.toReversed() }));
  const [first, second] = placeLabels(labels, BOUNDS, points);
  assert.ok(distance(first, upper) < distance(first, lower) && distance(second, lower) < distance(second, upper));
});

test("a reading that stands at no cursor has a free corner, or none", () => {
  const rising = line((u) => 100 - 90 * u), size = { w: 100, h: 34 };
  assert.deepEqual(placeFree(size, BOUNDS, [], rising), { x: BOUNDS.x, y: BOUNDS.y, ...size });
  const taken = placeFree(size, BOUNDS, [{ x: 40, y: 8, w: 90, h: 17 }], rising);
  assert.ok(inside(taken) && taken.y > 20 && !covers(taken, rising));
  assert.equal(placeFree({ w: 230, h: 90 }, BOUNDS, [], rising), null);
});

test("a label that has room only beside another line is left out", () => {
  const upper = line(() => 52), lower = line(() => 74), points = [...upper, ...lower], low = { ...BOUNDS, y: 50, h: 20 };
  const label = (own) => ({ x: own.at(-1)[0], y: own.at(-1)[1], w: 90, h: 17, own, along: own.toReversed() });
  assert.deepEqual(placeLabels([label(lower)], low, points), [null]);
});

test("a label names lines that lie upon one another", () => {
  const one = line((u) => 20 + 30 * u), same = line((u) => 21 + 30 * u);
  assert.ok(placeLabels([{ x: one.at(-1)[0], y: one.at(-1)[1], w: 50, h: 17, own: one, along: one.toReversed() }], BOUNDS, [...one, ...same])[0]);
});
