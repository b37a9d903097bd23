import assert from "node:assert/strict";
import { test } from "node:test";
import { beside, calledIn, canonical, choices, differing, offered, relevant, withChoice, withDataset, without } from "../../diffviz/ui/rules.js";

const table = {
  defaults: { dataset: "ring", schedule: "cosine", steps: 100, sampler_steps: null, denoiser: "exact", label: null, eta: 0, particles: 1000, seed: 0, sampler: "ddpm", device: "auto" },
  fields: [
    { name: "denoiser", kind: "menu", default: "exact", choices: null },
    { name: "schedule", kind: "menu", default: "cosine", choices: [["cosine", "", ""], ["optimal", "", ""]] },
    { name: "label", kind: "menu", default: null, choices: [["", "any", ""]] },
  ],
  domains: [
    { name: "plane", datasets: [["ring", "", ""]], choices: { denoiser: [["exact", "", ""], ["learned", "", ""], ["net", "", ""]] }, untrained: [], most: {}, start: {} },
    { name: "pictures", datasets: [["digits", "", ""], ["own", "", ""]], choices: { denoiser: [["exact", "", ""], ["learned", "", ""]], schedule: [["cosine", "", ""]] },
      untrained: ["own"], most: { digits: 64, own: 4 }, start: { denoiser: "learned", particles: 64 }, other: { denoiser: "hub:owner/name" } },
  ],
  rules: [
    { when: [], uses: ["dataset", "schedule", "steps", "denoiser", "sampler", "sampler_steps", "particles", "seed"] },
    { when: [["sampler", ["ddim"], true]], uses: ["eta"] },
    { when: [["dataset", ["ring"], false]], uses: ["label"] },
    { when: [["label", [null], false]], uses: ["guidance"] },
    { when: [["sampler_steps", [null, { field: "steps" }], false]], uses: ["spacing"] },
  ],
};
const usual = table.defaults;

test("a field counts when all conditions of a rule hold", () => {
  assert.equal(relevant(table, usual).has("eta"), false);
  assert.equal(relevant(table, { ...usual, sampler: "ddim" }).has("eta"), true);
  assert.equal(relevant(table, { ...usual, sampler_steps: 10 }).has("spacing"), true);
  assert.equal(relevant(table, { ...usual, sampler_steps: 100 }).has("spacing"), false);
  assert.equal(relevant(table, { ...usual, label: 3 }).has("guidance"), false); // of a field that does not count itself
  assert.equal(relevant(table, { ...usual, dataset: "digits", label: 3 }).has("guidance"), true);
});

test("what has no effect makes no difference", () => {
  assert.deepEqual(differing(table, usual, { ...usual, eta: 1, label: 3 }), []);
  assert.deepEqual(differing(table, usual, { ...usual, sampler: "ddim", eta: 1 }), ["eta", "sampler"]);
  assert.equal(canonical(table, { ...usual, sampler_steps: 100 }).sampler_steps, null);
});

test("a menu offers what its data can be combined with", () => {
  const denoiser = table.fields[0], names = (/** @type {any} */ values) => choices(table, denoiser, values).map(([name]) => name);
  assert.deepEqual(names(usual), ["exact", "learned", "net"]);
  assert.deepEqual(names({ ...usual, dataset: "own" }), ["exact"]);
});

test("what is not offered goes back to its default, but for a network of somebody else's", () => {
  assert.equal(offered(table, { ...usual, dataset: "digits", schedule: "optimal" }).schedule, "cosine");
  assert.equal(offered(table, { ...usual, dataset: "digits", denoiser: "net" }).denoiser, "exact");
  assert.equal(offered(table, { ...usual, dataset: "digits", denoiser: "hub:a/b" }).denoiser, "hub:a/b");
});

test("where no default is offered, the first choice that works with the others is taken, once the field has an effect", () => {
  const [plane] = table.domains, condition = { name: "condition", kind: "menu", default: "guided", choices: null };
  const way = {
    ...table,
    defaults: { ...usual, measurement: "none", condition: "guided" },
    fields: [...table.fields, condition],
    domains: [{ ...plane, choices: { ...plane.choices, condition: [["closed", "", ""], ["multiplied", "", ""]] }, only: { condition: { closed: { denoiser: ["exact"] }, multiplied: { sampler: ["ddpm"] } } } }],
    rules: [...table.rules, { when: [], uses: ["measurement"] }, { when: [["measurement", ["none"], false]], uses: ["condition"] }],
  };
  const asked = (/** @type {any} */ values) => offered(way, { ...way.defaults, ...values }).condition;
  assert.equal(asked({}), "guided"); // of no effect
  assert.equal(asked({ measurement: "ring" }), "closed");
  assert.equal(asked({ measurement: "ring", denoiser: "learned" }), "multiplied");
  assert.equal(asked({ measurement: "ring", denoiser: "learned", sampler: "ddim" }), "closed"); // none works: the server says why
  assert.equal(asked({ measurement: "ring", condition: "multiplied" }), "multiplied");
});

