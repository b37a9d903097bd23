// Data is chosen by eye: a thumbnail of each distribution, by kind.
import { inLine } from "../player/dom.js";
import { closesBeside, make } from "./dialog.js";
import { domainOf, idOf } from "./rules.js";

/** @param {any} table @param {string} name */
export function picture(table, name) {
  const url = table.thumbnails[name];
  return url ? make("img", { src: url, alt: "", width: 64, height: 64, loading: "lazy" }) : make("span", { className: "dv-no-thumb", textContent: "?" });
}

/** The control of the data: a button that shows what is chosen and opens the gallery.
 * @param {any} table @param {HTMLDialogElement} box @param {any} field @param {(dataset: string) => void} say */
export function makeGallery(table, box, field, say) {
  const name = make("b"), kind = make("span"), thumb = make("span", { className: "dv-thumb" });
  const button = make("button", { type: "button", id: idOf(field), className: "dv-data", title: "Choose other data" }, thumb, make("span", {}, name, kind));
  button.setAttribute("aria-haspopup", "dialog");
  let chosen = "";

  const sections = table.domains.map((/** @type {any} */ domain) => {
    const cards = domain.datasets.map((/** @type {[string, string, string]} */ [value, title, why]) => {
      const missing = domain.missing?.[value];
      const card = make("button", { type: "button", className: "dv-card", title: missing || inLine(why) }, picture(table, value), make("b", { textContent: title }), make("small", { textContent: missing ? "needs a download" : "" }));
      card.dataset.value = value;
      if (missing) card.setAttribute("aria-description", missing);
      card.addEventListener("click", () => {
        box.close();
        say(value);
      });
      return card;
    });
    return make("section", {}, make("h3", { textContent: domain.title }), make("div", { className: "dv-cards" }, ...cards));
  });
  const close = make("button", { type: "button", className: "dv-close", textContent: "Close", onclick: () => box.close() });
  box.append(make("header", {}, make("h2", { textContent: "Data" }), close), ...sections);
  closesBeside(box);

  button.addEventListener("click", () => {
    for (const card of box.querySelectorAll(".dv-card")) card.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (card).dataset.value === chosen));
    box.showModal();
    /** @type {HTMLElement | null} */ (box.querySelector('[aria-pressed="true"]'))?.focus();
  });
  return {
    element: button,
    set(/** @type {string} */ value) {
      if (value === chosen) return;
      chosen = value;
      const domain = domainOf(table, value), row = domain.datasets.find((/** @type {any} */ each) => each[0] === value);
      name.textContent = row ? row[1] : value;
      kind.textContent = domain.title;
      thumb.replaceChildren(picture(table, value));
    },
  };
}
