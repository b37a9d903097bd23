// Light or dark, as the system has it until somebody chooses.
/** @param {HTMLElement} button */
export function bindTheme(button) {
  let kept = null;
  try {
    kept = localStorage.getItem("diffviz-theme");
  } catch { /* a private window */ }
  if (kept && !new URLSearchParams(location.search).has("__theme")) document.body.classList.toggle("dark", kept === "dark");
  button.addEventListener("click", () => {
    const dark = document.body.classList.toggle("dark");
    try {
      localStorage.setItem("diffviz-theme", dark ? "dark" : "light");
    } catch { /* a private window */ }
  });
}
