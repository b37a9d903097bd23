import assert from "node:assert/strict";
import { test } from "node:test";
import { makeShelf } from "../../diffviz/ui/train/shelf.js";

const form = () => ({
  defaults: { dataset: "ring" },
  domains: [{
    datasets: [["ring", "Ring", ""]],
    choices: { denoiser: [["exact", "Exact", ""]] },
    only: { sampler: { ula: { measurement: ["none"] }, mala: { measurement: ["none"], denoiser: ["exact"] } }, variance: { learned: { denoiser: ["exact"] } } },
  }],
});
const id = (/** @type {string} */ digit) => `trained:${digit.repeat(16)}`;

test("a network that was trained here is in the menu, and works with what asks for what it has", () => {
  const table = form(), [plane] = table.domains, { sampler, variance } = plane.only, ids = () => plane.choices.denoiser.map(([name]) => name);
  const shelf = makeShelf(table, async () => null, () => {});
  shelf.put({ id: id("a"), title: "a score", dataset: "ring" });
  shelf.put({ id: id("b"), title: "an energy", dataset: "ring", energy: true });
  shelf.put({ id: id("c"), title: "with a variance", dataset: "ring", variance: true });
  assert.deepEqual(ids(), ["exact", id("a"), id("b"), id("c")]);
  assert.deepEqual(sampler, { ula: { measurement: ["none"] }, mala: { measurement: ["none"], denoiser: ["exact", id("b")] } });
  assert.deepEqual(variance.learned.denoiser, ["exact", id("c")]);
});

test("networks that the server forgot leave the menus", async () => {
  const table = form(), [plane] = table.domains, shelf = makeShelf(table, async () => ({ known: [id("a")] }), () => {});
  shelf.put({ id: id("a"), title: "a score", dataset: "ring" });
  shelf.put({ id: id("b"), title: "an energy", dataset: "ring", energy: true });
  await shelf.check();
  assert.deepEqual(plane.choices.denoiser.map(([name]) => name), ["exact", id("a")]);
  assert.deepEqual(plane.only.sampler.mala.denoiser, ["exact"]);
});
