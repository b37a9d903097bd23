// For a room: full screen, the controls away, letters and dots large enough for the last row. Keys still work.

/** @param {HTMLElement} button */
export function bindPresent(button) {
  const show = (/** @type {boolean} */ on) => {
    document.body.classList.toggle("dv-present", on);
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", async () => {
    const on = !document.body.classList.contains("dv-present");
    show(on);
    try {
      await (on ? document.documentElement.requestFullscreen() : document.exitFullscreen());
    } catch { /* a browser that does not allow it: the page alone is filled */ }
  });
  window.addEventListener("keydown", (event) => { // full screen takes this key for itself; a page that only fills the window does not
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]") && !document.fullscreenElement) show(false);
  });
  document.addEventListener("fullscreenchange", () => show(Boolean(document.fullscreenElement)));
}
