// What the page does around the player without asking the server: the link, the snippets, the theme, errors beside their controls.
(() => {
  let run = null;
  window.addEventListener("diffviz:run", (event) => {
    run = event.detail;
    document.querySelector("#dv-brand span").textContent = run.title;
    document.body.classList.remove("dv-changed");
    document.querySelectorAll(".dv-field").forEach((field) => { field.title = field.querySelector(".info-text")?.textContent || ""; });
  });

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
    query: () => run ? run.query : "",
    changed: () => document.body.classList.add("dv-changed"), // the picture is of other settings until Run
    link: () => show("This link shows the same run again", location.href),
    snippet: () => run && show("The same run in Python", run.snippet),
    command: () => run && show("The same run on the command line", run.command),

    theme: () => {
      const dark = document.body.classList.toggle("dark");
      try { localStorage.setItem("diffviz-theme", dark ? "dark" : "light"); } catch { /* private window */ }
    },

    // an error stands beside its control, and near Run for a control that is folded away
    notice: (text) => {
      document.querySelectorAll(".dv-error").forEach((old) => old.remove());
      document.querySelectorAll(".dv-wrong").forEach((old) => old.classList.remove("dv-wrong"));
      if (!text) return;
      const { field, message } = JSON.parse(text), control = document.getElementById(`dv-${field}`);
      const shown = control && control.offsetParent ? control : document.getElementById("dv-actions");
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
