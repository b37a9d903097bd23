// Data is chosen by eye: a thumbnail of each distribution, by kind. A person's own open their editor at once.
import { inLine } from "../player/dom.js";
import { closesBeside, make } from "./dialog.js";
import { editorOf, madeOf } from "./pictures.js";
import { domainOf, idOf } from "./rules.js";

/** The control of the data: a button that shows what is chosen and opens the gallery.
 * @param {any} table @param {HTMLDialogElement} box @param {any} field @param {(dataset: string) => void} say
 * @param {(dataset: string, values: any) => HTMLElement} picture @param {(dataset: string, way: string) => void} edit with its editor, if it has one */
export function makeGallery(table, box, field, say, picture, edit) {
  const name = make("b"), kind = make("span"), thumb = make("span", { className: "dv-thumb" });
  const button = make("button", { type: "button", id: idOf(field), className: "dv-data", title: "Choose other data" }, thumb, make("span", {}, name, kind));
  button.setAttribute("aria-haspopup", "dialog");
  let chosen = "", made = "";
  /** @type {any} */
  let now = {};
  function choose(/** @type {string} */ dataset, way = "") {
    box.close();
    say(dataset);
    edit(dataset, way);
  }

  const sections = table.domains.map((/** @type {any} */ domain) => {
    const cards = domain.datasets.map((/** @type {[string, string, string]} */ [value, title, why]) => {
      const missing = domain.missing?.[value];
      const card = make("button", { type: "button", className: "dv-card", title: missing || inLine(why) }, picture(value, now), make("b", { textContent: title }), make("small", { textContent: missing ? "needs a download" : "" }));
      card.dataset.value = value;
      if (missing) card.setAttribute("aria-description", missing);
      card.addEventListener("click", () => choose(value));
      return card;
    });
    const ways = domain.datasets.flatMap((/** @type {[string]} */ [value]) => (editorOf(table, value)?.ways ?? []).map((/** @type {[string, string]} */ [way, does]) => make("button", { type: "button", textContent: does, onclick: () => choose(value, way) })));
    const own = ways.length ? [make("p", { className: "dv-ways" }, "Your own: ", ...ways)] : [];
    return make("section", {}, make("h3", { textContent: domain.title }), make("div", { className: "dv-cards" }, ...cards), ...own);
  });
  const close = make("button", { type: "button", className: "dv-close", textContent: "Close", onclick: () => box.close() });
  box.append(make("header", {}, make("h2", { textContent: "Data" }), close), ...sections);
  closesBeside(box);

  button.addEventListener("click", () => {
    for (const card of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(".dv-card"))) {
      const value = card.dataset.value || "";
      card.setAttribute("aria-pressed", String(value === chosen));
      if (editorOf(table, value)) card.firstElementChild?.replaceWith(picture(value, now)); // as it is by now
    }
    box.showModal();
    /** @type {HTMLElement | null} */ (box.querySelector('[aria-pressed="true"]'))?.focus();
  });
  return {
    element: button,
    set(/** @type {string} */ value, /** @type {any} */ values) {
      now = values;
      const key = JSON.stringify(madeOf(table, value, values));
      if (key === made) return;
      [chosen, made] = [value, key];
      const domain = domainOf(table, value), row = domain.datasets.find((/** @type {any} */ each) => each[0] === value);
      name.textContent = row ? row[1] : value;
      kind.textContent = domain.title;
      thumb.replaceChildren(picture(value, values));
    },
  };
}
