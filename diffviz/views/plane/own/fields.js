// The numbers of a component: a box for each, a slider for width and weight, and a sentence for each number that is not allowed.
import { make } from "../../../ui/dialog.js";
import { BOUNDS } from "./law.js";

/** @typedef {import("./law.js").Component} Component */

const TITLES = { x: "x", y: "y", std: "Standard deviation", weight: "Weight" };
const NAMES = /** @type {(keyof Component)[]} */ (Object.keys(TITLES));
const SLIDERS = ["std", "weight"]; // of their logarithms
const plain = (/** @type {number} */ value) => String(value).replace("-", "−");

/** @param {(what: Partial<Component>) => void} change @param {() => void} judged a number became wrong, or none is any more */
export function makeFields(change, judged) {
  const problem = make("p", { className: "dv-error", hidden: true });
  problem.setAttribute("role", "alert");
  /** @type {Record<string, {input: HTMLInputElement, slider: HTMLInputElement | null}>} */
  const controls = {};

  /** Sentences, by field. @type {Map<keyof Component, string>} */
  const wrong = new Map();
  let typed = false; // the change under way is of these fields, the wrong ones among which stay

  function tell() {
    problem.textContent = [...wrong.values(), `The density and its numbers keep the ${wrong.size > 1 ? "values" : "value"} before.`].join(" ");
    problem.hidden = !wrong.size;
    for (const name of NAMES) controls[name].input.setAttribute("aria-invalid", String(wrong.has(name)));
    judged();
  }

  /** @param {Partial<Component>} what */
  function set(what) {
    typed = true;
    change(what);
    typed = false;
  }

  const rows = NAMES.map((name) => {
    const title = TITLES[name], [low, high] = BOUNDS[name];
    const input = /** @type {HTMLInputElement} */ (make("input", { type: "number", min: low, max: high, step: "any" }));
    input.onchange = () => {
      const value = Number(input.value);
      if (input.value === "" || value < low || value > high) {
        wrong.set(name, `${title} must be a number from ${plain(low)} to ${plain(high)}.`);
        return tell();
      }
      wrong.delete(name);
      set({ [name]: value });
    };
    const slider = SLIDERS.includes(name) ? /** @type {HTMLInputElement} */ (make("input", { type: "range", min: Math.log(low), max: Math.log(high), step: "any" })) : null;
    slider?.setAttribute("aria-label", `${title}, slider`);
    if (slider) slider.oninput = () => {
      wrong.delete(name);
      set({ [name]: Math.exp(Number(slider.value)) });
    };
    controls[name] = { input, slider };
    return make("div", {}, make("label", {}, title, input), ...(slider ? [slider] : []));
  });

  return {
    element: make("div", { className: "dv-own-grid" }, ...rows, problem),
    get wrong() {
      return wrong.size > 0;
    },
    /** What was typed wrong gives way to the component's numbers, unless another number was typed. @param {Component} component */
    show(component) {
      if (!typed) wrong.clear();
      for (const name of NAMES) {
        const { input, slider } = controls[name];
        if (!wrong.has(name)) input.value = String(component[name]);
        if (!slider) continue;
        slider.value = String(Math.log(component[name]));
        slider.setAttribute("aria-valuetext", String(component[name]));
      }
      tell();
    },
  };
}
