// While the server works: Stop in the place of Run, and a sentence if the server is gone.
const ASK_MS = 4000, PATIENCE_MS = 20000, MISSES = 2;

async function isThere() {
  try {
    const answer = await fetch("gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return (await answer.json()).app_id === /** @type {any} */ (window).gradio_config.app_id;
  } catch {
    return false;
  }
}

/** A server that is gone says nothing: as long as something is awaited, it is asked whether it is there, and still the same one.
 * @param {() => boolean} awaited @param {() => void} gone */
export function watchServer(awaited, gone) {
  let misses = 0;
  setInterval(async () => {
    misses = !awaited() || (await isThere()) ? 0 : misses + 1;
    if (misses < MISSES) return;
    misses = 0;
    gone();
  }, ASK_MS);
}
