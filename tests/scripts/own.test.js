// A person's own data in the browser: spray, eraser, dots, the law of a mixture, and addresses that are too long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { heavyFields, isHeavy, laden, lightened } from "../../diffviz/ui/heavy.js";
import { said } from "../../diffviz/ui/share.js";
import { along, dots, erased, spray, standard } from "../../diffviz/views/plane/own/brush.js";
import { density, fitted, read, score, write } from "../../diffviz/views/plane/own/law.js";
import { bandwidthOf, countOf, kept } from "../../diffviz/views/plane/own/said.js";
import { textOf } from "../../diffviz/views/words/own.js";
import { patient } from "../../diffviz/ui/patient.js";
import { curve, newest, scales } from "../../diffviz/views/plane/own/numbers.js";

/** Numbers in 0..1, the same every time. */
function counted(seed = 1) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("a spray is even in its disc, and the eraser takes what is in its own", () => {
  const points = spray([1, -1], 0.5, 4000, counted());
  const far = points.map(([x, y]) => Math.hypot(x - 1, y + 1));
  assert.ok(Math.max(...far) <= 0.5);
  assert.ok(Math.abs(far.filter((r) => r < 0.25).length / 4000 - 0.25) < 0.03); // a quarter of the area
  assert.equal(erased(points, [1, -1], 0.5).length, 0);
  assert.equal(erased(points, [1, -1], 0.25).length, far.filter((r) => r > 0.25).length);
});

test("a stroke passes places that are near enough and ends where it ends", () => {
  const way = along([0, 0], [1, 0], 0.3);
  assert.deepEqual(way.at(-1), [1, 0]);
  assert.equal(way.length, 4);
  assert.deepEqual(along([2, 2], [2, 2], 0.1), [[2, 2]]);
});

test("dots are where the ink is, as many as were asked for, twice as many where it is twice as dark", () => {
  const ink = [0, 1, 0, 2], points = dots(ink, 2, 3000, counted());
  assert.equal(points.length, 3000);
  assert.ok(points.every(([x]) => x >= 1 && x <= 2)); // the right column
  const lower = points.filter(([, y]) => y < -1).length;
  assert.ok(Math.abs(lower - 2000) <= 2);
  assert.deepEqual(dots([0, 0], 2, 10, counted()), []);
});

test("typed points have mean 0 and mean variance 1", () => {
  const points = standard([[10, 0], [14, 0], [12, 1], [12, -1]]);
  const mean = (/** @type {(p: number[]) => number} */ f) => points.reduce((sum, p) => sum + f(p), 0) / points.length;
  assert.ok(Math.abs(mean((p) => p[0])) < 1e-12);
  assert.ok(Math.abs(mean((p) => p[0] ** 2 + p[1] ** 2) - 2) < 1e-12);
  assert.deepEqual(standard([[3, 4]]), [[0, 0]]);
});

const MIXTURE = [{ x: -1, y: 0.5, std: 0.2, weight: 1 }, { x: 0.8, y: -0.2, std: 0.6, weight: 3 }];

test("the density sums to one whatever the widths and the noise", () => {
  const at = Float64Array.from({ length: 201 }, (_, i) => -5 + i / 20);
  for (const [alpha, sigma] of [[1, 0], [0.6, 0.8]]) {
    const sum = density(MIXTURE, alpha, sigma, at).reduce((a, b) => a + b, 0) / 400;
    assert.ok(Math.abs(sum - 1) < 1e-4, String(sum));
  }
});

test("the score is the slope of the density's logarithm", () => {
  const step = 1e-3;
  const wide = Float64Array.from({ length: 3 }, (_, i) => 0.1 + (i - 1) * step); // x and y alike: the diagonal
  const log = [...density(MIXTURE, 0.8, 0.6, wide)].map(Math.log);
  const [dx, dy] = score(MIXTURE, 0.8, 0.6, 0.1, 0.1);
  assert.ok(Math.abs((log[5] - log[3]) / (2 * step) - dx) < 1e-3);
  assert.ok(Math.abs((log[7] - log[1]) / (2 * step) - dy) < 1e-3);
});

test("a component keeps to what is allowed, and a text says it again", () => {
  assert.deepEqual(fitted({ x: 9, y: -0.12345, std: 0.001, weight: 2 }), { x: 4, y: -0.123, std: 0.03, weight: 2 });
  assert.deepEqual(read(write(MIXTURE)), MIXTURE);
});

test("of many questions the first and the newest are asked", async () => {
  /** @type {any[]} */
  const asked = [], told = [];
  const answers = /** @type {(() => void)[]} */ ([]); // each is given when the test says so
  const put = newest((what) => { asked.push(what); return new Promise((resolve) => answers.push(() => resolve(what))); }, (answer) => told.push(answer));
  const first = put(1);
  await Promise.all([put(2), put(3)]);
  assert.deepEqual([asked, told], [[1], []]);
  answers[0]();
  for (let i = 0; i < 9; i++) await null; // it is told, and the newest question asked
  assert.deepEqual([asked, told], [[1, 3], [1]]);
  answers[1]();
  await first;
  assert.deepEqual(told, [1, 3]);
  const last = put(4);
  answers[2]();
  await last;
  assert.deepEqual([asked, told], [[1, 3, 4], [1, 3, 4]]);
});

