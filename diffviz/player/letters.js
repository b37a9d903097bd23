// Letters on a canvas: the size of the page's small print, larger for the last row.
//
// A canvas of the page draws no letter before the styles of the whole page are worked out anew, 5 ms of every moment. So they are
// drawn on canvases that belong to no page, and kept.

/** @typedef {{ canvas: OffscreenCanvas, width: number, base: number }} Print width in pixels of the page; base: from the top to the line */
/** @typedef {{ colour: string, align?: "start" | "center", weight?: number, rim?: string, most?: number }} Style rim: a colour around the letters; most: width */

const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const RIM = 2; // pixels around letters
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

/** @param {string} text @param {string} font @param {string} colour @param {string} rim @param {number} ratio @returns {Print} */
function print(text, font, colour, rim, ratio) {
  const key = [text, font, colour, rim, ratio].join("\n"), found = PRINTS.get(key);
  if (found) return found;
  const { width, fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measuring(font).measureText(text);
  const base = Math.ceil(up) + RIM;
  const canvas = new OffscreenCanvas(Math.max(1, Math.ceil((width + 2 * RIM) * ratio)), Math.ceil((base + Math.ceil(down) + RIM) * ratio));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  context.font = font;
  if (rim) {
    context.lineJoin = "round";
    context.lineWidth = 2 * RIM;
    context.strokeStyle = rim;
    context.globalAlpha = 0.8;
    context.strokeText(text, RIM, base);
    context.globalAlpha = 1;
  }
  context.fillStyle = colour;
  context.fillText(text, RIM, base);
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
export function drawText({ context, ratio }, { present }, text, x, y, { colour, align = "start", weight = 400, rim = "", most = Infinity }) {
  const { canvas, width, base } = print(text, fontOf(present, weight), colour, rim, ratio);
  const share = Math.min(1, most / width);
  const left = (align === "center" ? x - (share * width) / 2 : x) - share * RIM;
  const snapped = (/** @type {number} */ value) => Math.round(value * ratio) / ratio; // sharp letters
  context.imageSmoothingEnabled = true;
  context.drawImage(canvas, snapped(left), snapped(y - base), (share * canvas.width) / ratio, canvas.height / ratio);
}
