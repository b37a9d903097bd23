// Numbers as a line of text has them.

const HIGH = /** @type {Record<string, string>} */ ({ "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" });
const LOW = "₀₁₂₃₄₅₆₇₈₉";

/** @param {number | string} power a whole number */
export const raised = (power) => [...String(Number(power))].map((sign) => HIGH[sign]).join("");

/** @param {number | string} index digits */
export const lowered = (index) => String(index).replace(/\d/g, (digit) => LOW[Number(digit)]);

/** @param {number} share */
export const percent = (share) => `${share > 0 && share < 0.005 ? "< 1" : Math.round(100 * share)} %`;
