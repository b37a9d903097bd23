// Points of one's own: drawn with mouse, finger or pen, typed as a word or an emoji, or read from a file; then used as the data.
import { dialog, make } from "../../../ui/dialog.js";
import { Board } from "./board.js";
import { along, dots, erased, spray, standard } from "./brush.js";
import { downloaded, encoded } from "../../../ui/bytes.js";
import { newest } from "./numbers.js";
import { MOST, bandwidthOf, countOf, kept } from "./said.js";

/** @typedef {import("./brush.js").Point} Point */

const REACH = 3, LETTERS_SIDE = 256, TYPED = 1500, UNDONE = 50;
const STEP = 0.15; // that an arrow key moves the brush
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const EMPTY = "Draw here, type a word, or choose a file.", SILENT = "The server does not answer.";

/** Dots of a word, in the plane. @param {string} word @returns {Point[]} */
function typed(word) {
  const canvas = document.createElement("canvas"), context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const font = (/** @type {number} */ size) => `700 ${size}px system-ui, sans-serif`;
  context.font = font(100);
  const size = Math.min(180, (100 * 4 * LETTERS_SIDE) / Math.max(1, context.measureText(word).width));
  context.font = font(size);
  canvas.width = Math.ceil(context.measureText(word).width) + 20;
  canvas.height = Math.ceil(1.6 * size);
  context.font = font(size);
  context.textBaseline = "middle";
  context.fillText(word, 10, canvas.height / 2);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const ink = Float32Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i + 3] / 255) * (1.15 - (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255)); // dark parts of an emoji are denser
  return standard(dots(ink, canvas.width, TYPED, Math.random));
}