test("a sampler that does not work with the denoiser that is chosen goes back to its default, and nothing else does", () => {
  const [plane] = table.domains, only = { sampler: { mala: { denoiser: ["exact", "net"] } }, condition: { exact: { denoiser: ["exact"] } } };
  const with_ = { ...table, domains: [{ ...plane, only }] }, chains = { ...usual, sampler: "mala", denoiser: "net" };
  const after = (/** @type {any} */ values, /** @type {string} */ name, /** @type {any} */ value) => withChoice(with_, values, name, value).sampler;
  assert.equal(after(chains, "denoiser", "learned"), "ddpm");
  assert.equal(after(chains, "denoiser", "exact"), "mala");
  assert.equal(after(chains, "steps", 7), "mala");
  assert.equal(after({ ...usual, denoiser: "learned" }, "sampler", "mala"), "mala"); // it was asked for: the server says why it cannot be
  assert.equal(after({ ...usual, sampler: "ula", denoiser: "net" }, "denoiser", "learned"), "ula"); // whose chains need a score alone
  assert.equal(withChoice(with_, { ...chains, condition: "exact" }, "denoiser", "learned").condition, "exact");
});

test("a choice of a menu says with what it does not work, as the page names it", () => {
  const [plane] = table.domains, steps = { name: "steps", kind: "number", default: 100, title: "Steps" };
  const choices_ = { ...plane.choices, denoiser: [["exact", "Exact", ""], ["net", "Network", ""]], sampler: [["ddpm", "DDPM", ""], ["mala", "MALA", ""]] };
  const sampler = { name: "sampler", kind: "menu", default: "ddpm", title: "Sampler", choices: null };
  const form = { ...table, fields: [...table.fields, sampler, steps], domains: [{ ...plane, choices: choices_, only: { sampler: { mala: { denoiser: ["exact"], steps: [6] } } } }] };
  const why = (/** @type {any} */ values, name = "mala") => without(form, sampler, name, { ...usual, ...values });
  assert.equal(why({ denoiser: "net", steps: 6 }), "not with Network");
  assert.equal(why({ steps: 5 }), "not with Steps 5");
  assert.equal(why({ steps: 6 }), "");
  assert.equal(why({ steps: 5 }, "ddpm"), "");
});

test("the trained network works with what the network of its data works with", () => {
  const [plane] = table.domains, denoiser = { ...table.fields[0], title: "Denoiser" }, process = { name: "process", kind: "menu", default: "absorbing", title: "Process", choices: [["uniform", "Uniform", ""]] };
  const form = { ...table, fields: [denoiser, process], domains: [{ ...plane, only: { denoiser: { ring: { process: ["absorbing"] } } } }] };
  const why = (/** @type {any} */ values) => without(form, denoiser, "learned", { ...usual, ...values });
  assert.equal(why({ process: "uniform" }), "not with Uniform");
  assert.equal(why({ process: "absorbing" }), "");
  assert.equal(why({ process: "uniform", dataset: "other" }), "");
});

test("a schedule that does not work with the process that is chosen goes back to its default", () => {
  const [plane] = table.domains, form = { ...table, domains: [{ ...plane, only: { schedule: { optimal: { process: ["absorbing"] } } } }] };
  const values = { ...usual, schedule: "optimal", process: "absorbing" };
  assert.equal(withChoice(form, values, "process", "uniform").schedule, "cosine");
  assert.equal(withChoice(form, values, "steps", 7).schedule, "optimal");
});

test("data of another kind begin as its own question has them, with what was set of the rest", () => {
  const digits = withDataset(table, { ...usual, schedule: "optimal", steps: 30, seed: 4, eta: 1 }, "digits");
  assert.deepEqual([digits.dataset, digits.denoiser, digits.particles, digits.steps, digits.seed, digits.schedule, digits.eta], ["digits", "learned", 64, 100, 4, "cosine", 0]);
  const own = withDataset(table, digits, "own");
  assert.deepEqual([own.denoiser, own.particles], ["exact", 4]);
});

test("what two runs must have alike follows the one that was changed, and goes back with it", () => {
  const { fields, domains, ...rest } = table, alike = [
    { when: [], uses: ["dataset"] },
    { when: [["sampler", ["ddim"], true]], uses: ["sampler", "eta"] },
  ];
  const strict = { ...rest, fields, domains: domains.map((domain) => ({ ...domain, alike: domain.name === "plane" ? [] : alike })) };
  const digits = { ...withDataset(strict, usual, "digits"), steps: 7 };
  const moved = beside(strict, digits, { ...usual, seed: 3 });
  assert.deepEqual([moved.dataset, moved.seed, moved.steps], ["digits", 3, 100]);
  const changed = { ...digits, sampler: "ddim", eta: 0.5 };
  const follows = beside(strict, changed, digits);
  assert.deepEqual([follows.sampler, follows.eta, follows.steps], ["ddim", 0.5, 7]);
  assert.equal(beside(strict, { ...changed, sampler: usual.sampler }, follows).sampler, usual.sampler);
  assert.equal(beside(strict, { ...usual, sampler: "ddim" }, usual).sampler, usual.sampler); // points may differ in all
});

test("a field is called what it is where another one has some value", () => {
  const offset = { title: "Offset", help: "How far.", called: [["measurement", ["ring"], "Radius", "Of the ring."]] };
  assert.deepEqual(calledIn(offset, { measurement: "ring" }).slice(2), ["Radius", "Of the ring."]);
  assert.deepEqual(calledIn(offset, { measurement: "strip" }).slice(2), ["Offset", "How far."]);
  assert.deepEqual(calledIn({ title: "Seed", help: "Of all." }, usual).slice(2), ["Seed", "Of all."]);
});
