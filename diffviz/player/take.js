// A chart as a file, made in the browser: a picture as it is on screen, and the numbers of its lines.

import { Chart } from "./chart.js";
import { make } from "./dom.js";
import { plotly } from "./plot.js";
import { table } from "./table.js";

const WIDE = 1600, HIGH = 900; // pixels of a picture
const LETTERS = 2.2, HEAD = 74; // how large its letters are; room for its title, in pixels

/** A chart as PNG, of WIDE x HIGH pixels, in the theme that is seen: its address. @param {Chart} chart @param {Element} root of the player */
export async function drawn(chart, root) {
  const large = new Chart(chart.name, { pick() {}, enlarge() {}, save() {} }), place = make("div", "dv-taken", large.element);
  Object.assign(place.style, { width: `${WIDE}px`, height: `${HIGH}px` });
  large.factor = LETTERS;
  root.append(place);
  try {
    large.copy(chart);
    large.plot.style.inset = "auto";
    Object.assign(large.plot.style, { width: `${WIDE}px`, height: `${HIGH - HEAD}px` });
    await large.draw();
    const { data, layout } = large.printed, title = [`<b>${chart.title.innerHTML}</b>`, chart.unit.innerHTML].filter(Boolean).join(" &nbsp; ");
    const head = { text: title, xref: "paper", yref: "paper", x: 0, xanchor: "left", y: 1, yanchor: "bottom", yshift: 16, showarrow: false, font: { size: 15 * LETTERS } };
    const margin = { ...layout.margin, t: layout.margin.t + HEAD };
    return await plotly().toImage({ data, layout: { ...layout, height: HIGH, margin, annotations: [...layout.annotations, head] } }, { format: "png", width: WIDE, height: HIGH });
  } finally {
    plotly().purge(large.plot);
    place.remove();
  }
}

/** Give the person the file. @param {Chart} chart @param {"png" | "csv"} kind @param {Element} root of the player */
export async function save(chart, kind, root) {
  if (!chart.chart || !chart.drawn || chart.chart.said) return;
  const href = kind === "png" ? await drawn(chart, root) : URL.createObjectURL(new Blob([table(chart.chart)], { type: "text/csv" }));
  const link = make("a");
  Object.assign(link, { href, download: `diffviz-${chart.name}.${kind}` });
  link.click();
  if (kind === "csv") setTimeout(() => URL.revokeObjectURL(href), 1000);
}
