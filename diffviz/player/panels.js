// The two canvases: particles, overlays, the path of the particle under the pointer.

// VIEW, half the shorter side of a panel in standard deviations of the data, comes from theme.py and never changes.
const DENSITY_SIDE = 88, DENSITY_REACH = 5, DENSITY_OPACITY = 80;
const TRAILS = 40, TRAIL_FRAMES = 30;
const PICK_PIXELS = 12;

// A canvas as sharp as the screen, measured in the page's pixels.
class Surface {
  constructor(canvas, name, side) {
    this.canvas = canvas;
    this.side = side;
    this.name = name; // of what it shows: "forward", "reverse", ...
    this.context = canvas.getContext("2d");
    this.width = this.height = 0;
  }

  resize() {
    const box = this.canvas.getBoundingClientRect(), ratio = Math.min(window.devicePixelRatio || 1, 2);
    if (!box.width || !box.height) return false;
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.ratio = ratio;
    return true;
  }

  background(colours) {
    const c = this.context;
    c.globalAlpha = 1;
    c.fillStyle = colours.panel;
    c.fillRect(0, 0, this.width + 1, this.height + 1); // the last row too, where a box ends between two pixels
  }

  // a sentence in the middle, where there is nothing to be seen
  words(text, colour) {
    const c = this.context;
    c.fillStyle = colour;
    c.font = "12px system-ui, sans-serif";
    c.textAlign = "center";
    c.fillText(text, this.width / 2, this.height / 2);
    c.textAlign = "start";
  }
}

class Panel extends Surface {
  resize() {
    const seen = super.resize();
    this.scale = Math.min(this.width, this.height) / (2 * VIEW);
    return seen;
  }

  x(value) { return this.width / 2 + value * this.scale; }
  y(value) { return this.height / 2 - value * this.scale; }

