// What the page does around the player without asking the server: the link, the snippets, the theme, errors beside their controls.
(() => {
  let run = null;
  window.addEventListener("diffviz:run", (event) => {
    run = event.detail;
    document.querySelectorAll(".dv-field").forEach((field) => { field.title = field.querySelector(".info-text")?.textContent || ""; });
  });

  function dialog(title, text) {
    const box = document.createElement("dialog");
    box.className = "dv-code";
    box.setAttribute("aria-label", title);
    box.innerHTML = "<h2></h2><pre tabindex='0'></pre><button type='button' class='dv-copy'>Copy</button><button type='button'>Close</button>";
    box.querySelector("h2").textContent = title;
    box.querySelector("pre").textContent = text;
    const [copy, close] = box.querySelectorAll("button");
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren(box.querySelector("pre"));
        document.execCommand("copy");
      }
      copy.textContent = "Copied";
    };
    close.onclick = () => box.close();
    box.onclose = () => box.remove();
    box.onclick = (event) => event.target === box && box.close();
    document.body.append(box);
    box.showModal();
  }

  window.diffviz = {
    link: () => dialog("This link shows the same run again", location.href),
    snippet: () => run && dialog("The same run in Python", run.snippet),
    command: () => run && dialog("The same run on the command line", run.command),

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

    download: (text) => {
      if (!text) return;
      const { url, name } = JSON.parse(text), anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = name;
      document.body.append(anchor);
      anchor.click();
      anchor.remove();
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
