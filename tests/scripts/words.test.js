// The pure parts of the view of words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, countedTold } from "../../diffviz/views/words/count.js";
import { FILL, MASK, named, spelled } from "../../diffviz/views/words/glyphs.js";
import { changesOf, givenPlaces, MOST, setBy, textOf, withChange, without } from "../../diffviz/views/words/hand.js";
import { barAt, rowsOf } from "../../diffviz/views/words/letter.js";
import { placeOf, tileAt } from "../../diffviz/views/words/tiles.js";
import { view } from "../../diffviz/views/words/view.js";

const LETTERS = 8;
const symbols = (text) => Array.from(text.padEnd(LETTERS, " "), (sign) => (sign === "_" ? MASK : sign === " " ? FILL : sign.charCodeAt(0) - 97));
const words = (...texts) => Uint8Array.from(texts.flatMap(symbols));
const still = { present: false };

test("a word is spelled with its masks, without what fills up its end", () => {
  assert.equal(spelled(symbols("m_ry")), "m_ry");
  assert.equal(spelled(symbols("________")), "________");
  assert.deepEqual([0, 25, FILL, MASK].map(named), ["“a”", "“z”", "the end of the word", "masked"]);
});

test("complete words are counted, those on the list among them, and different ones", () => {
  const found = counted(words("mary", "ma_y", "mary", "xyz"), [0, 0, 0, 1], LETTERS);
  assert.deepEqual(found, { complete: 3, listed: 2, different: 2 });
  assert.equal(countedTold(found, 4)[0], "3 of 4 words complete: 1 not on the list, ×; 2 different");
  assert.equal(countedTold(found, 3)[0], "3 words: 1 not on the list, ×; 2 different");
  assert.equal(countedTold({ ...found, listed: 3 }, 3)[1], "3 words: all on the list");
  assert.deepEqual(countedTold({ complete: 0, listed: 0, different: 0 }, 4), ["no word is complete yet"]);
});

test("words fill columns from the top, as large as all of them have room, and each tile is found where it is", () => {
  for (const [width, height, count] of [[320, 400, 200], [320, 400, 5], [900, 700, 200], [370, 200, 40]]) {
    const place = placeOf({ width, height }, still, count, LETTERS);
    assert.ok(place.top + place.rows * place.high <= place.bottom);
    assert.ok(place.left + (place.columns - 1) * place.column + LETTERS * place.wide <= width);
    const shown = Math.min(count, place.rows * place.columns);
    for (let row = 0; row < shown; row++) {
      const x = place.left + Math.floor(row / place.rows) * place.column, y = place.top + (row % place.rows) * place.high;
      assert.deepEqual(tileAt(place, x + 3.5 * place.wide, y + place.high / 2, count), { row, letter: 3 });
    }
    assert.equal(tileAt(place, place.left - 2, place.top + 2, count), null);
    assert.equal(tileAt(place, place.left + (LETTERS + 0.3) * place.wide, place.top + 2, count), null); // the cross is no letter
  }
  assert.equal(placeOf({ width: 320, height: 400 }, still, 5, LETTERS).columns, 1);
});

const host = { paint() {}, ask: async () => null, choose() {}, chosen: 0 };
function sceneOf(texts, extra = {}) {
  const shown = words(...texts), zeros = new Uint8Array(texts.length);
  const arrays = { forward: shown, reverse: shown, unlisted: zeros, x0_hat: shown.map((symbol) => (symbol === MASK ? 4 : symbol)), confidence: shown.map((symbol) => (symbol === MASK ? 51 : 255)) };
  const run = { particles: texts.length, steps: 20, times: [0, 7], alpha: [1, 0.8], sigma: [0, 0.6], done: false, query: "", data: { masks: true }, arrays: { reverse: { shape: [texts.length, LETTERS] } }, array: (name, frame) => (frame === 1 ? arrays[name] : null) };
  run.kept = view.begin(run, host);
  return { run, frame: 1, frames: { forward: 1, reverse: 1 }, sides: [], layers: new Set(), picked: 0, chosen: 0, present: false, colours: { forward: "f", reverse: "r", a: "a", b: "b" }, ...extra };
}
const panel = { name: "reverse", spec: { label: "Reverse process" }, width: 320, height: 400 };

