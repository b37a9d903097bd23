// Boxes over the page: text to copy, an entry of the glossary, a figure.

/** @param {string} kind @param {Record<string, any>} [more] @param {(Node | string)[]} children */
export function make(kind, more = {}, ...children) {
  const element = Object.assign(document.createElement(kind), more);
  element.append(...children);
  return element;
}

/** A dialog with a title, some content and buttons; it closes with Escape, Close beside its title, or a click beside it.
 * @param {string} title @param {Node[]} content @param {HTMLElement[]} buttons */
export function dialog(title, content, ...buttons) {
  const close = make("button", { type: "button", className: "dv-close", textContent: "Close", onclick: () => box.close() });
  const box = /** @type {HTMLDialogElement} */ (make("dialog", { className: "dv-dialog" }, make("header", {}, make("h2", { textContent: title }), close), ...content));
  if (buttons.length) box.append(make("div", { className: "dv-dialog-buttons" }, ...buttons));
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

/** @typedef {{title: string, sentence: string, formula: string, text: string, sources: {text: string, url: string}[]}} Term */

/** Its sentence and picture first; then formula, text, a number of the run on screen, and where it comes from.
 * @param {Term} term @param {Promise<string | undefined>} picture SVG @param {string} [worked] */
function explain(term, picture, worked) {
  const paragraph = (/** @type {string} */ className, /** @type {string} */ innerHTML) => make("p", { className, innerHTML });
  const sources = term.sources.map(({ text, url }) => make("a", { href: url, textContent: text, target: "_blank", rel: "noopener" }));
  const listed = sources.flatMap((source, i) => (i ? ["; ", source] : [source]));
  const drawn = make("div", { className: "dv-picture" });
  picture.then((svg) => {
    if (svg) drawn.innerHTML = svg;
    else drawn.remove();
  });
  const parts = [paragraph("dv-sentence", term.sentence), drawn, paragraph("dv-formula", term.formula), paragraph("", term.text)];
  if (worked) parts.push(paragraph("dv-worked", worked));
  dialog(term.title, [...parts, make("p", { className: "dv-source" }, ...listed)]);
}

/** All entries of the glossary, by topic. @param {{terms: Record<string, Term>, index: {title: string, terms: string[]}[]}} glossary */
export function index(glossary) {
  const entry = (/** @type {string} */ name) => {
    const button = make("button", { type: "button", textContent: glossary.terms[name].title });
    button.dataset.term = name;
    return make("li", {}, button);
  };
  const topics = glossary.index.flatMap(({ title, terms }) => [make("h3", { textContent: title }), make("ul", { className: "dv-index" }, ...terms.map(entry))]);
  dialog("Terms", topics);
}

/** An entry opens from any element that names it with data-term, in the page or in the player.
 * @param {{terms: Record<string, Term>, drawn: string | Record<string, string>}} glossary drawn: pictures by entry, or the address of all, which are fetched with the first entry
 * @param {() => Record<string, string>} worked by entry, a number of the run on screen */
export function bindGlossary(glossary, worked) {
  /** @type {Promise<Record<string, string>> | null} */
  let loading = typeof glossary.drawn === "string" ? null : Promise.resolve(glossary.drawn);
  const fetched = async () => (await fetch(new URL(/** @type {string} */ (glossary.drawn), document.baseURI))).json();
  const pictures = () => (loading ??= fetched().catch(() => {
    loading = null; // the next entry asks again
    return {};
  }));
  document.addEventListener("click", (event) => {
    const word = /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest("[data-term]") : null);
    const name = word?.dataset.term || "", term = glossary.terms[name];
    if (term) explain(term, pictures().then((all) => all[name]), worked()[name]);
  });
}

/** What somebody else wrote, such as in an address, as text in HTML; the beginning of what is long. @param {string} text */
export const escaped = (text) => make("span", { textContent: text.slice(0, 40) }).innerHTML;
