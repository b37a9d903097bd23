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
    if (title) title.textContent = headline(detail);
    if (title) title.title = title.textContent;
    document.body.classList.remove("dv-changed");
    document.querySelectorAll(".dv-field").forEach((field) => { field.title = field.querySelector(".info-text")?.textContent || ""; });
  });

  // Run gives way to Stop from the click on until the player says that all has come, or a sentence says that it cannot
  const busy = (prefix, is) => document.getElementById(`${prefix}-page`)?.classList.toggle("dv-busy", is);
  window.addEventListener("diffviz:busy", ({ detail }) => busy(prefixes[detail.player], detail.busy));
  document.addEventListener("click", ({ target }) => {
    const start = target.closest && target.closest("[id$='-run'], [id$='-questions'] button");
    if (start) busy(start.closest("[id$='-page']").id.split("-")[0], true);
    if (target.id && target.id.endsWith("-stop")) busy(target.id.split("-")[0], false);
  });

  // Gradio's text field tells of a key that was pressed, but not of text that was pasted, deleted, drawn or painted into it
  document.addEventListener("input", ({ target, inputType }) => {
    if (target.dataset.testid === "textbox" && inputType !== "insertText") target.dispatchEvent(new KeyboardEvent("keypress", { key: "Unidentified" }));
  });

  // one run's title, or what is common to two and what is each one's own
  function headline({ runs, own }) {
    const parts = runs[0].title.split(" · ");
    if (!own || !(own[0].length + own[1].length)) return runs[0].title;
    const common = parts.filter((part) => !own[0].includes(part)).join(" · ");
    return `A: ${own[0].join(" · ")}   B: ${own[1].join(" · ")}   (${common})`;
  }

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

  window.diffviz = {
    query: () => (here() ? here().runs[0].query : ""),
    queries: () => (here() ? JSON.stringify(here().runs.map((r) => r.query)) : ""),
    opening: (name) => (shown[name] ? "shown" : asked === name ? opened : ""),
    differs: (text) => {
      document.querySelectorAll(".dv-differs").forEach((e) => e.classList.remove("dv-differs"));
      for (const id of JSON.parse(text || "[]")) document.getElementById(id)?.classList.add("dv-differs");
    },
    csv: () => {
      const text = here()?.comparison?.csv;
      if (!text) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = "diffviz-comparison.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    },
    sweep: (text) => {
      const { title, figure } = JSON.parse(text || "{}");
      if (figure) window.diffviz.figure(title, figure);
    },
    figure: (title, figure) => {
      const plot = document.createElement("div");
      plot.className = "dv dv-dialog-plot";
      dialog(title, [plot]);
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
      const { field, message, prefix } = JSON.parse(text), tab = prefix.split("-")[0], control = document.getElementById(`${prefix}-${field}`);
      const shown = control?.classList.contains("dv-field") && control.offsetParent ? control : document.getElementById(`${tab}-actions`);
      busy(tab, false);
      const sentence = document.createElement("p");
      sentence.className = "dv-error";
      sentence.setAttribute("role", "alert");
      sentence.textContent = message;
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
