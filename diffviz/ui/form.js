// The form: one row for each field of the table, of which those are shown that count; it says what a person makes of it.
import { inLine } from "../player/dom.js";
import { make } from "./dialog.js";
import { calledIn, choices, domainOf, idOf, relevant, without } from "./rules.js";
import { whenTyped } from "./typed.js";

/** @typedef {{element: HTMLElement, set: (value: any, values: any, wrong: boolean) => void}} Control */

const OTHER = "…another";
const UNTRAINED = "Trained network: train one in Train"; // of data without one
const WIDE = 18; // letters of a choice beside its label; a longer one has a line of its own

/** @param {any} field @param {(value: any, problem?: string) => void} say @returns {Control} */
function number(field, say) {
  const input = /** @type {HTMLInputElement} */ (make("input", { type: "number", id: idOf(field), step: "any", placeholder: field.optional ? (field.blank ?? "all") : "" }));
  const element = make("div", { className: "dv-number" });
  const { marks } = field, ends = marks ? [0, marks.length - 1, 1] : field.stops;
  const range = ends && /** @type {HTMLInputElement} */ (make("input", { type: "range", min: ends[0], max: ends[1], step: ends[2] }));
  const nearest = (/** @type {number} */ value) => marks.reduce((/** @type {number} */ best, /** @type {number} */ mark, /** @type {number} */ i) => (Math.abs(Math.log(mark / value)) < Math.abs(Math.log(marks[best] / value)) ? i : best), 0);
  if (range) {
    range.setAttribute("aria-label", `${inLine(field.title)}, slider`);
    range.oninput = () => {
      const value = marks ? marks[Number(range.value)] : Number(range.value);
      if (marks) range.setAttribute("aria-valuetext", String(value));
      input.value = String(value);
      say(value);
    };
    element.append(range);
  }
  element.append(input);
  let judged = "";
  const typing = whenTyped(input, () => {
    const text = input.validity.badInput ? "?" : input.value;
    if (text === judged) return;
    judged = text;
    const value = input.value === "" ? null : Number(input.value), kind = field.whole ? "a whole number" : "a number";
    const good = value === null ? field.optional && !input.validity.badInput : value >= field.low && value <= field.high && (!field.whole || Number.isInteger(value));
    if (!good) return say(value, `${field.title} must be ${kind} from ${field.low} to ${field.high}${field.optional ? ", or empty" : ""}.`);
    if (range && value !== null) range.value = String(marks ? nearest(value) : value);
    say(value);
  });
  return {
    element,
    set(value, _values, wrong) {
      if (typing() || wrong) return; // what a person typed stays, while it is typed and while it is wrong
      const text = value === null ? "" : String(value);
      if (document.activeElement !== input || input.validity.badInput || (input.value === "") !== (value === null) || Number(input.value) !== value) input.value = text;
      judged = input.value;
      if (!range) return;
      range.value = String(marks ? nearest(value) : value);
      range.setAttribute("aria-valuetext", String(value));
    },
  };
}

/** @param {any} table @param {any} field @param {(value: any) => void} say @returns {Control} */
function menu(table, field, say) {
  const select = /** @type {HTMLSelectElement} */ (make("select", { id: idOf(field) }));
  const text = /** @type {HTMLInputElement} */ (make("input", { type: "text", hidden: true, maxLength: 200, spellcheck: false }));
  text.setAttribute("aria-label", `${inLine(field.title)}: another's name`);
  const parsed = (/** @type {string} */ value) => (field.whole ? (value === "" ? null : Number(value)) : value);
  select.onchange = () => {
    text.hidden = select.value !== OTHER;
    if (text.hidden) say(parsed(select.value));
    else text.focus();
  };
  text.onchange = () => say(text.value.trim());
  let made = "";
  const element = make("div", { className: "dv-select" }, select, text);
  return {
    element,
    set(value, values) {
      const asked = (/** @type {[string, string, string]} */ [name]) => !field.hidden || name === field.default || name === value; // a hidden field offers its default beside the present value
      const rows = choices(table, field, values).filter(asked).map((row) => [row[0], row[1], row[0] === String(value) ? "" : without(table, field, row[0], values)]), other = domainOf(table, values.dataset).other?.[field.name];
      const key = JSON.stringify([rows, other, values.dataset]);
      if (key !== made) {
        select.replaceChildren(...rows.map(([name, title, why]) => make("option", { value: name, textContent: why ? `${title}: ${why}` : title, disabled: Boolean(why) })));
        if (other) select.append(make("option", { value: OTHER, textContent: "Another network …" }));
        const lacks = field.name === "denoiser" && domainOf(table, values.dataset).untrained?.includes(values.dataset) && table.train?.domains.some((/** @type {any} */ each) => each.name === domainOf(table, values.dataset).name);
        if (lacks) select.append(make("option", { disabled: true, textContent: UNTRAINED }));
        text.placeholder = other || "";
        made = key;
      }
      const name = value === null ? "" : String(value), foreign = Boolean(other) && !rows.some((row) => row[0] === name);
      if (!foreign && !rows.some((row) => row[0] === name)) select.append(make("option", { value: name, textContent: name }));
      select.value = foreign ? OTHER : name;
      element.classList.toggle("dv-wide", (select.selectedOptions[0]?.textContent || "").length > WIDE);
      text.hidden = !foreign;
      if (foreign) text.value = name;
    },
  };
}

