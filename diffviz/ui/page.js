// What the page does around the player without asking the server: the link, the snippets, the theme, errors beside their controls.
(() => {
  const opened = location.search, PAIR = /[?&][ab]=/; // the address that the page was opened with
  const shown = {}; // by player: what it shows
  const prefixes = { explore: "dv", compare: "dvc", images: "dvi", compare_images: "dvp" };
  const here = () => shown[Object.keys(prefixes).find((name) => document.getElementById(`${prefixes[name]}-page`)?.offsetParent) || "explore"];
  const fields = new URLSearchParams(opened), sides = [fields.get("a"), fields.get("b")];
  const ofPictures = (run) => (window.diffvizPictures || []).includes(new URLSearchParams(run).get("dataset"));
  // the tab that the address belongs to
  const asked = PAIR.test(opened) ? (sides.some(ofPictures) ? "compare_images" : "compare") : ofPictures(opened) ? "images" : "explore";
  window.addEventListener("diffviz:run", ({ detail }) => {
    shown[detail.player] = detail;
    const prefix = prefixes[detail.player], title = document.querySelector(`#${prefix}-brand span`);
    if (title) headline(title, detail);
    document.body.classList.remove("dv-changed");
    document.querySelectorAll(".dv-files-open:not([aria-expanded])").forEach((opener) => opener.setAttribute("aria-expanded", false));
    document.querySelectorAll(".dv-field").forEach((field) => { field.title = field.querySelector(".info-text")?.textContent || ""; });
  });

  // one run's title, or what is each one's own of two, always whole, and what they have in common, as much as there is room for
  const HEAD_PIXELS = 35, LETTERS = [13, 12, 11, 10, 9, 8]; // two lines; sizes to try
  const part = (kind, name, text) => Object.assign(document.createElement(kind), { className: name, textContent: text });
  function headline(place, { runs, comparison }) {
    const { own, common } = comparison || {};
    if (own?.join("")) {
      const apart = part("i", "dv-own-parts", "");
      apart.append(part("b", "", `A: ${own[0]}`), " ", part("b", "", `B: ${own[1]}`));
      place.replaceChildren(apart, part("i", "dv-common", common));
      place.title = `${apart.textContent}\n${common}`;
    } else {
      place.replaceChildren(part("i", "dv-common", runs[0].title));
      place.title = runs[0].title;
    }
    fitHead(place);
  }
  function fitHead(place) {
    const apart = place.querySelector(".dv-own-parts");
    if (!apart) return;
    for (const size of LETTERS) {
      apart.style.fontSize = `${size}px`;
      apart.classList.toggle("dv-tight", size < 11); // A and B no longer begin a line each
      if (apart.offsetHeight <= HEAD_PIXELS) break;
    }
    apart.nextSibling.style.display = apart.offsetHeight > HEAD_PIXELS / 2 ? "none" : ""; // there is no line left
  }
  window.addEventListener("resize", () => document.querySelectorAll("[id$='-brand'] span").forEach(fitHead));

  if (asked !== "explore") {
    const open = setInterval(() => {
      const tab = [...document.querySelectorAll("#dv-tabs button[role=tab]")].find((b) => b.textContent.trim().toLowerCase() === asked.replace("_", " "));
      if (tab) { clearInterval(open); tab.click(); }
    }, 50);
  }

  // a dialog with a title, some content and a button or two
  function dialog(title, content, ...buttons) {
    const box = document.createElement("dialog"), head = document.createElement("h2"), close = document.createElement("button");
    box.className = "dv-dialog";
    box.setAttribute("aria-label", head.textContent = title);
    close.textContent = "Close";
    close.onclick = () => box.close();
    box.onclose = () => box.remove();
    box.onclick = (event) => event.target === box && box.close();
    box.append(head, ...content, ...buttons, close);
    document.body.append(box);
    box.showModal();
  }

  function show(title, text) {
    const code = document.createElement("pre"), copy = document.createElement("button");
    code.textContent = text;
    code.tabIndex = 0;
    copy.textContent = "Copy";
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {  // no permission, or not a secure address
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      copy.textContent = "Copied";
    };
    dialog(title, [code], copy);
  }

  function paragraph(name, html) {
    const p = document.createElement("p");
    p.className = name;
    p.innerHTML = html;
    return p;
  }

  document.addEventListener("click", (event) => {
    const word = event.target.closest && event.target.closest("[data-term]");
    if (!word) return;
    const { title, formula, text, source } = window.diffvizGlossary[word.dataset.term];
    dialog(title, [paragraph("dv-formula", formula), paragraph("", text), paragraph("dv-source", source)]);
  });

  // the controls of B that differ from A's; Gradio makes a side's controls when its tab is first opened
  let differing = [];
  function mark() {
    document.querySelectorAll(".dv-differs").forEach((field) => field.classList.remove("dv-differs"));
    for (const id of differing) document.getElementById(id)?.classList.add("dv-differs");
  }
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("[id$='-sets'] button, .dv-more button")) for (const wait of [0, 100, 400]) setTimeout(mark, wait);
  });

  window.diffviz = {
    shown: () => (here() ? JSON.stringify({ runs: here().runs.map((run) => run.query), overlays: here().overlays() }) : ""),
    opening: (name) => (shown[name] ? "shown" : asked === name ? opened : ""),
    differs: (text) => {
      const ids = JSON.parse(text || "[]"), prefix = ids.length ? ids[0].split("-")[0] : null;
      differing = ids;
      mark();
      document.querySelectorAll("[id$='-sets']").forEach((sets) => sets.classList.toggle("dv-b-differs", sets.id.startsWith(`${prefix}-`)));
    },
    sweep: (text) => window.diffvizWaiting.sweep(text),
    figure: (title, figure) => {
      const plot = document.createElement("div");
      plot.className = "dv dv-dialog-plot";
      const picture = Object.assign(document.createElement("button"), { textContent: "PNG" });
      picture.onclick = () => window.Plotly.downloadImage(plot, { format: "png", width: 1200, height: 700, scale: 2, filename: "diffviz-gap" });
      dialog(title, [plot], picture);
      window.diffvizPlayers.plot(plot, figure);
    },
    // the picture is of other settings until Run, and what was said of the old ones no longer holds
    changed: () => {
      document.body.classList.add("dv-changed");
      window.diffviz.notice("");
    },
    link: () => show("This link shows the same run again", location.href),
    snippet: () => here() && show("The same in Python", (here().comparison || here().runs[0]).snippet),
    command: () => here() && show("The same on the command line", (here().comparison || here().runs[0]).command),

    theme: () => {
      const dark = document.body.classList.toggle("dark");
      try { localStorage.setItem("diffviz-theme", dark ? "dark" : "light"); } catch { /* private window */ }
    },

    // an error stands beside its control, and near Run for a control that is folded away
    notice: (text) => {
      document.querySelectorAll(".dv-error").forEach((old) => old.remove());
      document.querySelectorAll(".dv-wrong").forEach((old) => old.classList.remove("dv-wrong"));
      if (!text) return;
      const { field, message, prefix } = JSON.parse(text), [tab, side] = prefix.split("-"), control = document.getElementById(`${prefix}-${field}`);
      const shown = control?.classList.contains("dv-field") && control.offsetParent ? control : document.getElementById(`${tab}-actions`);
      window.diffvizWaiting.rest(tab);
      const sentence = document.createElement("p");
      sentence.className = "dv-error";
      sentence.setAttribute("role", "alert");
      sentence.textContent = side && shown !== control ? `${side.toUpperCase()}: ${message}` : message;
      if (shown === control) { shown.append(sentence); shown.classList.add("dv-wrong"); } else shown.prepend(sentence);
      sentence.scrollIntoView({ block: "nearest" });
    },
  };

  let kept = null;
  try { kept = localStorage.getItem("diffviz-theme"); } catch { /* private window */ }
  if (kept && !new URLSearchParams(location.search).has("__theme")) {
    const apply = () => document.body && document.body.classList.toggle("dark", kept === "dark");
    apply();
    window.addEventListener("load", () => setTimeout(apply, 0));
  }
})();
