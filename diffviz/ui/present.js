// For a room: full screen, the controls away, letters and dots large enough for the last row. Keys still work.

/** @param {HTMLElement} button */
export function bindPresent(button) {
  const show = (/** @type {boolean} */ on) => {
    document.body.classList.toggle("dv-present", on);
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", async () => {
    const on = !document.body.classList.contains("dv-present");
    button.blur(); // the space bar plays and pauses
    show(on);
    try {
      await (on ? document.documentElement.requestFullscreen() : document.exitFullscreen());
    } catch { /* a browser that does not allow it: the page alone is filled */ }
  });
  document.addEventListener("fullscreenchange", () => show(Boolean(document.fullscreenElement)));
}
