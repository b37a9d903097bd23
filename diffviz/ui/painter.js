// Paint which pixels of a picture are known: a press hides what is shown or shows what is hidden, and a drag goes on with that.
// The mask goes into its text field, which stands beside, bit by bit; the shortest text for it is found in Python.
window.diffvizPainter = (element) => {
  const SIDE = 248, LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const canvas = element.querySelector("canvas"), c = canvas.getContext("2d");
  let high = 0, wide = 0, grey = [], known = [], cursor = null, painting = null, last = null;
  const field = () => element.closest(".dv-set").querySelector("[id$='-mask-text'] :is(textarea, input)");
  const brush = () => Math.max(0, Math.round(wide / 20)); // pixels on either side of the one that is met
  const scale = () => Math.floor(SIDE / wide);

  function text() {
    let letters = "";
    for (let i = 0; i < known.length; i += 6) letters += LETTERS[known.slice(i, i + 6).reduce((sum, bit, k) => sum + (bit << k), 0)];
    return `${high}x${wide}.b${letters}`;
  }

  function write(mask) {
    const input = field();
    input.value = mask;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function draw() {
    const k = scale(), ink = getComputedStyle(element).color;
    Object.assign(canvas, { width: wide * k, height: high * k });
    for (let i = 0; i < known.length; i++) {
      const x = (i % wide) * k, y = Math.floor(i / wide) * k;
      c.globalAlpha = known[i] ? 1 : 0.3;
      c.fillStyle = `rgb(${grey[i]} ${grey[i]} ${grey[i]})`;
      c.fillRect(x, y, k, k);
      c.globalAlpha = 1;
      if (known[i]) continue;
      c.strokeStyle = ink;
      c.lineWidth = 1;
      c.beginPath();
      for (let d = 3; d < 2 * k; d += 6) { c.moveTo(x + Math.max(0, d - k), y + Math.min(k, d)); c.lineTo(x + Math.min(k, d), y + Math.max(0, d - k)); }
      c.stroke();
    }
    if (cursor === null) return;
    c.strokeStyle = "#d55e00";
    c.lineWidth = 2;
    c.strokeRect((cursor % wide) * k + 1, Math.floor(cursor / wide) * k + 1, k - 2, k - 2);
  }

  function fill(place, value, reach) {
    const row = Math.floor(place / wide), column = place % wide;
    for (let y = Math.max(0, row - reach); y <= Math.min(high - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(wide - 1, column + reach); x++) known[y * wide + x] = value;
    }
  }

  // from one pixel to another in a straight line: a fast hand leaves out some
  function stroke(from, to) {
    const [y0, x0, y1, x1] = [from, to].flatMap((place) => [Math.floor(place / wide), place % wide]), steps = Math.max(1, Math.abs(y1 - y0), Math.abs(x1 - x0));
    for (let i = 0; i <= steps; i++) fill(Math.round(y0 + ((y1 - y0) * i) / steps) * wide + Math.round(x0 + ((x1 - x0) * i) / steps), painting, brush());
    last = to;
    draw();
  }

  // the pixel under the pointer, or none
  function at(event) {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * wide), y = Math.floor(((event.clientY - box.top) / box.height) * high);
    return x >= 0 && x < wide && y >= 0 && y < high ? y * wide + x : null;
  }

  canvas.addEventListener("pointerdown", (event) => {
    const place = at(event);
    if (place === null) return;
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    painting = !known[place];
    stroke(place, place);
  });
  canvas.addEventListener("pointermove", (event) => {
    const place = painting === null ? null : at(event);
    if (place !== null) stroke(last, place);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (painting === null) return;
      painting = null;
      write(text());
    });
  }

  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }, move = moves[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // these keys are the player's elsewhere
    cursor ??= 0;
    if (move) {
      const row = Math.floor(cursor / wide) + move[0], column = (cursor % wide) + move[1];
      if (row >= 0 && row < high && column >= 0 && column < wide) cursor = row * wide + column;
      draw();
    } else {
      fill(cursor, !known[cursor], 0);
      draw();
      write(text());
    }
  });
  canvas.addEventListener("blur", () => { cursor = null; draw(); });

  element.addEventListener("click", ({ target }) => {
    const fill = target.dataset && target.dataset.fill, inside = (i, n) => i >= Math.floor(n / 4) && i < n - Math.floor(n / 4);
    if (!fill || !wide) return;
    known = known.map((was, i) => {
      const row = Math.floor(i / wide), column = i % wide;
      return fill === "invert" ? !was : fill === "half" ? row < high / 2 : !(inside(row, high) && inside(column, wide));
    });
    draw();
    write(text());
  });
  // another theme, another ink, which comes by and by
  new MutationObserver(() => setTimeout(draw, 300)).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  // what the page says of the fields as they are; what came late, after more was painted, is of no account
  return (value) => {
    if (!value) return;
    const told = JSON.parse(value);
    if (painting !== null || !field() || field().value !== told.text) return;
    [high, wide] = told.shape;
    grey = Uint8Array.from(atob(told.data), (letter) => letter.charCodeAt(0));
    known = told.known;
    draw();
  };
};
