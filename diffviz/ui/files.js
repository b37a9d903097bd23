// The menu of files in the head of each tab.
(() => {
  // a click or Escape closes it
  function openFiles(opener) {
    const open = document.querySelector(".dv-files.dv-open");
    open?.classList.remove("dv-open");
    open?.querySelector(".dv-files-open").setAttribute("aria-expanded", false);
    const files = opener?.closest(".dv-files");
    if (!files || files === open) return;
    files.classList.add("dv-open");
    opener.setAttribute("aria-expanded", true);
    files.querySelector(".dv-files-menu button").focus();
  }
  document.addEventListener("click", ({ target }) => openFiles(target.closest?.(".dv-files-open")));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector(".dv-files.dv-open"), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!open) return;
    const items = [...open.querySelectorAll(".dv-files-menu button")];
    if (event.key === "Escape") {
      openFiles(null);
      open.querySelector(".dv-files-open").focus();
    } else if (step) {
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
      event.stopImmediatePropagation(); // the arrows are the clock's elsewhere
      event.preventDefault();
    }
  });
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest(".dv-files.dv-open")) openFiles(null);
  });
})();
