// The player alone, in a frame of somebody else's page, with a way to the whole page.

/** @param {HTMLAnchorElement} way @param {() => string} address of what is seen, without a question mark */
export function embed(way, address) {
  if (new URLSearchParams(location.search).get("embed") !== "1") return false;
  document.body.classList.add("dv-embed");
  const point = () => {
    way.href = new URL(`?${address()}`, location.href).href;
  };
  way.onpointerenter = way.onfocus = point;
  way.href = location.pathname;
  return true;
}
