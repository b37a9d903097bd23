// One run or two, and whose controls are shown.

/** @param {HTMLElement} page @param {{compare: () => void, turn: (side: number) => void, copy: () => void, swap: () => void, words?: [string, string]}} act words: of the button that adds the other side, and takes it away */
export function makeSwitch(page, act) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (page.querySelector(selector));
  const place = find(".dv-switch"), comparing = find(".dv-compare"), copy = find(".dv-switch [data-do=copy]");
  const sides = /** @type {HTMLElement[]} */ ([...place.querySelectorAll("[data-side]")]);
  sides.forEach((button, side) => { button.onclick = () => act.turn(side); });
  copy.onclick = act.copy;
  find(".dv-switch [data-do=swap]").onclick = act.swap;
  comparing.onclick = act.compare;
  const [one, two] = act.words ?? ["Compare", "Compare: A | B ×"];
  return {
    /** @param {boolean} pair @param {number} side */
    show(pair, side) {
      place.hidden = !pair;
      sides.forEach((button, i) => { button.setAttribute("aria-pressed", String(i === side)); });
      copy.textContent = side ? "copy to A" : "copy to B";
      comparing.setAttribute("aria-pressed", String(pair));
      comparing.textContent = pair ? two : one;
      page.classList.toggle("dv-b-shown", pair && side === 1);
    },
  };
}
