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
  button.onclick = async () => {
    const { open } = await import(`../${field.script}`);
    open({ field, value: values[field.name], values, say, ask });
  };
  return {
    element: button,
    set(/** @type {string} */ _value, /** @type {any} */ all) {
      values = all;
    },
  };
}
