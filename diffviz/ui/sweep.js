// The gap against T of several schedules, in a box: what is computed, how far it is, and its figure.
import { plotly, react } from "../player/plot.js";
import { themed } from "../player/theme.js";
import { dialog, make } from "./dialog.js";

const NAME = "ELBO gap vs T";

/** @param {() => void} begin @param {() => void} stop */
export function makeSweep(begin, stop) {
  const bar = /** @type {HTMLProgressElement} */ (make("progress", { max: 1, value: 0 })), said = make("span");
  const note = make("p", { className: "dv-sweep-note" }, said, bar), about = make("p", { className: "dv-sweep-about" });
  const start = make("button", { type: "button", className: "dv-sweep-start", textContent: "Compute" }), picture = make("button", { type: "button", textContent: "PNG" });
  const plot = make("div", { className: "dv dv-dialog-plot" });
  note.setAttribute("role", "status");
  let going = false, since = 0;
  /** @type {HTMLDialogElement | null} */
  let box = null;

  /** @param {boolean} on @param {string} text */
  function show(on, text) {
    going = on;
    start.textContent = on ? "Stop" : "Compute";
    said.textContent = text;
    bar.hidden = !on;
    note.hidden = !text;
  }
  start.onclick = () => {
    if (going) return stop();
    begin();
    since = performance.now();
    bar.value = 0;
    plot.hidden = picture.hidden = true;
    show(true, "beginning");
  };
  picture.onclick = () => plotly().downloadImage(plot, { format: "png", width: 1200, height: 700, scale: 2, filename: "diffviz-gap" });

  return {
    /** @param {string} text HTML: what it does */
    open(text) {
      about.innerHTML = text;
      plot.hidden = picture.hidden = true;
      show(false, "");
      box = dialog(NAME, [about, note, plot], start, picture);
      start.focus();
      box.addEventListener("close", () => {
        if (going) stop();
        plotly()?.purge(plot);
        box = null;
      });
    },
    /** No more will come. */
    end() {
      if (going) show(false, "Stopped before the figure was complete.");
    },
    /** @param {{done: number, all: number, title?: string, figure?: any}} told */
    told(told) {
      if (!going || !box) return; // it was stopped
      if (!told.figure) {
        const left = told.done ? ((performance.now() - since) / 1000) * (told.all / told.done - 1) : 0;
        said.textContent = `${told.done} of ${told.all} chains${told.done ? `, about ${Math.max(1, Math.round(left))} s left` : ""}`;
        Object.assign(bar, { max: told.all, value: told.done });
        return;
      }
      show(false, told.title || "");
      plot.hidden = picture.hidden = false;
      const { data, layout } = themed(told.figure, getComputedStyle(plot));
      react(plot, data, layout, { displayModeBar: false, responsive: true });
    },
  };
}
