// Boxes over the page: text to copy, an entry of the glossary, a figure.

/** @param {string} kind @param {Record<string, any>} [more] @param {(Node | string)[]} children */
export function make(kind, more = {}, ...children) {
  const element = Object.assign(document.createElement(kind), more);
  element.append(...children);
  return element;
}

/** A dialog with a title, some content and buttons; it closes with Escape, its button, or a click beside it.
 * @param {string} title @param {Node[]} content @param {HTMLElement[]} buttons */
export function dialog(title, content, ...buttons) {
  const close = make("button", { type: "button", textContent: "Close", onclick: () => box.close() });
  const box = /** @type {HTMLDialogElement} */ (make("dialog", { className: "dv-dialog" }, make("h2", { textContent: title }), ...content));
  box.append(make("div", { className: "dv-dialog-buttons" }, ...buttons, close));
  box.setAttribute("aria-label", title);
  box.onclose = () => box.remove();
  closesBeside(box);
  document.body.append(box);
  box.showModal();
  return box;
}

/** @param {HTMLDialogElement} box */
export function closesBeside(box) {
  box.addEventListener("click", (event) => event.target === box && box.close());
}

/** Text that can be copied. @param {string} title @param {string} text */
export function showText(title, text) {
  const code = make("pre", { textContent: text, tabIndex: 0 }), copy = make("button", { type: "button", textContent: "Copy" });
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or not a secure address
      getSelection()?.selectAllChildren(code);
      document.execCommand("copy");
    }
    copy.textContent = "Copied";
  };
  dialog(title, [code], copy);
}

/** All entries of the glossary by title. @param {Record<string, any>} glossary */
export function index(glossary) {
  const rows = Object.entries(glossary).sort(([, a], [, b]) => a.title.localeCompare(b.title));
  const list = make("ul", { className: "dv-index" }, ...rows.map(([name, { title }]) => {
    const entry = make("button", { type: "button", textContent: title });
    entry.dataset.term = name;
    return make("li", {}, entry);
  }));
  dialog("Terms", [list]);
}

/** An entry opens from any element that names it with data-term, in the page or in the player. @param {Record<string, any>} glossary */
export function bindGlossary(glossary) {
  document.addEventListener("click", (event) => {
    const word = /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest("[data-term]") : null);
    const term = word && glossary[word.dataset.term || ""];
    if (!term) return;
    const paragraph = (/** @type {string} */ className, /** @type {string} */ innerHTML) => make("p", { className, innerHTML });
    dialog(term.title, [paragraph("dv-formula", term.formula), paragraph("", term.text), paragraph("dv-source", term.source)]);
  });
}
