// Charts that are computed when they become visible: what is asked for, and when, and what is shown meanwhile.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

globalThis.window = globalThis;
const { AGAIN_MS } = await import("../../diffviz/player/asking.js");
const { Later } = await import("../../diffviz/player/later.js");

const GAP = { group: "speed", title: "Gap", unit: "nats", term: "gap", chosen: false }, ONE = { ...GAP, group: "one", chosen: true };
const runOf = (id, later = { gap: GAP, steps: GAP, one: ONE }) => ({ id, query: `seed=${id}`, later });
const answer = (name) => ({ charts: { time: { [name]: { title: name } } }, why: {} });
const NOBODY = { chosen: null, place: null };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A Later whose requests are kept until they are answered. */
function begin() {
  const asked = [], host = { changes: 0 };
  const later = new Later({
    ask: (what) => new Promise((resolve, reject) => asked.push({ what, resolve, reject })),
    changed: () => { host.changes++; },
  });
  return { later, asked, host };
}

test("nothing is asked before a chart is visible, and a group is asked for once", async () => {
  const { later, asked, host } = begin(), charts = () => later.charts([runOf("a")], "time", NOBODY);
  assert.deepEqual(Object.keys(charts()), ["gap", "steps", "one"]);
  assert.equal(charts().gap.waits, true);
  assert.equal(charts().gap, charts().gap, "the same object is not drawn again");
  assert.equal(asked.length, 0);
  later.see(["gap", "steps"]);
  later.see(["gap", "steps"]);
  assert.deepEqual(asked.map(({ what }) => what), [{ query: "seed=a", later: "speed" }]);
  asked[0].resolve(answer("gap"));
  await settled();
  assert.equal(host.changes, 1);
  assert.equal(charts().gap.title, "gap");
  assert.equal(charts().steps, undefined, "what the run turned out not to have");
  later.see(["gap"]);
  assert.equal(asked.length, 1);
});

test("of two runs it is what both have, asked for both, on the clock that they share", async () => {
  const { later, asked } = begin(), runs = [runOf("a"), runOf("b", { gap: GAP })], charts = (axis) => later.charts(runs, axis, NOBODY);
  assert.deepEqual(Object.keys(charts("time")), ["gap"]);
  later.see(["gap"]);
  assert.deepEqual(asked[0].what, { query: "seed=a", other: "seed=b", later: "speed" });
  asked[0].resolve({ charts: { time: { gap: { title: "over t/T" } }, log_snr: { gap: { title: "over SNR" } } }, why: {} });
  await settled();
  assert.equal(charts("time").gap.title, "over t/T");
  assert.equal(charts("log_snr").gap.title, "over SNR");
});

test("why there is nothing stands in the chart's place", async () => {
  const { later, asked } = begin(), charts = () => later.charts([runOf("a")], "time", NOBODY);
  charts();
  later.see(["gap"]);
  asked[0].resolve({ charts: { time: {} }, why: { gap: "There is one mode." } });
  await settled();
  assert.equal(charts().gap.said, "There is one mode.");
  assert.equal(charts().gap.waits, false);
});

test("what comes for runs that are gone is dropped, and the new ones are asked at once", async () => {
  const { later, asked, host } = begin();
  later.charts([runOf("a")], "time", NOBODY);
  later.see(["gap"]);
  later.charts([runOf("b")], "time", NOBODY);
  later.see(["gap"]);
  assert.deepEqual(asked.map(({ what }) => what.query), ["seed=a", "seed=b"]);
  asked[0].resolve(answer("gap"));
  await settled();
  assert.equal(host.changes, 0);
  assert.equal(later.charts([runOf("b")], "time", NOBODY).gap.waits, true);
});

test("a server that has too much to do is asked again after a while", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { later, asked } = begin(), see = () => {
    later.charts([runOf("a")], "time", NOBODY);
    later.see(["gap"]);
  };
  see();
  asked[0].resolve({ later: true });
  await settled();
  see();
  assert.equal(asked.length, 1);
  mock.timers.tick(AGAIN_MS);
  await settled();
  see();
  assert.equal(asked.length, 2);
  mock.timers.reset();
});

test("a server that does not answer is told, and asked again when the charts are chosen again", async () => {
  const { later, asked } = begin(), charts = () => later.charts([runOf("a")], "time", NOBODY);
  charts();
  later.see(["gap"]);
  asked[0].reject(new Error("gone"));
  await settled();
  assert.match(charts().gap.said, /does not answer/);
  later.see(["gap"]);
  assert.equal(asked.length, 1);
  later.see([]);
  later.see(["gap"]);
  assert.equal(asked.length, 2);
});

test("another choice is asked for once it is quiet; the chart of the one before stays meanwhile", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { later, asked } = begin(), see = (chosen) => {
    const charts = later.charts([runOf("a")], "time", { chosen, place: null });
    later.see(["one"]);
    return charts.one;
  };
  assert.equal(see(3).waits, true);
  assert.deepEqual(asked[0].what, { query: "seed=a", later: "one", chosen: 3, place: null });
  asked[0].resolve(answer("one"));
  await settled();
  assert.equal(see(3).title, "one");
  assert.equal(later.isStale("one"), false);
  for (const chosen of [4, 5, 6]) assert.equal(see(chosen).title, "one");
  assert.equal(later.isStale("one"), true);
  assert.equal(asked.length, 1);
  mock.timers.tick(1000);
  assert.deepEqual(asked.slice(1).map(({ what }) => what.chosen), [6]);
  asked[1].resolve(answer("one"));
  await settled();
  assert.equal(see(3).title, "one", "the answer for a choice is kept");
  assert.equal(asked.length, 2);
  mock.timers.reset();
});
