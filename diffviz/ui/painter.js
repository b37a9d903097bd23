// Paint which pixels of a test image are known: a press hides what is shown or shows what is hidden, and a drag goes on with that.
// The mask is a text, bit by bit; the shortest text for it is found in Python.
import { make } from "./dialog.js";
import { idOf } from "./rules.js";

const SIDE = 240, LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const FILLS = { hole: "Middle", half: "Lower half", invert: "Invert" };

/** @param {any} field @param {(value: string) => void} say @param {(what: object) => Promise<any>} ask the server: {dataset, image, mask} */
export function makePainter(field, say, ask) {
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { tabIndex: 0, id: idOf(field) }));
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Known pixels: arrows move, space hides or shows");
  const fills = Object.entries(FILLS).map(([name, textContent]) => make("button", { type: "button", textContent, onclick: () => fillAll(name) }));
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let high = 0, wide = 0, shown = "", dataset = "";
  /** @type {ArrayLike<number>} */
  let grey = [];
  /** @type {boolean[]} */
  let known = [];
  /** @type {number | null} */
  let cursor = null;
  /** @type {boolean | null} */
  let painting = null;
  let last = 0, written = 0;
  const brush = () => Math.max(0, Math.round(wide / 20)); // pixels on either side of the one that is met

  function text() {
    let letters = "";
    for (let i = 0; i < known.length; i += 6) letters += LETTERS[known.slice(i, i + 6).reduce((sum, bit, k) => sum + (Number(bit) << k), 0)];
    return `${high}x${wide}.b${letters}`;
  }

  async function write() {
    const number = ++written, of = dataset, told = await ask({ dataset, image: null, mask: text() });
    if (told && number === written && of === dataset) say(told.mask); // else more was painted meanwhile, or other data were chosen
  }

  function draw() {
    const k = Math.max(1, Math.floor(SIDE / Math.max(1, wide))), ink = getComputedStyle(canvas).color;
    Object.assign(canvas, { width: wide * k, height: high * k });
    for (let i = 0; i < known.length; i++) {
      const x = (i % wide) * k, y = Math.floor(i / wide) * k;
      c.globalAlpha = known[i] ? 1 : 0.3;
      c.fillStyle = `rgb(${grey[i]} ${grey[i]} ${grey[i]})`;
      c.fillRect(x, y, k, k);
      c.globalAlpha = 1;
      if (known[i]) continue;
      c.strokeStyle = ink;
      c.lineWidth = 1;
      c.beginPath();
      for (let d = 3; d < 2 * k; d += 6) {
        c.moveTo(x + Math.max(0, d - k), y + Math.min(k, d));
        c.lineTo(x + Math.min(k, d), y + Math.max(0, d - k));
      }
      c.stroke();
    }
    if (cursor === null) return;
    c.strokeStyle = "#d55e00";
    c.lineWidth = 2;
    c.strokeRect((cursor % wide) * k + 1, Math.floor(cursor / wide) * k + 1, k - 2, k - 2);
  }

  function fill(/** @type {number} */ place, /** @type {boolean} */ value, /** @type {number} */ reach) {
    const row = Math.floor(place / wide), column = place % wide;
    for (let y = Math.max(0, row - reach); y <= Math.min(high - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(wide - 1, column + reach); x++) known[y * wide + x] = value;
    }
  }

  // from one pixel to another in a straight line: a fast hand leaves out some
  function stroke(/** @type {number} */ from, /** @type {number} */ to) {
    const [y0, x0, y1, x1] = [from, to].flatMap((place) => [Math.floor(place / wide), place % wide]), steps = Math.max(1, Math.abs(y1 - y0), Math.abs(x1 - x0));
    for (let i = 0; i <= steps; i++) fill(Math.round(y0 + ((y1 - y0) * i) / steps) * wide + Math.round(x0 + ((x1 - x0) * i) / steps), Boolean(painting), brush());
    last = to;
    draw();
  }

  function fillAll(/** @type {string} */ how) {
    const inside = (/** @type {number} */ i, /** @type {number} */ n) => i >= Math.floor(n / 4) && i < n - Math.floor(n / 4);
    known = known.map((was, i) => {
      const row = Math.floor(i / wide), column = i % wide;
      return how === "invert" ? !was : how === "half" ? row < high / 2 : !(inside(row, high) && inside(column, wide));
    });
    draw();
    write();
  }

  // the pixel under the pointer, or none
  function at(/** @type {PointerEvent} */ event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * wide), y = Math.floor(((event.clientY - box.top) / box.height) * high);
    return x >= 0 && x < wide && y >= 0 && y < high ? y * wide + x : null;
  }

  canvas.addEventListener("pointerdown", (event) => {
    const place = at(event);
    if (place === null) return;
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    painting = !known[place];
    stroke(place, place);
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = painting === null ? null : at(event);
    if (place !== null) stroke(last, place);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (painting === null) return;
      painting = null;
      write();
    });
  }
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[/** @type {keyof typeof MOVES} */ (event.key)];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // these keys are the player's elsewhere
    cursor ??= 0;
    if (move) {
      const row = Math.floor(cursor / wide) + move[0], column = (cursor % wide) + move[1];
      if (row >= 0 && row < high && column >= 0 && column < wide) cursor = row * wide + column;
      draw();
    } else {
      fill(cursor, !known[cursor], 0);
      draw();
      write();
    }
  });
  canvas.addEventListener("blur", () => {
    cursor = null;
    draw();
  });
  new MutationObserver(() => setTimeout(draw, 300)).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // another theme

  return {
    element: make("div", { className: "dv-painter" }, canvas, make("div", { className: "dv-painter-fills" }, ...fills)),
    async set(/** @type {string} */ mask, /** @type {any} */ values) {
      const wanted = { dataset: values.dataset, image: values[field.of], mask }, key = JSON.stringify(wanted);
      if (values.measurement !== "inpaint" || key === shown) return;
      shown = key;
      dataset = values.dataset;
      const strokes = written, told = await ask(wanted);
      if (!told || painting !== null || strokes !== written || key !== shown) return; // what came late, after more was painted, is of no account
      [high, wide] = told.shape;
      grey = Uint8Array.from(atob(told.data), (letter) => letter.charCodeAt(0));
      known = told.known.map(Boolean);
      draw();
    },
  };
}
