import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox } from "../../diffviz/player/inbox.js";
import { makeRequests } from "../../diffviz/ui/requests.js";

/** @param {(name: string) => Promise<void> | void} [ready] */
function boxed(ready) {
  const taken = [], inbox = new Inbox((message, request) => taken.push([request, message.n]), ready);
  return { taken, inbox, say: (/** @type {number} */ request, /** @type {any} */ messages) => inbox.receive(JSON.stringify({ request, messages })) };
}

test("what answers an older request than the newest is dropped", () => {
  const { taken, inbox, say } = boxed();
  inbox.receive(JSON.stringify({ n: 0 }));
  say(1, { n: 1 });
  say(2, [{ n: 2 }, { n: 3 }]);
  say(1, { n: 4 });
  inbox.receive(JSON.stringify({ n: 5 }));
  inbox.expect(4);
  say(3, { n: 6 });
  say(4, { n: 7 });
  assert.deepEqual(taken, [[0, 0], [1, 1], [2, 2], [2, 3], [4, 7]]);
});

test("what waits for its view keeps its place, and is dropped if something else was asked meanwhile", async () => {
  /** @type {() => void} */
  let ready = () => {};
  const { taken, inbox, say } = boxed(() => new Promise((done) => { ready = () => done(); }));
  say(1, { n: 1, init: { view: "unknown" } });
  say(1, { n: 2 });
  assert.deepEqual(taken, []);
  ready();
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(taken, [[1, 1], [1, 2]]);
  say(2, { n: 3, init: { view: "unknown" } });
  inbox.expect(3);
  say(3, { n: 4 });
  ready();
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(taken.slice(2), [[3, 4]]);
});

test("every request has a greater number, which is expected before it is asked; what is under way ends first", () => {
  /** @type {any[]} */
  const told = [];
  const requests = makeRequests((event, data) => told.push([event, /** @type {any} */ (data).request]), (request) => told.push(request));
  requests.begin("run", {}, false);
  requests.begin("link", {}, true);
  requests.end();
  assert.deepEqual(told, [1, ["run", 1], 2, ["stop", 2], ["link", 2], 3, ["stop", 3]]);
  assert.equal(requests.newest, 3);
});
