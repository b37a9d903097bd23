// What the page asks the server to compute: one thing at a time, which ends for the next; a changed control only if that is quick.

const QUIET_MS = 150; // after the last change of a control

/** @typedef {import("./settings.js").Values} Values */

/**
 * @param {{requests: ReturnType<typeof import("./requests.js").makeRequests>, waits: (what: object) => Promise<any>, key: (runs: Values[]) => string, isShown: () => boolean, player: () => any, button: ReturnType<typeof import("./waiting.js").makeRunButton>, sweep: () => {end: () => void}}} parts
 */
export function makeRunning({ requests, waits, key, isShown, player, button, sweep }) {
  let sent = ""; // which runs the newest request asks for, as a key
  /** whether a changed run waits is being asked @type {object | null} */
  let asking = null;
  /** @type {any} */
  let timer = null;
  const running = {
    busy: false,
    /** along the history, to a run whose address is there already */
    going: false,

    /** After a moment of quiet. @param {() => void} action */
    soon(action) {
      running.forget();
      timer = setTimeout(action, QUIET_MS);
    },

    /** @param {Values[]} runs @param {boolean} asked by Run itself @param {boolean} going along the history */
    async run(runs, asked, going) {
      if (!asked && (running.busy ? sent === key(runs) : isShown())) return button.light(null);
      if (!asked && running.busy) { // what is computed is not ended for a run that waits
        const mine = {};
        asking = mine;
        const said = await waits({ runs });
        if (asking !== mine) return;
        if (said?.waits) return button.light(said.waits);
      }
      running.begin("run", { runs, asked }, going);
      sent = key(runs);
      if (asked) button.light(null);
      running.work(true, asked);
    },

    /** Ask for something else than before, which ends. @param {string} event @param {object} data @param {boolean} [going] along the history */
    begin(event, data, going = false) {
      running.forget();
      sweep().end();
      running.going = going;
      sent = "";
      requests.begin(event, data, running.busy);
    },

    /** These are the runs that the newest request asks for. @param {Values[]} runs */
    asks(runs) {
      sent = key(runs);
    },

    /** What a changed control was about to begin is not wanted. */
    forget() {
      clearTimeout(timer);
      asking = null;
    },

    stop() {
      running.forget();
      requests.end();
      player()?.stop();
      running.finished();
    },

    /** All has come that was asked for, or that will. */
    finished() {
      sent = ""; // going stays: where an entry of the history cannot be run, the old run is not written over it
      sweep().end();
      running.work(false);
    },

    /** @param {boolean} busy @param {boolean} [stoppable] of a changed control, from its first message on */
    work(busy, stoppable = busy) {
      running.busy = busy;
      if (!busy || stoppable) button.work(busy);
    },
  };
  return running;
}
