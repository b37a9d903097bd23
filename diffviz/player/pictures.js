// Pictures: a grid of them for what goes forward, comes back, is estimated and is taken for noise; one of them enlarged.

const GUTTER = 1; // of a grid, in pixels of the pictures
const BINS = 24; // of the histogram
const SHOWN = { eps_hat: 2.5 }; // grey goes from minus this to this; for all else from -1 to 1, where grey values lie

// Bytes as they come: [frames, N, C, H, W].
class PictureRun extends Run {
  constructor(id, query, init) {
    const size = init.particles * init.shape.reduce((a, b) => a * b);
    super(id, query, init, { forward: size, reverse: size, x0_hat: size, eps_hat: size }, Uint8Array);
  }

  unpack(bytes, into, offset) { into.set(bytes, offset); }

  get dim() { return this.shape[0] * this.shape[1] * this.shape[2]; }
}

const pixelValue = (byte) => (byte / 255) * 2 * PIXEL_RANGE - PIXEL_RANGE;

// byte -> what is shown, 0..255
function greys(reach) {
  return Uint8ClampedArray.from({ length: 256 }, (_, byte) => 127.5 + (127.5 * pixelValue(byte)) / reach);
}

const GREYS = {}; // by array

class PicturePanel extends Surface {
  constructor(canvas, name, side) {
    super(canvas, name, side);
    this.array = name; // of the run, that it shows
    this.grid = document.createElement("canvas");
  }

  get grey() { return (GREYS[this.array] ||= greys(SHOWN[this.array] || 1)); }

  // the grid in which the pictures are largest: its columns, its size in pixels of the pictures, its scale and place
  layout(run) {
    const [, high, wide] = run.shape, count = run.particles;
    let best = { scale: 0 };
    for (let columns = 1; columns <= count; columns++) {
      const w = columns * (wide + GUTTER) - GUTTER, h = Math.ceil(count / columns) * (high + GUTTER) - GUTTER;
      const scale = Math.min((this.width - 8) / w, (this.height - 8) / h);
      if (scale > best.scale) best = { columns, w, h, scale };
    }
    return { ...best, x: (this.width - best.w * best.scale) / 2, y: (this.height - best.h * best.scale) / 2 };
  }

  draw(run, frame, chosen, opacity, ink) {
    const at = this.layout(run), [, high, wide] = run.shape, c = this.context;
    if (this.grid.width !== at.w || this.grid.height !== at.h) Object.assign(this.grid, { width: at.w, height: at.h });
    const g = this.grid.getContext("2d"), image = g.createImageData(at.w, at.h);
    for (let i = 0; i < run.particles; i++) {
      const left = (i % at.columns) * (wide + GUTTER), top = Math.floor(i / at.columns) * (high + GUTTER);
      this.copy(run.points(this.array, frame), run, i, image, left, top);
    }
    g.putImageData(image, 0, 0);
    c.imageSmoothingEnabled = false;
    c.globalAlpha = opacity;
    c.drawImage(this.grid, at.x, at.y, at.w * at.scale, at.h * at.scale);
    c.globalAlpha = 1;
    if (chosen < 0) return;
    c.strokeStyle = ink;
    c.lineWidth = 2;
    const left = at.x + (chosen % at.columns) * (wide + GUTTER) * at.scale, top = at.y + Math.floor(chosen / at.columns) * (high + GUTTER) * at.scale;
    c.strokeRect(left - 1, top - 1, wide * at.scale + 2, high * at.scale + 2);
  }

  // picture i into an image at a place; three channels are red, green and blue, one is grey
  copy(bytes, run, i, image, left, top) {
    const [channels, high, wide] = run.shape, start = i * run.dim, plane = high * wide, { grey } = this;
    for (let y = 0, k = start; y < high; y++) {
      for (let x = 0, o = 4 * ((top + y) * image.width + left); x < wide; x++, k++, o += 4) {
        for (let colour = 0; colour < 3; colour++) image.data[o + colour] = grey[bytes[k + (channels === 3 ? colour * plane : 0)]];
        image.data[o + 3] = 255;
      }
    }
  }

  // the picture under the pointer, or -1
  pick(run, px, py) {
    const at = this.layout(run), [, high, wide] = run.shape;
    const column = Math.floor((px - at.x) / ((wide + GUTTER) * at.scale)), row = Math.floor((py - at.y) / ((high + GUTTER) * at.scale));
    const i = row * at.columns + column;
    return column >= 0 && column < at.columns && row >= 0 && i < run.particles ? i : -1;
  }
}

