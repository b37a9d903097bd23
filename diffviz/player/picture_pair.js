// Two runs of pictures: of each what goes forward and what comes back, and one picture of both enlarged beside what sets them apart.

const VIEWS = { reverse: "<i>x</i><sub>t</sub>", x0_hat: "<i>x̂</i><sub>0</sub>", eps_hat: "<i>ε̂</i>" }; // of what comes back

class PicturePairSide extends Side {
  constructor(element, number) {
    super(element, number, ["forward", "reverse"].map((name) => [name, PicturePanel]));
  }

  begin({ run, query, init }) { this.run = new PictureRun(run, query, init); }

  retheme() {}

  label(text) { this.element.querySelector(".dv-own").textContent = text; }
}

// A, B and |A - B|, where no difference is the panel's own colour and one of `reach`, of -reach to reach, is ink.
class EnlargedPanel extends PicturePanel {
  draw(shown, chosen, opacity, colours, ink) {
    const c = this.context, third = this.width / 3, room = Math.min(third - 12, this.height - 26);
    const [, high, wide] = shown[0].run.shape, scale = room / Math.max(wide, high), top = (this.height - 18 - high * scale) / 2;
    let apart = 0;
    const titles = ["A", "B", "|A − B|"], frames = [colours.a, colours.b, colours.muted];
    Object.assign(this.grid, { width: wide, height: high });
    const g = this.grid.getContext("2d");
    c.imageSmoothingEnabled = false;
    c.font = "12px system-ui, sans-serif";
    c.textAlign = "center";
    c.lineWidth = 2;
    for (const number of [0, 1, 2]) {
      const image = g.createImageData(wide, high), left = number * third + (third - wide * scale) / 2;
      if (number < 2) this.copy(shown[number].bytes, shown[number].run, chosen, image, 0, 0);
      else apart = this.difference(shown, chosen, image, ink);
      g.putImageData(image, 0, 0);
      c.globalAlpha = opacity;
      c.drawImage(this.grid, left, top, wide * scale, high * scale);
      c.globalAlpha = 1;
      c.strokeStyle = c.fillStyle = frames[number];
      c.strokeRect(left - 1, top - 1, wide * scale + 2, high * scale + 2);
      c.fillText(titles[number], left + (wide * scale) / 2, top + high * scale + 16);
    }
    return apart;
  }

  // draws it, and returns its mean over the picture
  difference([a, b], chosen, image, ink) {
    const [channels] = a.run.shape, plane = a.run.dim / channels, start = chosen * a.run.dim, reach = SHOWN[this.array] || 1;
    let total = 0;
    for (let k = 0; k < plane; k++) {
      let sum = 0;
      for (let i = start + k; i < start + a.run.dim; i += plane) sum += Math.abs(pixelValue(a.bytes[i]) - pixelValue(b.bytes[i]));
      image.data.set([...ink, Math.min(255, (255 * sum) / (channels * reach))], 4 * k);
      total += sum;
    }
    return total / a.run.dim;
  }
}

class PicturePairPlayer extends PicturePlayer {
  makeSide(element, number) { return new PicturePairSide(element, number); }

  bindView() {
    super.bindView();
    this.enlarged = new EnlargedPanel(this.find(".dv-enlarged canvas"), "enlarged", this.sides[0]);
    this.panels.push(this.enlarged, new GivenPanel(this.find(".dv-given canvas"), "given", this.sides[0]));
    this.root.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => this.look(button.dataset.view)));
    this.look("reverse");
  }

  // what is shown of the reverse process: the pictures, the estimate or the noise that is seen
  look(view) {
    this.view = view;
    for (const panel of this.panels) if (panel.name !== "forward") panel.array = view;
    this.root.querySelectorAll("[data-view]").forEach((b) => b.setAttribute("aria-pressed", b.dataset.view === view));
    this.root.querySelectorAll(".dv-view").forEach((place) => { place.innerHTML = VIEWS[view]; });
    this.paint();
  }

  overlaysOn() { return this.view === "reverse" ? [] : [this.view]; }

  paintPanel(panel) {
    if (panel !== this.enlarged) return super.paintPanel(panel);
    const shown = this.sides.map((side) => {
      const frame = this.frameOf({ name: "reverse", side });
      return { run: side.run, bytes: side.run.points(this.view, frame), here: side.run.have[this.view][frame] };
    });
    const here = shown.every((each) => each.here), place = this.find(".dv-apart"); // at t = 0 no noise is seen
    const apart = here && panel.draw(shown, this.chosen, this.waiting() ? 0.35 : 1, this.colours, this.inkBytes);
    const text = here ? `|A − B| = ${apart.toFixed(2)} on average` : "";
    if (place.textContent !== text) place.textContent = text;
  }
}
