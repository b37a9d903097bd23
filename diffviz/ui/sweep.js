// The gap against T of several schedules: how far it is, over Stop, then its figure.
import { plotly, react } from "../player/plot.js";
import { themed } from "../player/theme.js";
import { dialog, make } from "./dialog.js";

/** @param {HTMLElement} place */
export function makeSweep(place) {
  const bar = /** @type {HTMLProgressElement} */ (make("progress", { max: 1, value: 0 })), text = make("span");
  const note = make("p", { className: "dv-sweep-note" }, text, bar);
  note.setAttribute("role", "status");
  let going = false;
  return {
    begin() {
      going = true;
      text.textContent = "ELBO gap vs T: beginning";
      bar.value = 0;
      place.prepend(note);
    },
    end() {
      going = false;
      note.remove();
    },
    /** @param {{done: number, all: number, title?: string, figure?: any}} told */
    told(told) {
      if (!going) return; // it was stopped
      if (!told.figure) {
        text.textContent = `ELBO gap vs T: ${told.done} of ${told.all} chains`;
        Object.assign(bar, { max: told.all, value: told.done });
        return;
      }
      this.end();
      const plot = make("div", { className: "dv dv-dialog-plot" }), picture = make("button", { type: "button", textContent: "PNG" });
      picture.onclick = () => plotly().downloadImage(plot, { format: "png", width: 1200, height: 700, scale: 2, filename: "diffviz-gap" });
      dialog(told.title || "", [plot], picture).addEventListener("close", () => plotly().purge(plot));
      const { data, layout } = themed(told.figure, getComputedStyle(plot));
      react(plot, data, layout, { displayModeBar: false, responsive: true });
    },
  };
}