  // discs of a few device pixels as rectangles without their corners, all in one path: twice to four times as fast as
  // arcs or stamped pictures where there is no GPU
  dots(points, colour, radius, opacity) {
    const c = this.context, k = this.ratio, r = Math.max(1, Math.round(radius * k));
    const side = r > 1 ? Math.round(r * 0.5) : 1, middle = r > 3 ? Math.round(r * 0.8) : 0;
    const ox = (this.width / 2) * k, oy = (this.height / 2) * k, s = this.scale * k;
    c.save();
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.globalAlpha = opacity;
    c.fillStyle = colour;
    c.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const x = Math.round(ox + points[i] * s), y = Math.round(oy - points[i + 1] * s);
      c.rect(x - r, y - side, 2 * r, 2 * side);
      if (r > 1) c.rect(x - side, y - r, 2 * side, 2 * r);
      if (middle) c.rect(x - middle, y - middle, 2 * middle, 2 * middle);
    }
    c.fill();
    c.restore();
  }

  // how large 1 is: a circle of radius 1 and its cross
  ruler(colours) {
    const c = this.context;
    c.strokeStyle = colours.muted;
    c.globalAlpha = 0.45;
    c.lineWidth = 1;
    c.beginPath();
    c.arc(this.x(0), this.y(0), this.scale, 0, 2 * Math.PI);
    c.moveTo(this.x(-0.06), this.y(0)); c.lineTo(this.x(0.06), this.y(0));
    c.moveTo(this.x(0), this.y(-0.06)); c.lineTo(this.x(0), this.y(0.06));
    c.stroke();
    c.globalAlpha = 1;
    c.fillStyle = colours.muted;
    c.font = "11px system-ui, sans-serif";
    c.fillText("1", this.x(Math.SQRT1_2) + 3, this.y(Math.SQRT1_2) - 3);
  }

  density(picture) {
    const c = this.context, r = DENSITY_REACH * this.scale;
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = "low";
    c.drawImage(picture, this.x(0) - r, this.y(0) - r, 2 * r, 2 * r);
  }

  // arrows from grid points along the score; length grows with it and saturates
  arrows(grid, targets, alpha, colour, opacity) {
    const c = this.context, cell = (grid[2] - grid[0]) * this.scale;
    c.strokeStyle = colour;
    c.globalAlpha = opacity;
    c.lineWidth = 1.2;
    c.beginPath();
    for (let i = 0; i < grid.length; i += 2) {
      const dx = alpha * targets[i] - grid[i], dy = alpha * targets[i + 1] - grid[i + 1], size = Math.hypot(dx, dy);
      if (size < 1e-4) continue;
      const length = (0.85 * cell * size) / (size + 0.35), ux = dx / size, uy = -dy / size;
      const x = this.x(grid[i]), y = this.y(grid[i + 1]), ex = x + ux * length, ey = y + uy * length, head = Math.min(4, length / 2);
      c.moveTo(x, y);
      c.lineTo(ex, ey);
      c.moveTo(ex - head * (ux - 0.6 * uy), ey - head * (uy + 0.6 * ux));
      c.lineTo(ex, ey);
      c.lineTo(ex - head * (ux + 0.6 * uy), ey - head * (uy - 0.6 * ux));
    }
    c.stroke();
    c.globalAlpha = 1;
  }

  // the path of a particle over frames from..to (in either order); frames that have not come are skipped
  path(run, particle, from, to) {
    const c = this.context, array = run.arrays[this.name], have = run.have[this.name];
    let started = false;
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) {
      if (!have[i]) continue;
      const at = (i * run.particles + particle) * 2;
      if (started) c.lineTo(this.x(array[at]), this.y(array[at + 1]));
      else c.moveTo(this.x(array[at]), this.y(array[at + 1]));
      started = true;
    }
  }

  trails(run, frame, colour) {
    const c = this.context, behind = this.name === "forward" ? -TRAIL_FRAMES : TRAIL_FRAMES;
    const from = Math.max(0, Math.min(run.frames - 1, frame + behind));
    c.strokeStyle = colour;
    c.lineJoin = "round";
    c.lineWidth = 1;
    c.globalAlpha = 0.55;
    c.beginPath();
    for (let i = 0; i < Math.min(TRAILS, run.particles); i++) this.path(run, i, from, frame);
    c.stroke();
    c.globalAlpha = 1;
  }

  rings(points, colour, radius) {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = 1.3;
    c.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const x = this.x(points[i]), y = this.y(points[i + 1]);
      c.moveTo(x + radius, y);
      c.arc(x, y, radius, 0, 2 * Math.PI);
    }
    c.stroke();
  }

  highlight(run, particle, frame, colour, ink) {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = 1.6;
    c.lineJoin = "round";
    c.globalAlpha = 0.9;
    c.beginPath();
    this.path(run, particle, 0, run.frames - 1);
    c.stroke();
    c.globalAlpha = 1;
    const at = run.points(this.name, frame).subarray(particle * 2, particle * 2 + 2);
    c.fillStyle = colour;
    c.strokeStyle = ink;
    c.lineWidth = 2;
    c.beginPath();
    c.arc(this.x(at[0]), this.y(at[1]), 5, 0, 2 * Math.PI);
    c.fill();
    c.stroke();
  }

  // the particle nearest the pointer, or -1
  pick(points, px, py) {
    let best = -1, nearest = PICK_PIXELS ** 2;
    for (let i = 0; i < points.length; i += 2) {
      const d = (this.x(points[i]) - px) ** 2 + (this.y(points[i + 1]) - py) ** 2;
      if (d < nearest) { nearest = d; best = i / 2; }
    }
    return best;
  }
}

// The exact density as a picture whose empty parts are transparent, one per frame, kept while the run and theme last.
class DensityPictures {
  constructor() { this.clear(); }

  clear() { this.pictures = new Map(); }

  get(run, frame, ink) {
    if (!this.pictures.has(frame)) this.pictures.set(frame, this.draw(run, frame, ink));
    return this.pictures.get(frame);
  }

  draw(run, frame, ink) {
    const values = run.mixture.density(run.alpha[frame], run.sigma[frame], DENSITY_SIDE, DENSITY_REACH);
    let top = 0;
    for (const value of values) if (value > top) top = value;
    const picture = document.createElement("canvas");
    picture.width = picture.height = DENSITY_SIDE;
    const c = picture.getContext("2d"), image = c.createImageData(DENSITY_SIDE, DENSITY_SIDE);
    for (let i = 0; i < values.length; i++) {
      image.data[4 * i] = ink[0];
      image.data[4 * i + 1] = ink[1];
      image.data[4 * i + 2] = ink[2];
      image.data[4 * i + 3] = DENSITY_OPACITY * (values[i] / top) ** 0.6;
    }
    c.putImageData(image, 0, 0);
    return picture;
  }
}
