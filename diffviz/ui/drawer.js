// A schedule drawn by hand: points of log SNR, even in t, dragged with the pointer or moved with the arrow keys. The curve between
// them is only sketched here; the monotone one is computed in schedules.py.
import { make } from "./dialog.js";
import { idOf } from "./rules.js";

const WIDTH = 248, HEIGHT = 132, FULL = 150, EDGE = 12, LEFT = 34, LIMIT = 12, LEAST = 0.1, SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowUp: 0.5, ArrowDown: -0.5 };

/** @param {any} field @param {(value: string) => void} say */
export function makeDrawer(field, say) {
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(SVG, "svg"));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${FULL}`);
  svg.setAttribute("aria-label", "log SNR over t, drawn by hand");
  svg.setAttribute("role", "group");
  const input = /** @type {HTMLInputElement} */ (make("input", { type: "text", id: idOf(field), spellcheck: false }));
  /** @type {number[]} */
  let points = [];
  const read = () => input.value.trim().split(/\s+/).map(Number).filter(Number.isFinite);
  const x = (/** @type {number} */ i) => LEFT + ((WIDTH - LEFT - EDGE) * i) / Math.max(1, points.length - 1);
  const y = (/** @type {number} */ value) => HEIGHT / 2 - (value / LIMIT) * (HEIGHT / 2 - EDGE);
  const add = (/** @type {string} */ name, /** @type {Record<string, any>} */ attributes) => {
    const item = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) item.setAttribute(key, String(value));
    return svg.appendChild(item);
  };

  // a point stays between its neighbours: log SNR falls
  function move(/** @type {number} */ i, /** @type {number} */ value) {
    const above = i ? points[i - 1] - LEAST : LIMIT, below = i < points.length - 1 ? points[i + 1] + LEAST : -LIMIT;
    points[i] = Math.round(10 * Math.max(below, Math.min(above, value))) / 10;
    input.value = points.join(" ");
    draw();
    say(input.value);
    return /** @type {SVGElement} */ (svg.querySelectorAll("circle")[i]);
  }

  function draw() {
    svg.replaceChildren();
    add("line", { x1: LEFT, x2: WIDTH, y1: y(0), y2: y(0), class: "dv-drawer-one" });
    for (const value of [10, 0, -10]) add("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }).textContent = `${value}`.replace("-", "−");
    for (const [text, at, anchor] of [["data", LEFT, "start"], ["log SNR over t", (LEFT + WIDTH) / 2, "middle"], ["noise", WIDTH - 2, "end"]]) {
      add("text", { x: at, y: HEIGHT + 13, "text-anchor": anchor }).textContent = String(text);
    }
    add("polyline", { points: points.map((value, i) => `${x(i)},${y(value)}`).join(" "), class: "dv-drawer-line" });
    points.forEach((value, i) => {
      const dot = add("circle", { cx: x(i), cy: y(value), r: 6, tabindex: 0, role: "slider", "aria-label": `log SNR at point ${i + 1} of ${points.length}`, "aria-valuemin": -LIMIT, "aria-valuemax": LIMIT, "aria-valuenow": value });
      dot.addEventListener("pointerdown", (event) => drag(/** @type {PointerEvent} */ (event), i));
      dot.addEventListener("keydown", (event) => {
        const change = STEPS[/** @type {keyof typeof STEPS} */ (/** @type {KeyboardEvent} */ (event).key)];
        if (!change) return;
        event.preventDefault();
        event.stopPropagation(); // the arrows are the clock's elsewhere
        move(i, value + change).focus();
      });
    });
  }

  function drag(/** @type {PointerEvent} */ start, /** @type {number} */ i) {
    start.preventDefault();
    const box = svg.getBoundingClientRect();
    const follow = (/** @type {PointerEvent} */ event) => move(i, ((HEIGHT / 2 - ((event.clientY - box.top) / box.height) * FULL) / (HEIGHT / 2 - EDGE)) * LIMIT);
    const dragged = new AbortController(), { signal } = dragged;
    window.addEventListener("pointermove", follow, { signal });
    for (const ending of ["pointerup", "pointercancel"]) window.addEventListener(ending, () => dragged.abort(), { signal });
  }

  input.oninput = () => {
    points = read();
    draw();
    say(input.value);
  };
  return {
    element: make("div", { className: "dv-drawer" }, svg, input),
    set(/** @type {string} */ value) {
      if (input.value === value && points.length) return;
      input.value = value;
      points = read();
      draw();
    },
  };
}
