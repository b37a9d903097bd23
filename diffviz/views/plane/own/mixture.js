// A mixture of one's own: components are dragged, added, removed, widened and weighed, and the law and its numbers follow.
import { dialog, make } from "../../../ui/dialog.js";
import { Board } from "./board.js";
import { makeFields } from "./fields.js";
import { paintHandles, paintLaw, paintScore } from "./landscape.js";
import { fitted, read, write } from "./law.js";
import { makeNumbers, newest } from "./numbers.js";

/** @typedef {import("./law.js").Component} Component */

const REACH = 3, NEAR = 14, NEAR_FINGER = 28, STEP = 0.05, WIDER = 1.1, HEAVIER = 1.25; // NEAR: pixels at which a component is taken hold of
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const CLEAN = 10; // log SNR from which on the data themselves are shown

/** @param {{field: any, value: string, values: any, say: (value: string, problem?: string) => void, ask: (what: object) => Promise<any>}} how */
export function open({ field, value, values, say, ask }) {
  /** @type {Component[]} */
  let components = [];
  let chosen = 0, held = false, usable = false, acts = 0, logSnr = CLEAN; // acts: of the person, after whose last one no other data set is begun with
  const level = () => ({ alpha: Math.sqrt(1 / (1 + Math.exp(-logSnr))), sigma: logSnr >= CLEAN ? 0 : Math.sqrt(1 / (1 + Math.exp(logSnr))) });
  const alphaOf = () => (logSnr >= CLEAN ? 1 : level().alpha);

  const board = new Board("Components of the mixture. Arrow keys move the chosen one, plus and minus widen it, brackets weigh it, Page Up and Page Down choose another, Insert adds, Delete removes.", REACH, (context) => {
    if (!components.length) return;
    const { sigma } = level(), alpha = alphaOf();
    paintLaw(context, board, components, alpha, sigma);
    paintScore(context, board, components, alpha, sigma);
    paintHandles(context, board, components, alpha, chosen);
  });
  const numbers = makeNumbers(field.narrow);
  const put = newest(ask, (told) => {
    usable = numbers.tell(told);
    judge();
  });
  const fields = makeFields((what) => change(() => what), judge);
  function judge() {
    use.disabled = !usable || fields.wrong;
  }
  const which = /** @type {HTMLSelectElement} */ (make("select", { onchange: () => choose(which.selectedIndex) }));
  which.setAttribute("aria-label", "Component");

  function show() {
    which.replaceChildren(...components.map((_, i) => make("option", { textContent: `Component ${i + 1} of ${components.length}` })));
    which.selectedIndex = chosen;
    if (components[chosen]) fields.show(components[chosen]);
    add.disabled = components.length >= field.most;
    remove.disabled = components.length < 2;
    board.paint();
  }
  function choose(/** @type {number} */ i) {
    if (!components.length) return;
    chosen = (i + components.length) % components.length;
    show();
  }
  function changed() {
    acts += 1;
    show();
    put({ own_mixture: write(components), steps: Math.max(2, values.steps ?? 100) });
  }
  /** The chosen component; there is none until the server has told them. @param {(now: Component) => Partial<Component>} what */
  function change(what) {
    if (!components.length) return;
    components = components.map((component, i) => (i === chosen ? fitted({ ...component, ...what(component) }) : component));
    changed();
  }
  const widen = (/** @type {number} */ by) => change(({ std }) => ({ std: std * by }));
  const weigh = (/** @type {number} */ by) => change(({ weight }) => ({ weight: weight * by }));
  function put_in(/** @type {number} */ x, /** @type {number} */ y) {
    if (!components.length || components.length >= field.most) return;
    components = [...components, fitted({ ...components[chosen], x, y })];
    chosen = components.length - 1;
    changed();
  }
  const add = /** @type {HTMLButtonElement} */ (make("button", { type: "button", textContent: "Add", disabled: true, onclick: () => put_in(components[chosen].x + 0.4, components[chosen].y + 0.4) }));
  const remove = /** @type {HTMLButtonElement} */ (make("button", { type: "button", textContent: "Remove", disabled: true, onclick: () => {
    if (components.length < 2) return;
    components = components.filter((_, i) => i !== chosen);
    chosen = Math.min(chosen, components.length - 1);
    changed();
  } }));

  const { canvas } = board;
  const nearest = (/** @type {{clientX: number, clientY: number}} */ event, within = NEAR) => {
    const box = canvas.getBoundingClientRect(), alpha = alphaOf();
    const far = components.map(({ x, y }) => {
      const [left, top] = board.at(alpha * x, alpha * y);
      return Math.hypot(left - (event.clientX - box.left), top - (event.clientY - box.top));
    });
    const best = far.indexOf(Math.min(...far));
    return far[best] <= within ? best : -1;
  };
  canvas.addEventListener("pointerdown", (event) => {
    const found = nearest(event, event.pointerType === "touch" ? NEAR_FINGER : NEAR);
    if (found < 0) return;
    canvas.setPointerCapture(event.pointerId);
    held = true;
    choose(found);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = board.placeOf(event), alpha = alphaOf();
    change(() => ({ x: x / alpha, y: y / alpha }));
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) canvas.addEventListener(end, () => { held = false; });
  canvas.style.touchAction = "pan-y"; // a finger scrolls the box, unless it holds a component
  canvas.addEventListener("touchstart", (event) => { if (nearest(event.touches[0], NEAR_FINGER) >= 0) event.preventDefault(); }, { passive: false });
  canvas.addEventListener("dblclick", (event) => { if (nearest(event) < 0) put_in(...board.placeOf(event)); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    widen(event.deltaY < 0 ? WIDER : 1 / WIDER);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[/** @type {keyof typeof MOVES} */ (event.key)], far = event.shiftKey ? 4 * STEP : STEP;
    /** @type {Record<string, () => void>} */
    const others = {
      "+": () => widen(WIDER), "=": () => widen(WIDER), "-": () => widen(1 / WIDER), "]": () => weigh(HEAVIER), "[": () => weigh(1 / HEAVIER),
      PageDown: () => choose(chosen + 1), PageUp: () => choose(chosen - 1), Delete: () => remove.click(), Backspace: () => remove.click(), Insert: () => add.click(),
    };
    if (move) change((now) => ({ x: now.x + far * move[0], y: now.y + far * move[1] }));
    else if (others[event.key]) others[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are the clock's elsewhere
  });

  const noise = /** @type {HTMLInputElement} */ (make("input", { type: "range", min: -6, max: CLEAN, step: 0.25, value: CLEAN }));
  const said = make("span");
  const sayNoise = () => {
    said.textContent = logSnr >= CLEAN ? "none, these are the data" : `log SNR ${String(logSnr).replace("-", "−")}`;
    noise.setAttribute("aria-valuetext", said.textContent);
  };
  noise.oninput = () => {
    logSnr = Number(noise.value);
    sayNoise();
    board.paint();
  };
  const start = /** @type {HTMLSelectElement} */ (make("select", {}, make("option", { value: "", textContent: "Begin with …" }), ...field.starts.map((/** @type {string[]} */ [name, title]) => make("option", { value: name, textContent: title }))));
  start.setAttribute("aria-label", "Begin with a data set");
  start.title = "Data of more than 24 components become 24 groups of neighbours, each one Gaussian, all of one width.";
  start.onchange = async () => { if (start.value) begin(start.value, ""); };

  /** @param {string} name @param {string} text */
  async function begin(name, text) {
    const act = ++acts, told = await ask({ start: name, own_mixture: text });
    if (act !== acts) return;
    if (!told?.own_mixture) return numbers.tell(told);
    components = read(told.own_mixture);
    chosen = 0;
    changed();
  }

  const use = /** @type {HTMLButtonElement} */ (make("button", { type: "button", className: "dv-primary", textContent: "Use this mixture", disabled: true, onclick: () => {
    say(write(components));
    box.close();
  } }));
  const side = make("div", { className: "dv-own-side" }, which, fields.element, make("div", { className: "dv-own-tools" }, add, remove, start), make("label", { className: "dv-own-noise" }, "Noise added: ", said, noise), numbers.element);
  const box = dialog("Your own mixture", [make("div", { className: "dv-own dv-own-two" }, canvas, side)], use);
  sayNoise();
  begin("", value);
}
