// What is given beside a run of pictures that is measured, edited or between two, and what came back of it, on the run's clock.

const PLACES = { mean: "mean at t", std: "spread at t", first_back: "comes back", last_back: "comes back" }; // of what is not given

const TITLE = 17; // pixels above a picture for its name

// Rows of [place, number of the side or none]: one under the other what should be alike.
function givenRows(given, sides) {
  const each = (place) => sides.map((_, number) => [place, number]), alone = (place) => [[place]];
  if (given.has("measured")) return [[...alone("truth"), ...each("mean"), ...alone("exact_mean")], [...alone("measured"), ...each("std"), ...alone("exact_std")]];
  if (given.has("last")) return sides.map((_, number) => [["first"], ["first_back", number], ["last_back", number], ["last"]]);
  return [[...alone("truth"), ...each("mean"), ...each("std")]];
}

// [dim] mean and standard deviation over the particles of a frame
function moments(run, frame) {
  const { dim, particles } = run, bytes = run.points("reverse", frame), mean = new Float64Array(dim), std = new Float64Array(dim);
  for (let i = 0, k = 0; i < particles; i++) for (let p = 0; p < dim; p++, k++) mean[p] += pixelValue(bytes[k]) / particles;
  for (let i = 0, k = 0; i < particles; i++) for (let p = 0; p < dim; p++, k++) std[p] += (pixelValue(bytes[k]) - mean[p]) ** 2 / Math.max(1, particles - 1);
  return { mean, std: std.map(Math.sqrt) };
}

class GivenPanel extends PicturePanel {
  // run: of A, whose given pictures are B's as well
  begin(run) {
    this.given = new Map(run.given.map(({ name, title, data, known }) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      return [name, { title, known, values: Float64Array.from(bytes, pixelValue) }];
    }));
  }

  // where the picture in a row and column goes, as large as all can be, and how large a pixel of it is
  layout({ shape: [, high, wide] }, rows) {
    const across = this.width / rows[0].length, fit = Math.min(across - 14, (this.height / rows.length - TITLE - 6) * (wide / high));
    const scale = fit / wide, down = TITLE + 6 + high * scale, above = (this.height - rows.length * down) / 2;
    return { scale, at: (row, column) => [(column + 0.5) * across - (wide * scale) / 2, above + row * down + TITLE + 2] };
  }

  // shown: { run, frame } of each side, frame being where the reverse process is
  draw(shown, opacity, colours, ink) {
    const rows = givenRows(this.given, shown), c = this.context, [, high, wide] = shown[0].run.shape, { scale, at } = this.layout(shown[0].run, rows);
    const found = shown.map(({ run, frame }) => moments(run, frame));
    c.imageSmoothingEnabled = false;
    c.font = "12px system-ui, sans-serif";
    c.textAlign = "center";
    c.lineWidth = 1.5;
    rows.forEach((row, r) => row.forEach(([place, side], column) => {
      const [left, top] = at(r, column), own = side !== undefined;
      const { title: name = PLACES[place], known = [], values = found[side]?.[place] || this.returned(place, shown[side]) } = this.given.get(place) || {};
      this.picture(shown[0].run.shape, values, known, place.endsWith("std") ? ink : null);
      c.globalAlpha = own ? opacity : 1;
      if (known.length) this.hatch(left, top, wide * scale, high * scale, colours.muted);
      c.drawImage(this.grid, left, top, wide * scale, high * scale);
      c.globalAlpha = 1;
      c.strokeStyle = own ? (shown.length > 1 ? [colours.a, colours.b][side] : colours.reverse) : place.startsWith("exact") ? colours.ink : colours.muted;
      c.setLineDash(place.startsWith("exact") ? [4, 3] : []); // the exact is dashed everywhere
      c.strokeRect(left - 1, top - 1, wide * scale + 2, high * scale + 2);
      c.setLineDash([]);
      c.fillStyle = colours.ink;
      c.fillText((own && shown.length > 1 ? `${"AB"[side]} ` : "") + name, left + (wide * scale) / 2, top - 7);
    }));
  }

  // of the way between two pictures, its two ends
  returned(place, { run, frame }) {
    const bytes = run.points("reverse", frame), start = place === "last_back" ? (run.particles - 1) * run.dim : 0;
    return Float64Array.from(bytes.subarray(start, start + run.dim), pixelValue);
  }

  // values [dim] into this.grid: as greys or colours where they are known, or as so much ink
  picture([channels, high, wide], values, known, ink) {
    Object.assign(this.grid, { width: wide, height: high });
    const g = this.grid.getContext("2d"), image = g.createImageData(wide, high), plane = high * wide;
    for (let k = 0; k < plane; k++) {
      const pixel = [0, 1, 2].map((colour) => values[k + (channels === 3 ? colour * plane : 0)]);
      if (ink) image.data.set([...ink, Math.min(255, 85 * (pixel[0] + pixel[1] + pixel[2]))], 4 * k);
      else image.data.set([...pixel.map((v) => 127.5 + 127.5 * v), known.length && !known[k] ? 0 : 255], 4 * k);
    }
    g.putImageData(image, 0, 0);
  }

  // where nothing is known
  hatch(left, top, width, height, colour) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(left, top, width, height);
    c.clip();
    c.strokeStyle = colour;
    c.lineWidth = 1;
    c.beginPath();
    for (let x = -height; x < width; x += 6) { c.moveTo(left + x, top + height); c.lineTo(left + x + height, top); }
    c.stroke();
    c.restore();
  }
}
