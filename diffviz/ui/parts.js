// Which part of the page is seen: Explore, Train or a lesson. The classes of the page's body say it.

/** @param {HTMLElement} page */
export function markPart(page) {
  const { classList } = document.body, train = classList.contains("dv-in-train"), lesson = !train && classList.contains("dv-in-lesson");
  for (const [name, on] of /** @type {[string, boolean][]} */ ([["explore", !train && !lesson], ["train", train], ["lessons", lesson]])) {
    const tab = page.querySelector(`.dv-tab-${name}`);
    if (on) tab?.setAttribute("aria-current", "page");
    else tab?.removeAttribute("aria-current");
  }
}
