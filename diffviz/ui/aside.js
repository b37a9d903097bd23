// On a narrow page the controls are shown and hidden by a button.

/** @param {HTMLElement} button @param {HTMLElement} page */
export function bindAside(button, page) {
  button.addEventListener("click", () => {
    const open = page.classList.toggle("dv-aside-shown");
    button.setAttribute("aria-expanded", String(open));
  });
}
