// A box of text under the panels: it grows with its text and then stays as high, so that nothing above it moves while it trains.

/** @param {HTMLElement} box */
export function makeSteady(box) {
  let width = 0;
  const forget = () => { box.style.minHeight = ""; };
  return {
    forget,
    /** Its text is another one. */
    settle() {
      if (box.clientWidth !== width) forget();
      width = box.clientWidth;
      const least = Number.parseFloat(box.style.minHeight) || 0;
      if (box.offsetHeight > least + 1) box.style.minHeight = `${box.offsetHeight}px`;
    },
  };
}
