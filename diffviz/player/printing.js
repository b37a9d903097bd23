// On paper the stage keeps its size on screen, with all that was drawn for it, and is scaled as a whole to one sheet (print.css).

const SHEET = { w: 1040, h: 560 }, LESSON = 290; // pixels of A4 across that are left for the stage; a lesson's text takes some

/** @param {Element} stage */
export function bindPrinting(stage) {
  new ResizeObserver(() => {
    const { clientWidth: w, clientHeight: h } = stage, { style } = document.documentElement;
    if (!w || !h || matchMedia("print").matches) return;
    const scale = (/** @type {number} */ wide) => String(Math.min(wide / w, SHEET.h / h));
    style.setProperty("--dv-stage-w", `${w}px`);
    style.setProperty("--dv-stage-h", `${h}px`);
    style.setProperty("--dv-print", scale(SHEET.w));
    style.setProperty("--dv-print-lesson", scale(SHEET.w - LESSON));
  }).observe(stage);
}
