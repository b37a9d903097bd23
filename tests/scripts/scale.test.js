// The scale that all panels share.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Scale } from "../../diffviz/player/scale.js";

/** Where a point of the data is seen in a panel of 400 x 300, as panel.js has it. */
const seen = (scale, x, y) => {
  const k = scale.pixels(400, 300);
  return [200 + (x - scale.x) * k, 150 - (y - scale.y) * k];
};

test("the point under the pointer stays where it is", () => {
  const scale = new Scale(), before = seen(scale, 1.2, -0.7);
  for (const by of [0.5, 0.8, 1.3, 0.4]) scale.zoom(by, 1.2, -0.7);
  seen(scale, 1.2, -0.7).forEach((at, i) => assert.ok(Math.abs(at - before[i]) < 1e-9));
  assert.ok(scale.zoomed);
});

test("it does not go closer or wider than there is anything to see, nor away from the data", () => {
  const scale = new Scale();
  for (let i = 0; i < 100; i++) scale.zoom(0.5, 0, 0);
  assert.equal(scale.factor, 1 / 40);
  for (let i = 0; i < 100; i++) scale.zoom(2, 0, 0);
  assert.equal(scale.factor, 2);
  for (let i = 0; i < 100; i++) scale.pan(1, -1);
  assert.deepEqual([scale.x, scale.y], [-6, 6]);
});

test("dragging moves the data with the hand", () => {
  const scale = new Scale();
  scale.zoom(0.5, 0, 0);
  const [x] = seen(scale, 1, 0), k = scale.pixels(400, 300);
  scale.pan(20 / k, 0);
  assert.ok(Math.abs(seen(scale, 1, 0)[0] - x - 20) < 1e-9);
});

test("the address brings it back, and nothing else does", () => {
  const scale = new Scale(), other = new Scale();
  assert.equal(scale.state, null);
  scale.zoom(0.3, 1, 2);
  other.state = JSON.parse(JSON.stringify(scale.state));
  assert.deepEqual(other.state, scale.state);
  for (const wrong of [null, [1, 2], [1, 2, NaN], "1,2,3", [1, 2, "3"]]) {
    other.state = wrong;
    assert.equal(other.state, null);
  }
  other.state = [0, 0, 1e9];
  assert.equal(other.factor, 2);
});
