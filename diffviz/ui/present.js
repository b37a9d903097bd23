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
  window.addEventListener("keydown", (event) => { // most browsers take this key for themselves in full screen, not all
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (document.fullscreenElement) document.exitFullscreen();
    else show(false);
  });
  document.addEventListener("fullscreenchange", () => show(Boolean(document.fullscreenElement)));
}
