// What was pressed with the pointer gives the keys back: space and arrows are the player's again. Who uses the keyboard keeps their place.

/** @param {HTMLElement} page */
export function bindFocus(page) {
  let pointed = false;
  const letGo = () => {
    const focused = document.activeElement;
    if (pointed && focused instanceof HTMLElement && page.contains(focused) && focused.matches("button, select, summary, input[type=checkbox]")) focused.blur();
  };
  document.addEventListener("pointerdown", () => { pointed = true; }, true);
  document.addEventListener("keydown", () => { pointed = false; }, true);
  page.addEventListener("click", ({ target }) => target instanceof Element && !target.closest("dialog, [role=menu], [aria-haspopup=menu], select") && setTimeout(letGo));
  page.addEventListener("change", ({ target }) => target instanceof HTMLSelectElement && setTimeout(letGo));
  document.addEventListener("close", () => setTimeout(letGo), true); // a dialog gives the focus back to what opened it
}

/** The first link of the page leads past head and controls. @param {HTMLElement} link */
export function bindSkip(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const stage = /** @type {HTMLElement} */ (document.getElementById("dv-player"));
    stage.tabIndex = -1;
    stage.focus();
  });
}
