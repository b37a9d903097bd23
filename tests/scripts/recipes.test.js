import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, parse, unread } from "../../diffviz/ui/address.js";
import { dataOf, queryOf, recipeOf, unreadOf } from "../../diffviz/ui/train/recipes.js";

const datasets = [["two_moons", "Two moons", ""], ["own_mixture", "Your own mixture", ""]];
const table = {
  fields: [{ name: "dataset", kind: "gallery" }, { name: "own_mixture", kind: "text" }, { name: "bandwidth", kind: "number" }, { name: "lr", kind: "number" }, { name: "adjusted", kind: "check" }],
  rules: [{ when: [], uses: ["dataset", "lr", "adjusted"] }, { when: [["dataset", ["own_mixture"], true]], uses: ["own_mixture"] }],
  defaults: { dataset: "two_moons", own_mixture: "", bandwidth: null, lr: 0.004, adjusted: true },
  domains: [{ datasets }],
};

test("the address holds what is not as usual of one training or two, and it is read again", () => {
  const runs = [{ ...table.defaults, lr: 0.001, adjusted: false, own_mixture: "unread" }, { ...table.defaults, dataset: "own_mixture", own_mixture: "0,0,1,1;1,0,1,2" }];
  const queries = runs.map((run) => queryOf(table, run));
  assert.equal(queries[0], "lr=0.001&adjusted=false");
  assert.equal(queryOf(table, table.defaults), "1");
  const search = compose(["steps=50"], "two_moons", null, { train: queries }), { view } = parse(search);
  assert.deepEqual(unread(search, ["steps", "dataset"]), []);
  assert.deepEqual(view.train?.map((query) => recipeOf(table, query)), [{ lr: 0.001, adjusted: false }, { dataset: "own_mixture", own_mixture: "0,0,1,1;1,0,1,2" }]);
  assert.deepEqual(recipeOf(table, "1"), {});
  assert.deepEqual(recipeOf(table, "lr=fast&other=3&bandwidth="), { lr: "fast", bandwidth: null });
  assert.deepEqual(unreadOf(table, "lr=fast&other=3&bandwidth="), ["other"]);
  assert.deepEqual(unreadOf(table, "1"), []);
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assert.deepEqual(recipeOf(table, `${name}=1`), {});
    assert.deepEqual(unreadOf(table, `${name}=1`), [name]);
  }
  assert.equal(parse("?train=1").plain, true);
  assert.equal(parse("?steps=3").view.train, undefined);
});

test("data go from one form to the other with what they read, and are left where they are not known", () => {
  const own = { ...table.defaults, dataset: "own_mixture", own_mixture: "0,0,1,1", lr: 1 };
  assert.deepEqual(dataOf(table, own, table), { dataset: "own_mixture", own_mixture: "0,0,1,1" });
  assert.deepEqual(dataOf(table, { ...own, dataset: "two_moons" }, table), { dataset: "two_moons" });
  assert.equal(dataOf(table, { ...own, dataset: "digits" }, table), null);
});