test("the picture of the MMSE has every value within whole decades, and ticks as axes have them", () => {
  const logSnr = [-8, 0, 10], mmse = [1.9, 0.5, 9e-5], { decades, x, y } = scales(logSnr, mmse);
  assert.deepEqual(decades, [-5, 1]);
  assert.ok(x(-8) < x(0) && x(0) < x(10) && y(1.9) < y(0.5));
  assert.ok(Math.abs(y(1) - y(0.1) - (y(0.01) - y(0.001))) < 1e-9); // a decade is as high everywhere
  const svg = curve(logSnr, mmse);
  for (const tick of [">1<", ">10⁻²<", ">10⁻⁴<", ">−5<", ">10<", ">log SNR<"]) assert.ok(svg.includes(tick), tick);
});

test("a busy server is asked again until it answers", async () => {
  const answers = [{ later: true }, { later: true }, { own_mixture: "0,0,1,1" }, null], waits = [];
  const ask = patient(async (/** @type {number} */ what) => [what, answers.shift()][1], async (ms) => waits.push(ms));
  assert.deepEqual(await ask(1), { own_mixture: "0,0,1,1" });
  assert.equal(waits.length, 2);
  assert.equal(await ask(2), null);
});

test("what a link cannot hold is kept in the tab, and a short query stays as it is", () => {
  /** @type {Map<string, string>} */
  const kept = new Map(), store = () => ({ setItem: (/** @type {string} */ n, /** @type {string} */ t) => kept.set(n, t), getItem: (/** @type {string} */ n) => kept.get(n) ?? null });
  const query = `dataset=own_points&own_points=9000.${"A".repeat(5000)}&steps=50`;
  assert.equal(lightened("steps=50", store), "steps=50");
  const light = lightened(query, store);
  assert.ok(light.length < 100 && isHeavy(light));
  assert.equal(laden(`?${light}`, store), `?${query}`);
  const pair = `?a=${encodeURIComponent(light)}&b=steps%3D9`;
  assert.ok(isHeavy(pair));
  assert.equal(new URLSearchParams(laden(pair, store)).get("a"), query);
  assert.equal(laden(`?${light}`, () => ({ getItem: () => null })), `?${light}`);
  assert.equal(isHeavy("?dataset=own_points&own_points=3.lACAAgwBYvnJ8"), false);
});

test("over a link stands of what it cannot hold so many", () => {
  const light = lightened(`dataset=own_words&own_words=${"ant+".repeat(2000)}&steps=9`, () => ({ setItem: () => {} }));
  const pair = `https://a.b/?${new URLSearchParams({ a: light, b: "dataset=own_words" })}`;
  assert.deepEqual(heavyFields(light), ["own_words"]);
  assert.deepEqual(heavyFields(pair), ["own_words"]);
  assert.match(said(pair), /^A link cannot hold so many words\..* save the words as a file$/);
  assert.match(said("?dataset=own_points&own_points=file:1a2b"), /so many points\..* save the points as a file$/);
  assert.equal(said("https://a.b/?dataset=own_words&own_words=ant+bee"), "This link shows the same again");
});

test("a file of words is text in UTF-8, without the mark that may begin it, and not too large", async () => {
  assert.deepEqual(await textOf(new Blob(["\ufeffant\nbee 3\n"]), 100), { text: "ant\nbee 3\n" });
  assert.deepEqual(await textOf(new Blob([new Uint8Array([0xff, 0xfe, 97, 0])]), 100), { problem: "Your words must be a file of text, UTF-8." });
  assert.deepEqual(await textOf(new Blob(["a ".repeat(1500)]), 2000), { problem: "Your words must be a file of at most 2 kB." });
});

test("points that coincide are said to, and one place has its bandwidth by no rule", () => {
  const told = (/** @type {number} */ points, /** @type {number} */ places) => ({ points, places, bandwidth: 0.1, silverman: 0.6 });
  assert.equal(countOf(told(4, 2)), "4 points in 2 different places, once their coordinates are rounded");
  assert.equal(countOf(told(3, 1)), "3 points in one place, once their coordinates are rounded");
  assert.equal(countOf(told(1, 1)), "1 point");
  assert.equal(countOf(told(1500, 1400)), "1500 points");
  assert.equal(countOf(told(20_000, 16_000)), "20000 points, which is all there can be");
  assert.doesNotMatch(bandwidthOf(told(1, 1), null) + bandwidthOf(told(5, 1), 0.2), /likelihood|Silverman/);
  assert.equal(bandwidthOf(told(8, 8), null), "0.1, by leave-one-out likelihood (0.6 by Silverman's rule)");
  assert.match(bandwidthOf(told(8, 8), 0.2), /^0\.2, as the form has it .0\.1 by leave-one-out/);
});

test("after a bad file the points on the board are said to be kept", () => {
  assert.equal(kept("It is bad.", 0), "It is bad.");
  assert.equal(kept("It is bad.", 12), "It is bad. The 12 points of before are kept.");
  assert.equal(kept("It is bad.", 1), "It is bad. The point of before is kept.");
});
