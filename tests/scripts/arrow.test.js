// Time's arrow: what is said of a guess and of a game, and which frame is shown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, parse } from "../../diffviz/ui/address.js";
import { frameAt, result, verdict } from "../../diffviz/ui/arrow.js";

test("a path is played once, is held at its end, and begins again", () => {
  assert.deepEqual([0, 1499, 1501, 2999, 3500, 3801].map((ms) => frameAt(ms, 2)), [0, 0, 1, 1, 1, 0]);
});

test("a verdict says what it was, its work, and how far the likelihood ratio can be trusted", () => {
  const work = Math.log(3);
  assert.equal(verdict(true, { forward: true, work }), "Right: it was recorded in the forward process. Its work is W = 1.10 kT. The likelihood ratio says forward, and is right for 75\u00a0% of such paths.");
  assert.match(verdict(true, { forward: false, work: -20 }), /^Wrong: the reverse process made it, .* W = −20\.0 kT\. The likelihood ratio says backwards, and is right for more than 99\u00a0% of such paths\.$/);
  assert.match(verdict(false, { forward: false, work: null }), /^Right: .* there is no doubt\.$/);
});

test("a game is told against the ratio and what it is expected to tell", () => {
  const rounds = [{ guess: true, truth: { forward: true, work: Math.log(3) } }, { guess: true, truth: { forward: false, work: -Math.log(3) } }];
  assert.match(result(rounds), /^You were right in 1 of 2\. The likelihood ratio was right in 2; of these paths it is expected to tell 1\.5,/);
});

test("an address holds the steps of the game that is open", () => {
  const search = compose(["dataset=rings"], "eight_gaussians", null, { arrow: 20 });
  assert.equal(new URLSearchParams(search).get("arrow"), "20");
  assert.equal(parse(`?${search}`).view.arrow, 20);
  for (const wrong of ["0", "-3", "x", ""]) assert.equal(parse(`?arrow=${wrong}`).view.arrow, undefined);
});