// The chosen picture, forward and coming back, and how its pixels' values are spread beside a standard normal.
class ChosenPanel extends PicturePanel {
  draw(run, frames, chosen, opacity, colours) {
    const c = this.context, [, high, wide] = run.shape, half = this.width / 2, room = Math.min(half - 14, this.height - 12);
    ["forward", "reverse"].forEach((name, number) => {
      if (!run.have[name][frames[name]]) return;
      Object.assign(this.grid, { width: wide, height: high });
      const g = this.grid.getContext("2d"), image = g.createImageData(wide, high), scale = room / Math.max(wide, high);
      this.copy(run.points(name, frames[name]), run, chosen, image, 0, 0);
      g.putImageData(image, 0, 0);
      const x = number * half + (half - wide * scale) / 2, y = (this.height - high * scale) / 2;
      c.imageSmoothingEnabled = false;
      c.globalAlpha = number ? opacity : 1;
      c.drawImage(this.grid, x, y, wide * scale, high * scale);
      c.globalAlpha = 1;
      c.strokeStyle = colours[name];
      c.lineWidth = 2;
      c.strokeRect(x - 1, y - 1, wide * scale + 2, high * scale + 2);
    });
  }
}

class HistogramPanel extends PicturePanel {
  draw(run, frames, chosen, opacity, colours) {
    const c = this.context, bottom = this.height - 18, width = this.width - 16, x = (value) => 8 + ((value + PIXEL_RANGE) / (2 * PIXEL_RANGE)) * width;
    const bin = (2 * PIXEL_RANGE) / BINS, normal = (v) => (bin * Math.exp(-v * v / 2)) / Math.sqrt(2 * Math.PI);
    const counts = {};
    for (const name of ["forward", "reverse"]) {
      counts[name] = new Float32Array(BINS);
      if (!run.have[name][frames[name]]) continue;
      const bytes = run.points(name, frames[name]).subarray(chosen * run.dim, (chosen + 1) * run.dim);
      for (const byte of bytes) counts[name][Math.min(BINS - 1, Math.floor((pixelValue(byte) + PIXEL_RANGE) / bin))] += 1 / run.dim;
    }
    const top = 0.5, y = (share) => bottom - Math.min(1, share / top) * (bottom - 8);
    c.strokeStyle = colours.muted;
    c.lineWidth = 1;
    c.globalAlpha = 0.6;
    c.beginPath();
    c.moveTo(8, bottom); c.lineTo(8 + width, bottom);
    c.stroke();
    c.globalAlpha = 1;
    c.fillStyle = colours.muted;
    c.font = "11px system-ui, sans-serif";
    c.textAlign = "center";
    for (const value of [-2, -1, 0, 1, 2]) c.fillText(String(value).replace("-", "−"), x(value), bottom + 13);
    c.setLineDash([3, 3]);
    c.strokeStyle = colours.ink;
    c.beginPath();
    for (let i = 0; i <= 60; i++) {
      const value = -PIXEL_RANGE + (i / 60) * 2 * PIXEL_RANGE;
      c[i ? "lineTo" : "moveTo"](x(value), y(normal(value)));
    }
    c.stroke();
    c.setLineDash([]);
    for (const name of ["forward", "reverse"]) {
      c.strokeStyle = colours[name];
      c.lineWidth = 2;
      c.globalAlpha = name === "reverse" ? opacity : 0.9;
      c.beginPath();
      counts[name].forEach((share, i) => {
        c[i ? "lineTo" : "moveTo"](x(-PIXEL_RANGE + i * bin), y(share));
        c.lineTo(x(-PIXEL_RANGE + (i + 1) * bin), y(share));
      });
      c.stroke();
    }
    c.globalAlpha = 1;
  }
}

const GRIDS = ["forward", "reverse", "x0_hat", "eps_hat"];

class PictureSide extends Side {
  constructor(element, number) {
    super(element, number, [...GRIDS.map((name) => [name, name === "eps_hat" ? InsidePanel : PicturePanel]), ["chosen", ChosenPanel], ["histogram", HistogramPanel], ["given", GivenPanel]]);
  }

  begin({ run, query, init }) { this.run = new PictureRun(run, query, init); }

  retheme() {}
}

class PicturePlayer extends Player {
  makeSide(element, number) { return new PictureSide(element, number); }

