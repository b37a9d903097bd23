// What the page asks of the server, numbered: an answer to anything but the newest is dropped, here, in the player and in Python.

/** @param {(event: string, data: object) => void} trigger @param {(request: number) => void} expect told of every new number */
export function makeRequests(trigger, expect) {
  const page = `${Math.random()} ${Date.now()}`; // whose requests the server counts
  let newest = 0;
  const next = (/** @type {object} */ data) => {
    newest += 1;
    expect(newest);
    return { ...data, page, request: newest };
  };
  return {
    get newest() {
      return newest;
    },
    /** Ask for something. @param {string} event @param {object} data @param {boolean} instead something is under way, which ends first */
    begin(event, data, instead) {
      const asked = next(data);
      if (instead) trigger("stop", { page, request: newest });
      trigger(event, asked);
    },
    /** End what is under way, and ask for nothing else. */
    end() {
      trigger("stop", next({}));
    },
  };
}
