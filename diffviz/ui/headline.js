// What is shown, in words: one run's title; of two, what is each one's own and what they have in common.
import { make } from "./dialog.js";

/** @param {HTMLElement} place @param {{runs: any[], comparison: any}} shown */
export function headline(place, { runs, comparison }) {
  const { own, common } = comparison || {};
  if (own?.join("")) {
    const parts = own.map((/** @type {string} */ text, /** @type {number} */ i) => make("span", { className: `dv-headed dv-headed-${"ab"[i]}`, innerHTML: `<b>${"AB"[i]}</b> ${text}` }));
    place.replaceChildren(...parts, make("span", { className: "dv-common", innerHTML: common }));
  } else {
    place.replaceChildren(make("span", { className: "dv-common", innerHTML: runs[0].title }));
  }
  place.title = place.textContent || "";
}
