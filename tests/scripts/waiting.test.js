import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRunButton } from "../../diffviz/ui/waiting.js";

test("who waits for a busy server is told how many are before, until it is computed or ends", () => {
  globalThis.document = /** @type {any} */ ({ body: { classList: { toggle() {} } }, activeElement: null });
  /** @type {Record<string, any>} */
  const parts = {};
  const find = (/** @type {string} */ selector) => (parts[selector] ??= { textContent: "", hidden: false, classList: { toggle() {} }, focus() {} });
  const button = makeRunButton(/** @type {any} */ ({ querySelector: find })), hint = find(".dv-hint-line");
  button.light({ seconds: 4 });
  assert.equal(hint.textContent, "This takes about 4 seconds: press Run.");
  button.wait(3);
  assert.equal(hint.textContent, "The server is busy: 3 before you.");
  button.light(null);
  assert.equal(hint.textContent, "The server is busy: 3 before you.");
  button.wait(0);
  assert.equal(hint.textContent, "The server is busy: you are next.");
  button.wait(null);
  assert.equal(hint.textContent, "Changes run by themselves; longer runs wait for Run.");
  button.wait(2);
  button.work(false);
  assert.equal(hint.textContent, "Changes run by themselves; longer runs wait for Run.");
});
