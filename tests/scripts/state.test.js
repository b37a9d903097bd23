import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, place } from "../../diffviz/player/state.js";

const placed = (direction, view) => {
  const seen = [];
  const clock = { direction, frames: 3, set: (frame, phase) => seen.push([frame, phase]), start: (frames) => seen.push(["start", frames]) };
  place({ clock, sides: [{ run: { times: [0, 5, 10] }, index: [0, 1, 2] }], setPlaying: () => {} }, view);
  return seen;
};

test("a link's moment is the nearest one that is displayed, in its own phase", () => {
  assert.deepEqual(placed("story", { at: 6 }), [[1, "forward"]]);
  assert.deepEqual(placed("story", { at: 6, back: true }), [[1, "both"]]);
  assert.deepEqual(placed("story", {}), []);
  assert.deepEqual(placed("story", { at: null }), [["start", 3]], "null is its start, not the moment before");
});

test("where reverse is held the reverse process does not wait, whether the link says so or not", () => {
  assert.deepEqual(placed("reverse", { at: 10 }), [[2, "both"]]);
  assert.deepEqual(placed("forward", { at: 10 }), [[2, "forward"]]);
});

test("a new run stands at the moment of the one before, unless it plays and has other frames", () => {
  const stood = (wantsToPlay, before, count) => {
    const seen = [];
    const clock = { direction: "story", set: (frame, phase) => seen.push([frame, phase]), start: (frames) => seen.push(["start", frames]) };
    begin({ clock, wantsToPlay, positions: { values: Array(count) } }, before, null);
    return seen[0];
  };
  const before = { frames: 101, frame: 50, phase: "both" };
  assert.deepEqual(stood(false, before, 21), [10, "both"]);
  assert.deepEqual(stood(true, before, 101), [50, "both"]);
  assert.deepEqual(stood(true, before, 21), ["start", 21]);
  assert.deepEqual(stood(false, null, 21), ["start", 21]);
});
