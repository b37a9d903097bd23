// The browser's history goes through the runs: another run is an entry of its own, what is seen of it stands in the newest one.
const BETWEEN_MS = 400; // two changes of the address by the view alone

/**
 * @param {() => string} address the query of what is seen now
 * @param {() => boolean} settled is the address that of the run on screen, and none that is being opened?
 * @param {(search: string) => void} open what somebody goes back or forward to
 */
export function keepHistory(address, settled, open) {
  let waiting = false;
  window.addEventListener("popstate", () => open(location.search));
  window.addEventListener("diffviz:view", () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (settled()) history.replaceState(null, "", `?${address()}`);
    }, BETWEEN_MS);
  });
  /** @param {boolean} another run than before */
  return (another) => (another ? history.pushState(null, "", `?${address()}`) : history.replaceState(null, "", `?${address()}`));
}
