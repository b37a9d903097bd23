// A field whose value is edited in a box of its own: a button, and what is chosen in short. The box's script is fetched when it is
// first opened.
import { make } from "./dialog.js";
import { idOf } from "./rules.js";

/** @param {any} field script: the module, whose open() is called; brief: of what the value is said in short
 * @param {(value: string, problem?: string) => void} say @param {(what: object) => Promise<any>} ask the server */
export function makeEditor(field, say, ask) {
  const button = make("button", { type: "button", id: idOf(field), className: "dv-edit", textContent: field.does });
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-label", `${field.title}: ${field.does}`);
  /** @type {any} */
  let values = {};
  /** @param {string} [way] with which of its tools a person begins */
  async function open(way = "") {
    const editor = await import(`../${field.script}`);
    editor.open({ field, value: values[field.name], values, say, ask, way });
  }
  button.onclick = () => open();
  return {
    element: button,
    open,
    set(/** @type {string} */ _value, /** @type {any} */ all) {
      values = all;
    },
  };
}
