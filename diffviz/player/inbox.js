// Messages in their order, though the view of a domain may have to be fetched before the first run of it is begun.

/** @type {Record<string, import("./contract.js").View>} */
const VIEWS = {}; // by name, once they were imported

/** @param {string} name */
export const viewOf = (name) => VIEWS[name];

/** A view that is here already. @param {string} name @param {import("./contract.js").View} view */
export function register(name, view) {
  VIEWS[name] = view;
}

/** @param {string} name @returns {Promise<import("./contract.js").View>} */
export async function fetchView(name) {
  VIEWS[name] ??= (await import(`../views/${name}/view.js`)).view;
  return VIEWS[name];
}

/** Every message answers a request of the page, by its number: what answers an older one than the newest is dropped. */
export class Inbox {
  /** of the newest request */
  request = 0;
  /** @type {{ request: number, message: any }[]} */
  #messages = [];
  #reading = false;

  /** @param {(message: any, request: number) => void} take @param {(name: string) => Promise<unknown> | void} [ready] fetches a view that is not here yet */
  constructor(take, ready = fetchView) {
    this.take = take;
    this.ready = ready;
  }

  /** From now on only answers to this request, and to later ones, count. @param {number} request */
  expect(request) {
    this.request = Math.max(this.request, request);
  }

  /** @param {string} text JSON of a message or several, or of { request, messages }; without a number it is the page's opening */
  receive(text) {
    if (!text) return;
    const said = JSON.parse(text), { request, messages } = said.messages ? said : { request: 0, messages: said };
    this.expect(request);
    this.#messages.push(...[messages].flat().map((/** @type {any} */ message) => ({ request, message })));
    if (!this.#reading) this.#read();
  }

  async #read() {
    this.#reading = true;
    try {
      while (this.#messages.length) {
        const next = this.#messages[0], name = next.message.init?.view;
        if (next.request === this.request && name && !viewOf(name)) await this.ready(name);
        this.#messages.shift();
        if (next.request === this.request) this.take(next.message, next.request); // a newer one may have been asked for meanwhile
      }
    } finally {
      this.#reading = false;
    }
  }
}
