// What a control does, beside it: after a moment under the pointer, at once when it is reached with the keyboard.
import { make } from "./dialog.js";
import { calledIn, domainOf } from "./rules.js";

const MOMENT_MS = 450, GAP = 10;

/** @param {HTMLElement} place where the fields are @param {(field: HTMLElement) => string} htmlOf */
export function bindHelp(place, htmlOf) {
  const box = document.getElementById("dv-tip") ?? document.body.appendChild(make("div", { className: "dv-tip", id: "dv-tip", hidden: true }));
  box.setAttribute("role", "tooltip");
  /** @type {any} */
  let timer = null;
  const hide = () => {
    clearTimeout(timer);
    box.hidden = true;
  };
  const show = (/** @type {HTMLElement} */ field) => {
    const html = htmlOf(field);
    if (!html) return;
    box.innerHTML = html;
    box.hidden = false;
    const at = field.getBoundingClientRect(), own = box.getBoundingClientRect(), beside = at.right + GAP + own.width < innerWidth;
    box.style.left = `${beside ? at.right + GAP : Math.max(GAP, Math.min(at.left, innerWidth - own.width - GAP))}px`;
    box.style.top = `${beside ? Math.max(GAP, Math.min(at.top, innerHeight - own.height - GAP)) : at.bottom + 4}px`;
  };
  const fieldOf = (/** @type {Event} */ event) => /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest(".dv-field") : null);
  place.addEventListener("pointerover", (event) => {
    const field = fieldOf(event);
    hide();
    if (field && event.pointerType === "mouse") timer = setTimeout(() => show(field), MOMENT_MS);
  });
  place.addEventListener("pointerleave", hide);
  place.addEventListener("focusin", (event) => {
    const field = fieldOf(event);
    hide();
    if (field && event.target instanceof Element && event.target.matches(":focus-visible")) show(field);
  });
  place.addEventListener("click", (event) => {
    const field = fieldOf(event), about = event.target instanceof Element && /** @type {HTMLElement | null} */ (event.target.closest(".dv-about"));
    if (field && about && !about.dataset.term) show(field);
  });
  for (const name of ["focusout", "pointerdown", "scroll"]) place.addEventListener(name, hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

/** What a control does, and what its present choice is; "" of none. @param {any} table @param {any} field @param {Record<string, any>} values */
export function helpOf(table, field, values) {
  if (!field) return "";
  const rows = field.kind === "menu" ? domainOf(table, values.dataset).choices[field.name] || field.choices || [] : [];
  const why = rows.find((/** @type {any} */ row) => row[0] === String(values[field.name] ?? ""))?.[2];
  return [calledIn(field, values)[3], why && `Now: ${why}`].filter(Boolean).join("\n");
}
