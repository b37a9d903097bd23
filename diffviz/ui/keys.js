// All keys, on "?".
import { isTyped } from "../player/keyboard.js";
import { dialog, make } from "./dialog.js";

const KEYS = [
  ["Space", "play or pause"],
  ["←  →", "one step back or forward in t; with Shift, ten"],
  ["Home, End", "to the data, t = 0; to the noise, t = T"],
  ["Tab, then arrows", "in a panel: choose a particle, an image, a letter or a graph"],
  ["Arrows on a surface", "turn it; with Shift, choose a particle"],
  ["Enter, then arrows", "in the forward panel, beside a chart of one x₀: choose a place, which Enter sets"],
  ["Arrows, then Enter", "in a panel where a lesson asks for a place: move a cross there, and set it"],
  ["Escape", "close what is enlarged or chosen; leave Present"],
  ["Page Down, n", "in a lesson: the answer, then the next step (a clicker sends Page Down)"],
  ["Page Up, p", "in a lesson: the step before"],
  ["1 … 4", "in a lesson: predict the first, second … answer"],
  ["a", "time's arrow: tell whether a path is played forward or backwards"],
  ["?", "this list"],
];

/** They count wherever nothing is typed. @param {Record<string, () => void>} actions by key, beside the list of all */
export function bindKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const action = event.key === "?" ? list : actions[event.key];
    if (!action || isTyped(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    action();
  });
}

function list() {
  const rows = KEYS.map(([key, what]) => make("tr", {}, make("th", { textContent: key }), make("td", { textContent: what })));
  dialog("Keys", [make("table", { className: "dv-keys" }, make("tbody", {}, ...rows))]);
}
