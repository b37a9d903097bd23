// The numbers of a component: a box for each, a slider for width and weight, and one sentence where a number is not allowed.
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

  /** @param {string} sentence @param {string} [name] */
  function tell(sentence, name) {
    problem.textContent = sentence;
    problem.hidden = !sentence;
    for (const each of NAMES) controls[each].input.setAttribute("aria-invalid", String(each === name));
    judged();
  }

  const rows = NAMES.map((name) => {
    const title = TITLES[name], [low, high] = BOUNDS[name];
    const input = /** @type {HTMLInputElement} */ (make("input", { type: "number", min: low, max: high, step: "any" }));
    input.onchange = () => {
      const value = Number(input.value);
      if (input.value === "" || value < low || value > high) return tell(`${title} must be a number from ${plain(low)} to ${plain(high)}.`, name);
      change({ [name]: value });
    };
    const slider = SLIDERS.includes(name) ? /** @type {HTMLInputElement} */ (make("input", { type: "range", min: Math.log(low), max: Math.log(high), step: "any" })) : null;
    slider?.setAttribute("aria-label", `${title}, slider`);
    if (slider) slider.oninput = () => change({ [name]: Math.exp(Number(slider.value)) });
    controls[name] = { input, slider };
    return make("div", {}, make("label", {}, title, input), ...(slider ? [slider] : []));
  });

  return {
    element: make("div", { className: "dv-own-grid" }, ...rows, problem),
    get wrong() {
      return !problem.hidden;
    },
    /** What was typed wrong gives way to the component's numbers. @param {Component} component */
    show(component) {
      for (const name of NAMES) {
        const { input, slider } = controls[name];
        input.value = String(component[name]);
        if (!slider) continue;
        slider.value = String(Math.log(component[name]));
        slider.setAttribute("aria-valuetext", String(component[name]));
      }
      tell("");
    },
  };
}