test("a frame is described, and the chosen letter told with the denoiser's estimate", () => {
  const scene = sceneOf(["m_ry", "john"]);
  assert.equal(view.note({ ...panel, name: "forward" }, scene), "Word 1 of 2 at t = 7: m_ry; letter 1 is “m”.");
  assert.equal(view.note(panel, { ...scene, picked: 1 }), "Word 2 of 2 at t = 7: john; letter 1 is “j”. The most probable letter there is “j”, 100 %.");
  assert.match(view.describe(panel, scene), /at t = 7 of 20: 2 words, 6 % of the letters are masked; 1 of 2 words complete: all on the list; 1 different\. Word 1/);
  assert.equal(view.describe(panel, { ...scene, frame: 0 }), "Reverse process: not computed yet.");
  scene.run.data.masks = false;
  assert.match(view.describe(panel, scene), /2 words, 64 % of the letters were never redrawn\. Word 1/); // and the list is for t = 0
});

test("keys go from letter to letter, into the next column at a word's end, and nowhere beyond the words", () => {
  const scene = sceneOf(Array.from({ length: 40 }, () => "ab")), { rows } = placeOf(panel, still, 40, LETTERS);
  const step = (from, dx, dy) => view.step(panel, scene, from, dx, dy), letter = () => Number(/letter (\d)/.exec(view.note(panel, scene))?.[1]);
  assert.equal(step(0, 0, 1), 1);
  assert.equal(step(1, 0, -1), 0);
  assert.equal(step(0, 0, -1), 0);
  for (let i = 1; i < LETTERS; i++) assert.equal(step(0, 1, 0), 0);
  assert.equal(letter(), LETTERS);
  assert.equal(step(0, 1, 0), rows);
  assert.equal(letter(), 1);
  assert.equal(step(rows, -1, 0), 0);
  assert.equal(letter(), LETTERS);
});

test("of one run a letter is told forward and in reverse, of two in both, and each bar is found", () => {
  const { run, ...scene } = sceneOf(["ab"]);
  assert.deepEqual(rowsOf({ ...scene, run, pair: false }).map(({ title, direction }) => [title, direction]), [["forward", "forward"], ["reverse", "reverse"]]);
  const sides = [1, 1].map((reverse) => ({ run, frames: { forward: 0, reverse } }));
  assert.deepEqual(rowsOf({ ...scene, run, sides, pair: true }).map(({ title, direction, side }) => [title, direction, side]), [["A", "reverse", 0], ["B", "reverse", 1]]);
  const boxes = [{ left: 40, top: 20, wide: 9, high: 100 }, { left: 40, top: 170, wide: 9, high: 100 }];
  assert.deepEqual(barAt(boxes, 44, 60), { row: 0, symbol: 0 });
  assert.deepEqual(barAt(boxes, 40 + 26.5 * 9, 275), { row: 1, symbol: 26 });
  assert.equal(barAt(boxes, 20, 60), null);
  assert.equal(barAt(boxes, 60, 150), null);
});

test("changes by hand are read and written as the experiment has them, one for a letter at a time, and so many and no more", () => {
  const run = { experiment: { changes: "5:1:10:q,3:1:8:_,3:2:6:.", letters: "_a_r_" } }, changes = changesOf(run);
  assert.deepEqual(changes[1], { word: 2, letter: 0, t: 8, symbol: MASK });
  assert.equal(textOf(changes), run.experiment.changes);
  assert.equal(textOf(withChange(changes, { word: 4, letter: 0, t: 10, symbol: 0 })), "3:1:8:_,3:2:6:.,5:1:10:a");
  assert.equal(textOf(without(changes, 2)), "5:1:10:q");
  assert.deepEqual(setBy(run, 8), [{ row: 4, letter: 0 }, { row: 2, letter: 0 }]); // what is set at t = 6 is still to come
  assert.deepEqual(givenPlaces(run), [1, 3]);
  const full = Array.from({ length: MOST }, (_, t) => ({ word: 0, letter: 0, t: t + 1, symbol: 0 }));
  assert.equal(withChange(full, { word: 1, letter: 0, t: 1, symbol: 0 }), null);
  assert.equal(withChange(full, { word: 0, letter: 0, t: 1, symbol: 5 })?.length, MOST);
  assert.deepEqual([changesOf({ experiment: {} }), givenPlaces({ experiment: {} })], [[], []]);
});