/** @param {any} field @param {(value: any) => void} say @returns {Control} */
function check(field, say) {
  const input = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox", id: idOf(field) }));
  input.onchange = () => say(input.checked);
  return { element: input, set: (value) => { input.checked = value; } };
}

/** @param {any} field @param {(value: any) => void} say @returns {Control} */
function text(field, say) {
  const input = /** @type {HTMLInputElement} */ (make("input", { type: "text", id: idOf(field), spellcheck: false }));
  let told = "";
  const typing = whenTyped(input, () => {
    if (input.value === told) return;
    told = input.value;
    say(told);
  });
  return {
    element: input,
    set(value) {
      if (typing() || document.activeElement === input) return; // what a person types stays
      input.value = told = value;
    },
  };
}

/**
 * @param {HTMLElement} place
 * @param {any} table
 * @param {Record<string, (field: any, say: (value: any) => void) => Control>} own controls that are made for one field alone, by kind
 * @param {(name: string, value: any, problem: string, most?: number) => void} changed most: particles that can be shown with this value
 */
export function makeForm(place, table, own, changed) {
  /** @type {Record<string, {row: HTMLElement, control: Control, error: HTMLElement, about: HTMLElement, field: any, label: HTMLElement}>} */
  const rows = {};
  /** @type {Record<string, HTMLElement>} */
  const folds = {};
  /** opened for what a run sets in them, not by a person @type {Set<Element>} */
  const opened = new Set();
  for (const [name, title] of Object.entries(table.folds)) {
    folds[name] = title ? make("details", { className: "dv-fold" }, make("summary", { textContent: title })) : make("div", { className: "dv-fold" });
    place.append(folds[name]);
  }
  for (const field of table.fields) {
    const say = (/** @type {any} */ value, problem = "", /** @type {number | undefined} */ most = undefined) => changed(field.name, value, problem, most);
    const kinds = { number, check, text, menu: (/** @type {any} */ f, /** @type {any} */ s) => menu(table, f, s), ...own };
    const control = kinds[/** @type {keyof typeof kinds} */ (field.kind)](field, say);
    const label = make("label", { innerHTML: field.title, htmlFor: idOf(field) });
    const error = make("p", { className: "dv-error", hidden: true });
    error.setAttribute("role", "alert");
    const about = make("button", { type: "button", className: "dv-about", textContent: "?", title: "What this means", tabIndex: -1 }); // keys reach all terms by their index
    const row = make("div", { className: `dv-field dv-kind-${field.kind}` }, label, about, control.element, error);
    row.dataset.field = field.name;
    for (const input of control.element.matches("input, button") ? [control.element] : control.element.querySelectorAll("input, select, textarea, button")) {
      input.setAttribute("aria-description", inLine(field.help)); // what stands in the tip, for those who do not see it
    }
    rows[field.name] = { row, control, error, about, field, label };
  }

  return {
    /** Show these values, of which the marked ones differ from the other side's; what was typed wrong stays as it is.
     * @param {any} values @param {string[]} marked @param {Record<string, string>} problems */
    show(values, marked, problems) {
      const names = relevant(table, values), domain = domainOf(table, values.dataset);
      for (const { row, control, about, field, label } of Object.values(rows)) {
        const title = calledIn(field, values)[2];
        if (field.called && label.innerHTML !== title) label.innerHTML = title;
        const fold = folds[domain.advanced.includes(field.name) ? "advanced" : field.fold];
        if (row.parentElement !== fold) fold.append(row);
        row.hidden = !names.has(field.name) || (field.hidden && values[field.name] === field.default);
        row.classList.toggle("dv-differs", marked.includes(field.name));
        about.dataset.term = table.glossary.options[field.name]?.[values[field.name]] || table.glossary.fields[field.name] || ""; // where there is none, help.js shows the help
        control.set(values[field.name], values, field.name in problems);
      }
      for (const fold of Object.values(folds)) fold.hidden = ![...fold.querySelectorAll(".dv-field")].some((row) => !(/** @type {HTMLElement} */ (row).hidden));
    },
    /** An error stands beside its control, whose fold opens. Returns whether there is one to be seen. @param {string} name @param {string} message */
    tell(name, message) {
      const entry = rows[name];
      if (!entry || entry.row.hidden) return false;
      entry.error.innerHTML = message;
      entry.error.hidden = !message;
      entry.row.classList.toggle("dv-wrong", Boolean(message));
      const fold = entry.row.closest("details");
      if (message && fold) fold.open = true;
      return true;
    },
    forgive() {
      for (const name of Object.keys(rows)) {
        rows[name].error.hidden = true;
        rows[name].row.classList.remove("dv-wrong");
      }
    },
    /** @param {string} name */
    help(name) {
      return rows[name]?.field;
    },
    /** The fold of what these runs measure or begin from opens, and closes for others, unless a person had opened it. @param {any[]} runs */
    reveal(runs) {
      this.show(runs[0], [], {});
      const fold = /** @type {HTMLDetailsElement} */ (folds.task), names = Object.keys(rows).filter((name) => rows[name].row.parentElement === fold);
      const wanted = runs.some((values) => names.some((name) => relevant(table, values).has(name) && values[name] !== table.defaults[name]));
      if (wanted && !fold.open) opened.add(fold);
      if (wanted || opened.has(fold)) fold.open = wanted;
      if (!wanted) opened.delete(fold);
    },
    /** @param {string} name */
    open(name) {
      folds[name]?.setAttribute("open", "");
    },
  };
}
