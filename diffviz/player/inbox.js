// Messages in their order, though the view of a domain may have to be fetched before the first run of it is begun.

/** @type {Record<string, import("./contract.js").View>} */
const VIEWS = {}; // by name, once they were imported

/** @param {string} name */
export const viewOf = (name) => VIEWS[name];

export class Inbox {
  /** @type {any[]} */
  #messages = [];
  #reading = false;

  /** @param {(message: any) => void} take */
  constructor(take) {
    this.take = take;
  }

  /** @param {string} text one message or several, as JSON */
  receive(text) {
    if (!text) return;
    this.#messages.push(...[JSON.parse(text)].flat());
    if (!this.#reading) this.#read();
  }

  async #read() {
    this.#reading = true;
    try {
      while (this.#messages.length) {
        const message = this.#messages.shift(), name = message.init?.view;
        if (name && !VIEWS[name]) VIEWS[name] = (await import(`../views/${name}/view.js`)).view;
        this.take(message);
      }
    } finally {
      this.#reading = false;
    }
  }
}
