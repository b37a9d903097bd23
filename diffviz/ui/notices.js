// Errors where they are seen: beside their control, whose fold opens; over the page what a link asked for, and what no control on
// screen is about.
import { make } from "./dialog.js";

/** @typedef {{field: string, message: string, side: number | null, link?: boolean}} Notice message: HTML */

/**
 * @param {HTMLElement} bar over the page
 * @param {{forgive: () => void, tell: (name: string, message: string) => boolean}} form
 * @param {{sides: () => number, side: () => number, turnTo: (side: number) => void}} shown whose controls are on screen
 */
export function makeNotices(bar, form, shown) {
  const close = make("button", { type: "button", className: "dv-notice-close", textContent: "Close" });
  close.onclick = () => {
    linked = [];
    bar.hidden = true;
  };
  /** @type {Notice[]} */
  let told = [];
  /** what the address asks for that there is not, until it is closed or another address is opened @type {Notice[]} */
  let linked = [];

  function show() {
    const pair = shown.sides() > 1, here = (/** @type {Notice} */ { side }) => !pair || side === null || side === shown.side();
    const named = (/** @type {Notice} */ { side, message }) => (pair && side !== null ? `${"AB"[side]}: ${message}` : message);
    form.forgive();
    const over = [...linked, ...told].filter((notice) => notice.link || !(here(notice) && form.tell(notice.field, named(notice))));
    bar.replaceChildren(make("div", {}, ...over.map((notice) => make("p", { innerHTML: named(notice) }))), close);
    bar.hidden = !over.length;
  }

  return {
    /** What an address names that there is not, as HTML; it stays beside what is told of runs. @param {string[]} messages */
    link(messages) {
      linked = messages.map((message) => ({ field: "run", message, side: null, link: true }));
      show();
    },
    /** These, and none of before; of two runs the controls are shown of one that has some. @param {Notice[]} list */
    tell(list) {
      told = list;
      const sides = told.map(({ side }) => side).filter((side) => side !== null);
      if (shown.sides() > 1 && sides.length && !sides.includes(shown.side())) shown.turnTo(/** @type {number} */ (sides[0]));
      show();
    },
    /** The controls on screen are the other side's. */
    show,
  };
}
