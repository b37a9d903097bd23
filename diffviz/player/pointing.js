// What a person does on a panel: the wheel zooms, dragging pans or turns, hovering and a click pick, and the same with keys.

import { ARROWS } from "./keyboard.js";

const WHEEL = 0.002, FAST = 100; // of a notch of the wheel; pixels of one event that count at most
const MOVED = 4; // pixels that make a click a drag

/**
 * @typedef {object} Hand
 * @property {import("./scale.js").Scale} scale
 * @property {import("./camera.js").Camera} camera
 * @property {(panel: Panel) => boolean} turns is it a surface that turns?
 * @property {(panel: Panel, x: number, y: number) => number} pick
 * @property {(panel: Panel, dx: number, dy: number) => void} step
 * @property {(index: number) => void} hover
 * @property {(index: number) => void} choose
 * @property {(panel: Panel) => boolean} takesPlaces can a place be chosen where no sample is?
 * @property {(place: [number, number]) => void} put
 * @property {import("./places.js").Places} places
 * @property {() => void} rescaled
 * @property {() => void} turned
 */
/** @typedef {import("./panel.js").Panel} Panel */

/** @param {Panel} panel @param {Hand} hand */
export function bindPointing(panel, hand) {
  if (panel.spec.scaled) bindScale(panel, hand);
  if (panel.spec.chooses) bindChoice(panel, hand);
}

/** @param {Panel} panel @param {MouseEvent} event */
function place({ canvas }, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return /** @type {[number, number]} */ ([clientX - box.left, clientY - box.top]);
}

/** @param {Panel} panel @param {Hand} hand */
function bindScale(panel, { scale, camera, turns, rescaled, turned }) {
  const { canvas } = panel;
  canvas.addEventListener("wheel", (event) => {
    const page = document.scrollingElement;
    if (!event.ctrlKey && page && page.scrollHeight > page.clientHeight + 4) return; // the wheel is the page's where it scrolls
    event.preventDefault();
    const by = Math.exp(WHEEL * Math.max(-FAST, Math.min(FAST, event.deltaY)) * (event.ctrlKey ? 3 : 1));
    const [x, y] = turns(panel) ? [scale.x, scale.y] : panel.at(...place(panel, event));
    scale.zoom(by, x, y);
    rescaled();
  }, { passive: false });
  canvas.addEventListener("dblclick", () => {
    scale.reset();
    if (turns(panel)) camera.reset();
    rescaled();
  });
  canvas.addEventListener("pointerdown", (event) => {
    const turning = turns(panel);
    if (event.button !== 0 || (event.pointerType === "touch" && !scale.zoomed && !turning)) return; // a finger scrolls the page
    let [px, py] = place(panel, event);
    const pressed = new AbortController();
    const move = (/** @type {PointerEvent} */ e) => {
      const [x, y] = place(panel, e);
      if (!canvas.hasPointerCapture(e.pointerId)) {
        if (Math.hypot(x - px, y - py) < MOVED) return;
        canvas.setPointerCapture(e.pointerId);
        canvas.classList.add("dv-dragged");
      }
      if (turning) camera.drag(x - px, y - py);
      else scale.pan((x - px) / panel.k, -(y - py) / panel.k);
      [px, py] = [x, y];
      if (turning) turned();
      else rescaled();
    };
    const stop = () => {
      pressed.abort();
      setTimeout(() => canvas.classList.remove("dv-dragged")); // after the click that ends it
    };
    canvas.addEventListener("pointermove", move, { signal: pressed.signal });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, stop, { signal: pressed.signal });
  });
}

/** @param {Panel} panel @param {Hand} hand */
function bindChoice(panel, hand) {
  const { canvas } = panel;
  canvas.addEventListener("mousedown", (event) => event.preventDefault()); // the keys stay the clock's after a click
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !canvas.classList.contains("dv-dragged")) hand.hover(hand.places.fill(panel) ? -1 : hand.pick(panel, ...place(panel, event))); // notes of particles would cover them
  });
  canvas.addEventListener("pointerleave", () => hand.hover(-1));
  canvas.addEventListener("click", (event) => {
    if (canvas.classList.contains("dv-dragged") || hand.places.click(panel, ...place(panel, event))) return;
    const at = place(panel, event), index = hand.pick(panel, ...at);
    if (index < 0 && hand.takesPlaces(panel)) hand.put(/** @type {[number, number]} */ (panel.at(...at)));
    else hand.choose(index);
  });
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && hand.takesPlaces(panel) && !hand.places.asks(panel)) hand.places.ask(panel.name, (x, y) => hand.put([x, y]));
    if (hand.places.key(panel, event.key)) hand.rescaled();
    else if (arrow && hand.turns(panel) && !event.shiftKey) {
      hand.camera.key(arrow);
      hand.turned();
    } else if (arrow) hand.step(panel, ...arrow);
    else if (event.key === "Escape") {
      if (hand.takesPlaces(panel)) hand.places.show(hand.places.marks);
      hand.choose(-1);
    }
    else return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere the arrows are the clock's
  });
}
