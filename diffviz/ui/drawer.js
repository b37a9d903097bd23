// Draw a schedule by hand: points of log SNR, even in t, dragged with the pointer or moved with the arrow keys. The text field
// beside it holds the values; the curve between them is only sketched here, the monotone one is computed in schedules.py.
window.diffvizDrawer = (element) => {
  const WIDTH = 248, HEIGHT = 132, FULL = 150, EDGE = 12, LEFT = 34, LIMIT = 12, LEAST = 0.1, SVG = "http://www.w3.org/2000/svg";
  const svg = element.querySelector("svg");
  const field = () => element.closest(".dv-set").querySelector("[id$='-points'] :is(textarea, input)");
  const read = () => field().value.trim().split(/\s+/).map(Number).filter(Number.isFinite);
  const x = (i, count) => LEFT + ((WIDTH - LEFT - EDGE) * i) / Math.max(1, count - 1);
  const y = (value) => HEIGHT / 2 - (value / LIMIT) * (HEIGHT / 2 - EDGE);
  const add = (name, attributes) => {
    const item = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) item.setAttribute(key, value);
    return svg.appendChild(item);
  };

  // a point stays between its neighbours: log SNR falls
  function set(i, value) {
    const points = read(), above = i ? points[i - 1] - LEAST : LIMIT, below = i < points.length - 1 ? points[i + 1] + LEAST : -LIMIT;
    points[i] = Math.round(10 * Math.max(below, Math.min(above, value))) / 10;
    const input = field();
    input.value = points.join(" ");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
    return svg.querySelectorAll("circle")[i];
  }

  function draw() {
    if (!field()) return;
    const points = read(), line = points.map((value, i) => `${x(i, points.length)},${y(value)}`).join(" ");
    svg.replaceChildren();
    add("line", { x1: LEFT, x2: WIDTH, y1: y(0), y2: y(0), class: "dv-drawer-one" });
    for (const value of [10, 0, -10]) add("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }).textContent = `${value}`.replace("-", "−");
    for (const [text, at, anchor] of [["data", LEFT, "start"], ["log SNR over t", (LEFT + WIDTH) / 2, "middle"], ["noise", WIDTH - 2, "end"]]) {
      add("text", { x: at, y: HEIGHT + 13, "text-anchor": anchor }).textContent = text;
    }
    add("polyline", { points: line, class: "dv-drawer-line" });
    points.forEach((value, i) => {
      const name = `log SNR at point ${i + 1} of ${points.length}`;
      const dot = add("circle", { cx: x(i, points.length), cy: y(value), r: 6, tabindex: 0, role: "slider", "aria-label": name, "aria-valuenow": value });
      dot.addEventListener("pointerdown", (event) => drag(event, i));
      dot.addEventListener("keydown", (event) => {
        const change = { ArrowUp: 0.5, ArrowDown: -0.5 }[event.key];
        if (!change) return;
        event.preventDefault();
        set(i, value + change).focus();
      });
    });
  }

  function drag(event, i) {
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    const move = (e) => set(i, ((HEIGHT / 2 - ((e.clientY - box.top) / box.height) * FULL) / (HEIGHT / 2 - EDGE)) * LIMIT);
    const stop = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", stop);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop);
  }

  const others = (mutations) => mutations.some(({ target }) => !svg.contains(target)); // not what draw itself does
  new MutationObserver((mutations) => others(mutations) && draw()).observe(element.closest(".dv-set"), { childList: true, subtree: true });
  window.addEventListener("diffviz:run", () => setTimeout(draw, 100));
  draw();
};
