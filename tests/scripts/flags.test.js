// The names of vertical lines above a plot: none covers another, and no pole crosses one.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.OffscreenCanvas ??= class { getContext() { return null; } };
const { bare, flagNames, namesOf, placeNumbers, rowsOf } = await import("../../diffviz/player/flags.js");

const LEFT = 40, RIGHT = 400;

/** @param {{ x: number, w: number }[]} names */
function checked(names) {
  const flags = flagNames(names, LEFT, RIGHT);
  flags.forEach((flag, i) => {
    const end = flag.left + names[i].w;
    assert.ok(flag.left >= LEFT && end <= RIGHT);
    flags.forEach((other, j) => {
      if (i === j) return;
      if (other.row === flag.row) assert.ok(end <= other.left || other.left + names[j].w <= flag.left, "two in a row are apart");
      if (other.row > flag.row && names[j].x < RIGHT - names[i].w) assert.ok(names[j].x <= flag.left || names[j].x >= end, "no pole crosses a name");
    });
  });
  return flags;
}

test("names that have room stand in one row, at their lines", () => {
  const flags = checked([{ x: 60, w: 80 }, { x: 200, w: 80 }]);
  assert.deepEqual(flags, [{ left: 60, row: 0 }, { left: 200, row: 0 }]);
});

test("others stand in steps, the one to the left above; two at one place, too", () => {
  assert.deepEqual(checked([{ x: 120, w: 80 }, { x: 124, w: 80 }, { x: 142, w: 80 }]).map(({ row }) => row), [2, 1, 0]);
  assert.equal(rowsOf(checked([{ x: 120, w: 80 }, { x: 120, w: 80 }])), 2);
  assert.equal(rowsOf(checked([{ x: 60, w: 80 }, { x: 64, w: 80 }, { x: 200, w: 70 }, { x: 300, w: 80 }])), 2);
  assert.equal(rowsOf([]), 0);
});

test("a name at the right end is drawn in", () => {
  const [flag] = checked([{ x: 390, w: 80 }]);
  assert.equal(flag.left, 320);
});

test("numbers stand in one row in the order of their lines, as near to them as can be", () => {
  const numbers = [{ x: 200, w: 8 }, { x: 100, w: 8 }, { x: 203, w: 8 }, { x: 203, w: 8 }, { x: 399, w: 8 }];
  const ends = placeNumbers(numbers, LEFT, RIGHT);
  const order = [1, 0, 2, 3, 4];
  order.slice(1).forEach((i, k) => assert.ok(ends[i] >= ends[order[k]] + 8 + 2.9, "apart"));
  assert.equal(ends[1] + 4, 100);
  assert.equal(ends[4], RIGHT - 8);
  for (const i of [0, 2, 3]) assert.ok(Math.abs(ends[i] + 4 - numbers[i].x) < 14);
});

test("names are numbered from left to right, once for both sides and all charts", () => {
  const chart = (...marks) => ({ figure: { layout: { annotations: [{ text: "a line", x: 1, y: 2 }, ...marks.map(([text, x]) => ({ text, x, yref: "paper" }))] } } });
  assert.deepEqual(namesOf([chart(["A drift splits", 0.6], ["A density splits", 0.5], ["B density splits", 0.3]), null, chart(["A half", 0.2])]), ["density splits", "drift splits", "half"]);
  assert.equal(bare("A half"), "half");
  assert.equal(bare("Above"), "Above");
});
