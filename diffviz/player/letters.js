// Letters on a canvas: the size of the page's small print, larger for the last row.
//
// A canvas of the page draws no letter before the styles of the whole page are worked out anew, 5 ms of every moment. So they are
// drawn on canvases that belong to no page, and kept.

/** @typedef {{ canvas: OffscreenCanvas, width: number, base: number }} Print width in pixels of the page; base: from the top to the line */
/** @typedef {{ colour: string, align?: "start" | "center", weight?: number, plate?: string, most?: number }} Style plate: a colour behind the letters, half transparent; most: width, in which what is longer ends in a sign */

const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const RIM = 2; // pixels around letters
const PLATE = 0.78; // opacity of what stands behind letters
const KEPT = 400; // prints

/** @type {Map<string, Print>} */
const PRINTS = new Map();
/** @type {OffscreenCanvasRenderingContext2D | null} */
let ruler = null;

/** @param {boolean} present */
export const lineHeight = (present) => (present ? 24 : 17);

/** @param {boolean} present @param {number} weight */
const fontOf = (present, weight) => `${weight} ${present ? 17 : 12}px ${FAMILY}`;

/** @param {string} font */
function measuring(font) {
  ruler ??= new OffscreenCanvas(1, 1).getContext("2d");
  if (!ruler) throw new Error("no canvas");
  if (ruler.font !== font) ruler.font = font;
  return ruler;
}

/** Pixels of the page. @param {string} text @param {{ present: boolean }} scene @param {number} [weight] */
export const textWidth = (text, { present }, weight = 400) => measuring(fontOf(present, weight)).measureText(text).width;

/** The first of several wordings that is no wider than that; else the last one, which is then cut. @param {string[]} texts @param {{ present: boolean }} scene @param {number} most @param {number} [weight] */
export const firstThatFits = (texts, scene, most, weight = 400) => texts.find((text) => textWidth(text, scene, weight) <= most) ?? texts[texts.length - 1];

/** @param {string} text @param {(text: string) => boolean} fits @returns {string} as much of it as fits, with a sign where something is missing */
export function cut(text, fits) {
  if (fits(text)) return text;
  for (let length = text.length - 1; length > 0; length--) if (fits(`${text.slice(0, length).trimEnd()}…`)) return `${text.slice(0, length).trimEnd()}…`;
  return "…";
}

/** A box behind letters, in the panel's colour. @param {CanvasRenderingContext2D} context @param {string} colour @param {number} x @param {number} y @param {number} w @param {number} h */
export function drawPlate(context, colour, x, y, w, h) {
  context.globalAlpha = PLATE;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, w, h, 4);
  context.fill();
  context.globalAlpha = 1;
}

/** The same with a rim and opaque, for letters or a drawing that stand over much else. @param {CanvasRenderingContext2D} context @param {{ panel: string, muted: string }} colours @param {number} x @param {number} y @param {number} w @param {number} h */
export function drawCard(context, colours, x, y, w, h) {
  context.fillStyle = colours.panel;
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x, y, w, h, 5);
  context.fill();
  context.stroke();
}

/** @param {string} text @param {string} font @param {string} colour @param {number} most @param {number} ratio @returns {Print} */
function print(text, font, colour, most, ratio) {
  const key = [text, font, colour, most, ratio].join("\n"), found = PRINTS.get(key);
  if (found) return found;
  const ruler = measuring(font), shown = cut(text, (part) => ruler.measureText(part).width <= most);
  const { width: advance, actualBoundingBoxRight: right, fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = ruler.measureText(shown);
  const width = Math.max(advance, right); // marks over a letter may lean beyond it
  const base = Math.ceil(up) + RIM;
  const canvas = new OffscreenCanvas(Math.max(1, Math.ceil((width + 2 * RIM) * ratio)), Math.ceil((base + Math.ceil(down) + RIM) * ratio));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  context.font = font;
  context.fillStyle = colour;
  context.fillText(shown, RIM, base);
  if (PRINTS.size >= KEPT) PRINTS.clear();
  const made = { canvas, width, base };
  PRINTS.set(key, made);
  return made;
}

/**
 * @param {import("./contract.js").Panel} panel
 * @param {{ present: boolean }} scene
 * @param {string} text
 * @param {number} x of its start, or of its middle
 * @param {number} y of the line
 * @param {Style} style
 */
export function drawText({ context, ratio }, { present }, text, x, y, { colour, align = "start", weight = 400, plate = "", most = Infinity }) {
  const { canvas, width, base } = print(text, fontOf(present, weight), colour, most, ratio);
  const left = (align === "center" ? x - width / 2 : x) - RIM;
  const snapped = (/** @type {number} */ value) => Math.round(value * ratio) / ratio; // sharp letters
  if (plate) drawPlate(context, plate, left - 1, y - base + RIM, width + 2 * RIM + 2, canvas.height / ratio - 2 * RIM);
  context.imageSmoothingEnabled = true;
  context.drawImage(canvas, snapped(left), snapped(y - base), canvas.width / ratio, canvas.height / ratio);
}