/** @param {{field: any, value: string, values: any, say: (value: string, problem?: string) => void, ask: (what: object) => Promise<any>, way?: string}} how way: type, upload, or draw */
export function open({ field, value, values, say, ask, way }) {
  /** @type {Point[]} */
  let points = [];
  /** @type {Point[][]} */
  const before = [];
  /** @type {Point} */
  let brush = [0, 0];
  let erasing = false, down = false, shown = false, text = value, fresh = false; // fresh: the points are those of the text
  let acts = 0; // of the person; an answer is told unless it came after a later one
  const number = (/** @type {string} */ label, /** @type {string} */ id, /** @type {number[]} */ [low, high, step, now]) => {
    const input = /** @type {HTMLInputElement} */ (make("input", { type: "range", min: low, max: high, step, value: now, id }));
    return { input, element: make("label", { htmlFor: id }, label, input) };
  };
  const size = number("Brush size", "dv-brush-size", [0.05, 1, 0.05, 0.25]), density = number("Points per dab", "dv-brush-density", [1, 12, 1, 4]);
  const radius = () => Number(size.input.value);
  const status = make("p", { className: "dv-own-status", textContent: EMPTY });
  status.setAttribute("role", "status");

  const board = new Board("Canvas to draw points on. Arrow keys move the brush, Space draws, Delete erases, Control Z undoes.", REACH, (context) => {
    context.fillStyle = board.colour("forward");
    context.globalAlpha = points.length > 3000 ? 0.4 : 0.7;
    for (const [x, y] of points) {
      const [left, top] = board.at(x, y);
      context.fillRect(left - 1, top - 1, 2, 2);
    }
    context.globalAlpha = 1;
    if (!shown) return;
    context.strokeStyle = board.colour(erasing ? "reverse" : "ink");
    context.beginPath();
    context.arc(...board.at(...brush), board.long(radius()), 0, 2 * Math.PI);
    context.stroke();
  });

  function refresh() {
    fresh = false;
    use.disabled = !points.length;
    undo.disabled = !before.length;
    board.paint();
  }
  function changed(note = "") {
    status.textContent = note || (points.length ? `${points.length} points` : EMPTY);
    refresh();
  }
  /** The text of the points. @param {any} told */
  function hold(told) {
    text = told.own_points;
    fresh = true;
  }
  /** @param {any} told null: nothing @param {number} act to which it is the answer */
  function tell(told, act) {
    if (act !== acts) return;
    if (!told?.own_points) status.textContent = told?.problem || SILENT;
    else status.textContent = `${countOf(told)}. Kernel bandwidth h = ${bandwidthOf(told, values.bandwidth)}.${told.link ? "" : " A link cannot hold so many: save them as a file."}`;
  }
  /** @param {{of: Point[], act: number}} asked */
  const put = async ({ of, act }) => ({ of, act, told: await ask({ xy: of.flat() }) });
  /** @param {{of: Point[], act: number, told: any}} answer */
  function heard({ of, act, told }) {
    if (of !== points) return; // they are others by now
    if (told?.own_points) hold(told);
    tell(told, act);
  }
  const describe = newest(put, heard); // once the hand is at rest
  function settled(note = "") {
    changed(note);
    if (points.length) describe({ of: points, act: acts });
  }
  function keep() {
    acts += 1;
    before.push(points);
    if (before.length > UNDONE) before.shift();
  }
  function dab(/** @type {Point} */ at) {
    if (erasing) points = erased(points, at, radius());
    else points = [...points, ...spray(at, radius(), Number(density.input.value), Math.random)].slice(0, MOST);
    changed(points.length >= MOST ? `${MOST} points, which is all there can be` : "");
  }
  function stroke(/** @type {Point} */ to) {
    for (const at of along(brush, to, Math.max(0.04, radius() / 3))) dab(at);
    brush = to;
  }

  const { canvas } = board;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down = true;
    brush = board.placeOf(event);
    keep();
    dab(brush);
  });
  canvas.addEventListener("pointermove", (event) => {
    shown = true;
    if (down) for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) stroke(board.placeOf(each));
    else brush = board.placeOf(event);
    board.paint();
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) canvas.addEventListener(end, () => {
    if (down) settled();
    down = false;
  });
  canvas.addEventListener("pointerleave", () => { shown = down; board.paint(); });
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[/** @type {keyof typeof MOVES} */ (event.key)], far = event.shiftKey ? 3 * STEP : STEP;
    if (move) brush = [Math.max(-REACH, Math.min(REACH, brush[0] + far * move[0])), Math.max(-REACH, Math.min(REACH, brush[1] + far * move[1]))];
    else if (event.key === " ") {
      keep();
      dab(brush);
      settled();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      keep();
      points = erased(points, brush, radius());
      settled();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo.click();
    else return;
    shown = true;
    event.preventDefault();
    event.stopPropagation(); // the arrows are the clock's elsewhere
    board.paint();
  });

  const tool = (/** @type {string} */ name, /** @type {boolean} */ on) => {
    const button = make("button", { type: "button", textContent: name, onclick: () => { erasing = on; press(); board.paint(); } });
    return button;
  };
  const draw = tool("Draw", false), erase = tool("Erase", true);
  const press = () => { for (const [button, on] of /** @type {[HTMLElement, boolean][]} */ ([[draw, !erasing], [erase, erasing]])) button.setAttribute("aria-pressed", String(on)); };
  const undo = make("button", { type: "button", textContent: "Undo", disabled: true, onclick: () => { acts += 1; points = before.pop() ?? points; settled(); } });
  const clear = make("button", { type: "button", textContent: "Clear", onclick: () => { keep(); points = []; changed(); } });

  const word = /** @type {HTMLInputElement} */ (make("input", { type: "text", maxLength: 24, placeholder: "A word or an emoji", spellcheck: false }));
  word.setAttribute("aria-label", "A word or an emoji");
  function type() {
    const made = word.value.trim() ? typed(word.value.trim()) : [];
    if (!made.length) return;
    keep();
    points = made;
    settled();
  }
  word.addEventListener("keydown", (event) => { if (event.key === "Enter") type(); });

  const file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".csv,.txt,.tsv,.npy,.png,.jpg,.jpeg" }));
  file.setAttribute("aria-label", "A CSV, NPY, PNG or JPEG file of points");
  file.onchange = async () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    const act = ++acts, large = chosen.size > field.most && { problem: `Your points must be a file of at most ${Math.floor(field.most / 2 ** 20)} MB.` };
    const told = large || (await ask({ data: await encoded(chosen) }));
    if (act !== acts) return; // something else was done meanwhile
    if (!told?.own_points) return tell(told && { problem: kept(told.problem, points.length) }, act);
    keep();
    receive(told);
    tell(told, acts);
  };

  /** Points of a file, or those that the form has. @param {any} told */
  function receive(told) {
    points = Array.from({ length: told.xy.length / 2 }, (_, i) => [told.xy[2 * i], told.xy[2 * i + 1]]);
    refresh();
    hold(told);
  }

  /** Their text, from the server, which alone writes it: it is here. */
  async function written() {
    while (!fresh && points.length) {
      const answer = await put({ of: points, act: acts });
      heard(answer);
      if (answer.of === points) break; // else more was drawn meanwhile
    }
    return fresh;
  }
  const use = /** @type {HTMLButtonElement} */ (make("button", { type: "button", className: "dv-primary", textContent: "Use these points", disabled: true, onclick: async () => {
    use.disabled = true;
    if (await written()) {
      say(text);
      box.close();
    }
    use.disabled = !points.length;
  } }));
  const save = make("button", { type: "button", textContent: "Save as a file", onclick: async () => { if (points.length && (await written())) downloaded("points.txt", `${text}\n`); } });

  press();
  const tools = make("div", { className: "dv-own-tools" }, draw, erase, undo, clear, size.element, density.element);
  const others = make("div", { className: "dv-own-tools" }, word, make("button", { type: "button", textContent: "Turn into points", onclick: type }), file);
  const box = dialog("Your own points", [make("div", { className: "dv-own" }, board.canvas, tools, others, status)], save, use);
  ask({ own_points: value }).then((told) => {
    if (points.length || before.length) return; // there are others already
    if (told?.own_points) receive(told);
    tell(told, 0);
  });
  board.paint();
  if (way === "type") word.focus();
  if (way === "upload") {
    file.focus();
    file.click();
  }
}
