// The charts: drawn by Plotly once a run, with a cursor of our own that follows the clock without a relayout.

const LOW = 110, TICK_HEIGHT = 20, TICK_WIDTH = 34, LETTER_WIDTH = 6; // pixels

let plotlyLoading = null;
function loadPlotly(url) {
  plotlyLoading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return plotlyLoading;
}

// colours named var(--dv-...) become the theme's
function themed(value, style) {
  if (typeof value === "string") {
    return value.startsWith("var(") ? style.getPropertyValue(value.slice(4, -1)).trim() : value;
  }
  if (Array.isArray(value)) return value.map((item) => themed(item, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, style)]));
  }
  return value;
}

// larger letters where there is room: the figures are made for a laptop's width; and no more ticks than do not collide
function fit(layout, width, height, narrowest) {
  const factor = Math.max(1, Math.min(1.3, narrowest / 340)), { xaxis, yaxis, margin } = layout;
  if (height < LOW) { // the axis of time is named by the clock as well
    xaxis.title.text = "";
    margin.b = 20;
  }
  const long = yaxis.title.text.replace(/<[^>]*>/g, "").length * LETTER_WIDTH * factor; // upright, beside the axis
  if (long > height - margin.t - margin.b) yaxis.title.text = "";
  const most = Math.max(2, Math.floor((height - margin.t - margin.b) / (TICK_HEIGHT * factor)));
  if (yaxis.type === "log") while ((yaxis.range[1] - yaxis.range[0]) / yaxis.dtick > most) yaxis.dtick *= 2;
  else yaxis.nticks = Math.min(yaxis.nticks, most);
  xaxis.nticks = Math.min(xaxis.nticks, Math.max(2, Math.floor((width - margin.l) / TICK_WIDTH)));
  layout.margin.l = Math.round(layout.margin.l * factor);
  const fonts = [layout.xaxis, layout.yaxis].flatMap((axis) => [axis.tickfont, axis.title && axis.title.font]);
  for (const font of [...fonts, ...(layout.annotations || []).map((a) => a.font)]) if (font) font.size = Math.round(font.size * factor);
}

const READING = 112; // pixels that what stands beside the cursor may take

class Chart {
  constructor(element, onPick) {
    this.element = element;
    this.name = element.dataset.chart;
    this.title = element.querySelector(".dv-chart-title");
    this.note = element.querySelector(".dv-chart-note");
    this.plot = element.querySelector(".dv-plot");
    this.cursors = [...element.querySelectorAll(".dv-cursor")]; // one, or one for each side
    this.reading = element.querySelector(".dv-reading");
    this.chart = null;
    this.drawn = null;
    this.bound = false; // to what a person does on it
    this.onPick = onPick;
  }

  show(chart) {
    if (this.chart === chart) return;
    this.chart = chart;
    this.title.innerHTML = chart ? chart.title : this.title.innerHTML;
    this.note.innerHTML = chart ? chart.note : "";
    if (!chart) this.drawn = null; // a run without it
    this.element.classList.toggle("dv-pending", !chart);
  }

  async draw() {
    if (!this.chart || !window.Plotly || !this.plot.clientWidth) return;
    const style = getComputedStyle(this.element), { data, layout } = themed(this.chart.figure, style);
    // as large as its place is now: a chart that is drawn again keeps its old size else
    Object.assign(layout, { width: this.plot.clientWidth, height: this.plot.clientHeight });
    const widths = [...this.element.parentElement.querySelectorAll(".dv-plot")].map((plot) => plot.clientWidth).filter(Boolean);
    fit(layout, layout.width, layout.height, Math.min(...widths)); // all charts of the player have letters of one size
    layout.uirevision = `${this.scope} ${this.chart.title}`; // zoom outlives a run of the same data and steps
    await window.Plotly.react(this.plot, data, layout, {
      displayModeBar: false, // zoom by dragging, back by a double click
      responsive: false,
    });
    this.drawn = this.chart;
    if (!this.bound) {
      this.bound = true;
      this.plot.on("plotly_relayout", () => this.place());
      // a double click resets the zoom; the clock goes back to where it was before the first of its two clicks
      this.plot.on("plotly_doubleclick", () => setTimeout(() => this.onPick(this.before)));
      this.plot.addEventListener("click", (event) => this.pick(event), true);
    }
    this.place();
  }

  get axis() {
    return this.plot._fullLayout && this.plot._fullLayout.xaxis;
  }

  pick(event) {
    const axis = this.axis, box = this.plot.getBoundingClientRect();
    if (!axis) return;
    if (event.timeStamp - (this.clicked ?? -Infinity) > 400) this.before = this.t;
    this.clicked = event.timeStamp;
    const pixel = event.clientX - box.left - axis._offset;
    if (pixel < 0 || pixel > axis._length) return;
    this.onPick(axis.p2l(pixel));
  }

  // values: where the cursors stand, on this chart's axis; reading: what is written beside the first; t: of the clock
  move(values, reading, t = values[0]) {
    this.t = t;
    this.values = values;
    this.text = reading;
    this.place();
  }

  place() {
    const axis = this.axis, size = this.axis && this.plot._fullLayout._size;
    if (!axis || !this.chart || !this.values) return;
    this.cursors.forEach((cursor, i) => {
      const pixel = axis.l2p(this.values[i]), inside = pixel >= -0.5 && pixel <= axis._length + 0.5;
      cursor.style.display = inside ? "block" : "none";
      cursor.style.transform = `translate(${axis._offset + pixel}px, ${size.t}px)`;
      cursor.style.height = `${size.h}px`;
      if (i === 0) this.reading.classList.toggle("dv-left", pixel > Math.min(axis._length / 2, axis._length - READING));
    });
    if (this.reading.innerHTML !== this.text) this.reading.innerHTML = this.text;
  }

  resize() {
    if (this.drawn) this.draw(); // another size has room for other ticks
  }
}
