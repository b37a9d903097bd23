// The theme's colours, which are the style sheet's.

const NAMES = ["panel", "grid", "muted", "ink", "forward", "reverse", "a", "b"];

export class Theme {
  /** @type {any} */
  colours = {};
  /** @type {[number, number, number]} */
  ink = [0, 0, 0];
  present = false; // letters and dots for the last row

  /** @param {Element} root */
  constructor(root) {
    this.root = root;
  }

  get seen() {
    return { colours: this.colours, ink: this.ink, present: this.present };
  }

  /** Is it another one than it was? */
  read() {
    const style = getComputedStyle(this.root), before = JSON.stringify(this.seen);
    this.colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--dv-${name}`).trim()]));
    this.present = document.body.classList.contains("dv-present");
    this.ink = bytes(this.colours.ink);
    return JSON.stringify(this.seen) !== before;
  }
}

/** Bytes of a colour. @param {string} colour @returns {[number, number, number]} */
export function bytes(colour) {
  const context = make1x1();
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

/** A mixture of colours as Plotly reads it, which knows none. @param {string} colour */
function computed(colour) {
  if (!colour.startsWith("color-mix(")) return colour;
  const context = make1x1();
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return `rgba(${r}, ${g}, ${b}, ${(a / 255).toFixed(3)})`;
}

function make1x1() {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) throw new Error("no canvas");
  return context;
}

/** Colours named var(--dv-...) become the theme's. @param {any} value @param {CSSStyleDeclaration} style @returns {any} */
export function themed(value, style) {
  if (typeof value === "string") return value.startsWith("var(") ? computed(style.getPropertyValue(value.slice(4, -1)).trim()) : value;
  if (Array.isArray(value)) return value.map((item) => themed(item, style));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, style)]));
  return value;
}
