// The clock: which way it goes, where it rests, what it waits for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../diffviz/player/clock.js";

globalThis.requestAnimationFrame = () => 0; // advance() is called by hand
globalThis.cancelAnimationFrame = () => {};

function playing(frames, change = {}) {
  const clock = Object.assign(new Clock(() => {}), change);
  clock.start(frames);
  clock.play();
  return clock;
}

/** Frames and phases seen while so many seconds pass. */
function watch(clock, seconds, step = 0.05) {
  const seen = [];
  for (let t = 0; t < seconds; t += step) {
    clock.advance(step);
    seen.push([clock.frame, clock.phase]);
  }
  return seen;
}

test("the forward process runs first, then both run back, and all begins again", () => {
  const clock = playing(101), seen = watch(clock, 13);
  const turn = seen.findIndex(([, phase]) => phase === "both"), back = seen.slice(turn), end = back.findIndex(([frame]) => frame === 0);
  assert.ok(seen.slice(0, turn).every(([frame], i, all) => i === 0 || frame >= all[i - 1][0]));
  assert.equal(seen[turn][0], 100);
  assert.ok(back.slice(0, end).every(([frame], i, all) => i === 0 || frame <= all[i - 1][0]));
  assert.deepEqual(clock.phase, "forward");
  assert.ok(Math.abs(turn * 0.05 - 5) < 0.2, "five seconds from end to end");
});

test("a held direction stays held, and jumps back to where it begins", () => {
  const forward = watch(playing(50, { direction: "forward" }), 14);
  assert.ok(forward.every(([, phase]) => phase === "forward"));
  assert.ok(forward.some(([frame], i) => i && frame < forward[i - 1][0]));
  const reverse = watch(playing(50, { direction: "reverse" }), 14);
  assert.ok(reverse.every(([, phase]) => phase === "both"));
  assert.ok(reverse.slice(1).filter(([frame], i) => frame > reverse[i][0]).length < 4);
});

test("without a loop it stops at the end", () => {
  const clock = playing(20, { loop: false });
  watch(clock, 13);
  assert.equal(clock.playing, false);
  assert.equal(clock.frame, 0);
});

test("it never passes what has not come", () => {
  const clock = playing(101, { ready: (frame) => frame <= 30 });
  watch(clock, 4);
  assert.equal(clock.frame, 30);
  clock.ready = () => true;
  clock.limit = () => 60; // the reverse process has come down to 60
  watch(clock, 9);
  assert.equal(clock.phase, "both");
  assert.equal(clock.frame, 60);
  clock.limit = () => 0;
  watch(clock, 1);
  assert.ok(clock.frame < 60);
});

test("a run that replaces another does not throw the clock back to what has been computed of it", () => {
  const clock = playing(101);
  clock.set(40, "both");
  clock.limit = () => 100; // nothing but noise has come of the new run
  watch(clock, 1);
  assert.equal(clock.frame, 40);
  clock.limit = () => 30;
  watch(clock, 3);
  assert.equal(clock.frame, 30);
});

test("speed is a factor, and a hand on the clock moves both", () => {
  const slow = playing(101), fast = playing(101, { speed: 4 });
  watch(slow, 1);
  watch(fast, 1);
  assert.ok(Math.abs(fast.position / slow.position - 4) < 0.2);
  slow.set(1000);
  assert.deepEqual([slow.frame, slow.phase], [100, "both"]);
  slow.set(-3);
  assert.equal(slow.frame, 0);
});

test("a hand on a clock that stands still draws one moment, not two", () => {
  let drawn = 0;
  const clock = new Clock(() => drawn++);
  clock.frames = 10;
  clock.pause();
  clock.set(4);
  assert.equal(drawn, 1);
});