  bindView() {
    this.chosen = 0;
    for (const panel of this.panels.filter((p) => GRIDS.includes(p.name))) {
      panel.canvas.addEventListener("click", (event) => {
        if (!panel.side.run) return;
        const box = panel.canvas.getBoundingClientRect();
        this.choose(panel.pick(panel.side.run, event.clientX - box.left, event.clientY - box.top));
      });
    }
    const picker = this.find(".dv-picture-number");
    picker.addEventListener("input", () => this.choose(Number(picker.value) - 1));
    picker.addEventListener("change", () => { picker.value = this.chosen + 1; }); // what is no picture's number goes
    this.inside = this.panels.find((panel) => panel instanceof InsidePanel); // of one run alone
    if (this.inside) this.inside.menu.addEventListener("change", () => { this.inside.forget(); this.update(); });
  }

  // one run shows all that there is
  overlaysOn() { return []; }

  // pictures that every side has
  get count() { return Math.min(...this.sides.map(({ run }) => (run ? run.particles : Infinity))); }

  begun() {
    this.chosen = Math.min(this.chosen, this.count - 1);
    this.find(".dv-picture-number").max = this.count;
    this.find(".dv-picture-number").value = this.chosen + 1;
    this.beginGiven();
    if (this.inside) this.inside.begin(this.run);
  }

  // a panel of what is given stands where costs would, of which there are none then
  beginGiven() {
    const panel = this.panels.find(({ name }) => name === "given"), { run } = this;
    this.given = this.running && this.sides.every((side) => side.run.given.length > 0);
    if (this.given) {
      panel.begin(run);
      const title = this.find(".dv-given-title");
      title.innerHTML = `<b>${run.given_title}</b>`;
      title.dataset.term = run.given_term;
      this.find(".dv-given-note").textContent = run.given_term === "between" ? "without noise" : `${run.particles} samples; full ink: 1${run.given_term === "posterior" ? "; * of the training set" : ""}`;
    }
    this.root.classList.toggle("dv-has-given", this.given);
  }

  choose(picture) {
    if (!this.running || !Number.isInteger(picture) || picture < 0 || picture >= this.count) return;
    this.chosen = picture;
    if (document.activeElement !== this.find(".dv-picture-number")) this.find(".dv-picture-number").value = picture + 1;
    if (!this.pair) this.showCharts(); // with its own costs
    this.update();
  }

  showCharts() {
    if (!this.pair) this.ownCosts();
    super.showCharts();
  }

  // the chosen picture's own line in the chart of costs, of the step that leaves each displayed time
  ownCosts() {
    const { costs, times, charts } = this.run;
    if (!costs || !charts.kl) return;
    const own = charts.kl.figure.data.at(-1);
    own.x = times.slice(1);
    own.y = costs[this.chosen].slice(1);
  }

  updateView() {
    if (this.inside && this.run) this.inside.look(this.run, this.root.classList.contains("dv-stopped"), this.chosen, this.askInside, () => this.paint());
  }

  paintPanel(panel) {
    const { run } = panel.side, { colours } = this, pale = this.waiting(), back = this.frameOf({ name: "reverse", side: panel.side });
    const forward = this.frameOf({ name: "forward", side: panel.side }), opacity = pale && panel.name !== "forward" ? 0.35 : 1;
    if (panel.name === "reverse") panel.side.say("note", this.note(panel.side, back, pale));
    else if (this.pair) panel.side.say("when", this.moment(panel.side, forward));
    if (panel.name === "given") return this.paintGiven(panel);
    if (!GRIDS.includes(panel.name)) return panel.draw(run, { forward, reverse: back }, this.chosen, opacity, colours);
    const frame = panel.name === "forward" ? forward : back;
    if (panel.array === "eps_hat" && frame === 0) return panel.words("at t = 0 the denoiser is not asked", colours.muted);
    if (run.have[panel.array][frame]) panel.draw(run, frame, this.chosen, opacity, colours.ink);
  }

  paintGiven(panel) {
    const shown = this.sides.map((side) => ({ run: side.run, frame: this.frameOf({ name: "reverse", side }) }));
    if (this.given && shown.every(({ run, frame }) => run.have.reverse[frame])) panel.draw(shown, this.waiting() ? 0.35 : 1, this.colours, this.inkBytes);
  }

  // what the panel that comes back shows, where that is not plain
  note(side, frame, pale) {
    const { run } = side;
    if (pale) return `waits at t = ${run.times[run.times.length - 1]}`; // an edited picture turns back before T
    if (frame !== side.index[this.clock.frame]) return `computed down to t = ${run.times[frame]}`;
    return this.pair ? this.moment(side, frame) : "noise → data";
  }
}
