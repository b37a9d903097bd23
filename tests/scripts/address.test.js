import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, parse } from "../../diffviz/ui/address.js";

const view = { layers: ["density", "score"], charts: "cost", clock: "time", at: 39, back: true, large: "kl", zoom: [0.5, -1.25, 0.3], turn: [20, 45], place: [1.2, -0.4], direction: "story", speed: 0.5, playing: false };

test("the address of the usual run is not empty", () => {
  const fields = new URLSearchParams(compose([""], "eight_gaussians", "plane-q", view));
  assert.equal(fields.get("dataset"), "eight_gaussians");
  assert.equal(fields.get("question"), "plane-q");
});

test("what is composed is read again", () => {
  for (const queries of [["dataset=rings&steps=5"], ["steps=5", "schedule=linear"]]) {
    const search = `?${compose(queries, "eight_gaussians", "plane-q", view)}`, fields = new URLSearchParams(search);
    assert.deepEqual(parse(search), { question: "plane-q", lesson: "", step: "", results: false, view, plain: false });
    if (queries.length > 1) assert.deepEqual([fields.get("a"), fields.get("b")], queries);
    else assert.equal(fields.get("steps"), "5");
  }
});

test("what cannot be read is left out", () => {
  assert.deepEqual(parse("?at=nothing&speed=&steps=9").view, {});
  assert.deepEqual(parse("?zoom=1+2&large=&back=0").view, {});
  assert.deepEqual(parse("?zoom=1++2&turn=3&place=1+x").view, {});
  assert.equal(parse("?playing=0").view.playing, false);
  assert.equal(parse("").plain, true);
  assert.equal(parse("?__theme=dark").plain, true);
  assert.equal(parse("?steps=9").plain, false);
});

test("the address holds whether the results page is open", () => {
  const search = `?${compose(["steps=5"], "rings", null, view, null, "", true)}`;
  assert.equal(parse(search).results, true);
  assert.equal(parse("?results=1").plain, true); // the page's usual run lies behind it
  assert.equal(parse("?results=0").results, false);
});
