// What stands at the right of the head of the enlarged picture: its number, and a menu of the network's levels.

/** @typedef {import("../../player/contract.js").Host} Host */
/** @typedef {import("../../player/contract.js").Run} Run */
/** @typedef {import("./maps.js").Inside} Inside */

/** @typedef {{number: HTMLInputElement, menu: HTMLSelectElement}} Head */

/**
 * @param {HTMLElement} place
 * @param {Host} host
 * @param {(level: string) => void} looked
 * @returns {Head}
 */
export function makeHead(place, host, looked) {
  const number = document.createElement("input");
  Object.assign(number, { type: "number", className: "dv-picture-number", min: "1", step: "1", value: String(host.chosen + 1), title: "The image that is enlarged" });
  number.setAttribute("aria-label", "Number of the enlarged image");
  number.addEventListener("input", () => {
    const wanted = Number(number.value) - 1;
    if (number.value && Number.isInteger(wanted) && wanted >= 0 && wanted < Number(number.max)) host.choose(wanted);
  });
  number.addEventListener("change", () => {
    number.value = String(host.chosen + 1); // what is no picture's number goes
  });
  const menu = document.createElement("select");
  Object.assign(menu, { className: "dv-inside", title: "Feature maps of the network at one of its levels" });
  menu.setAttribute("aria-label", "Estimate and noise, or feature maps of a level of the network");
  menu.addEventListener("change", () => {
    looked(menu.value);
    host.paint();
  });
  place.replaceChildren(number, menu);
  return { number, menu };
}

/**
 * The head of a run: as many pictures, and the levels of its network; a level that is looked at stays, if it is there.
 * @param {Head} head
 * @param {number} count
 * @param {string[]} levels
 * @param {Inside} inside
 */
export function fillHead({ number, menu }, count, levels, inside) {
  number.max = String(count);
  menu.replaceChildren(new Option("estimates", ""), ...levels.map((name) => new Option(`maps ${name.replace("x", "×")}`, name)));
  menu.value = inside.level;
  menu.hidden = !levels.length;
}

/** The number follows the choice, but not while it is typed. @param {Head} head @param {number} chosen */
export function showChosen({ number }, chosen) {
  if (document.activeElement !== number && number.value !== String(chosen + 1)) number.value = String(chosen + 1);
}
