// While the server works: Stop in the place of Run, how far a sweep is, and a sentence if the server is gone.
(() => {
  // Run gives way to Stop from the click on until the player says that all has come, or a sentence says that it cannot; and while
  // a sweep is under way
  const prefixOf = (element) => element.closest("[id$='-page']").id.split("-")[0];
  const pageOf = (prefix) => document.getElementById(`${prefix}-page`);
  const busy = (prefix, is) => pageOf(prefix).classList.toggle("dv-busy", is);
  function rest(prefix) {
    busy(prefix, false);
    pageOf(prefix).classList.remove("dv-sweeping");
    pageOf(prefix).querySelector(".dv-sweep-note")?.remove();
  }
  window.addEventListener("diffviz:busy", ({ detail }) => busy(prefixOf(document.getElementById(`dv-player-${detail.player}`)), detail.busy));
  document.addEventListener("click", ({ target }) => {
    const start = target.closest && target.closest("[id$='-run'], [id$='-questions'] button");
    if (start) {
      rest(prefixOf(start)); // a sweep that is under way is of no account any more
      busy(prefixOf(start), true);
    }
    if (target.id && target.id.endsWith("-stop")) rest(prefixOf(target));
    if (target.id && target.id.endsWith("-sweep")) {
      pageOf(prefixOf(target)).classList.add("dv-sweeping");
      sweepNote(prefixOf(target), 0, 1, "beginning");
    }
  });

  // how far a sweep is, over Stop
  function sweepNote(prefix, done, all, text) {
    const actions = document.getElementById(`${prefix}-actions`);
    let note = actions.querySelector(".dv-sweep-note");
    if (!note) {
      note = document.createElement("p");
      note.className = "dv-sweep-note";
      note.setAttribute("role", "status");
      note.append(document.createElement("span"), document.createElement("progress"));
      actions.prepend(note);
    }
    note.firstChild.textContent = `Gap against T: ${text}`;
    Object.assign(note.lastChild, { max: all, value: done });
  }

  // a server that is gone says nothing: as long as something is awaited, it is asked whether it is there, and still the same one
  const ASK_MS = 4000, PATIENCE_MS = 20000, MISSES = 2;
  async function isThere() {
    try {
      const answer = await fetch("gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      return (await answer.json()).app_id === window.gradio_config.app_id;
    } catch {
      return false;
    }
  }
  (async function watch(misses) {
    const waiting = [...document.querySelectorAll(".dv-busy, .dv-sweeping")];
    misses = !waiting.length || (await isThere()) ? 0 : misses + 1;
    if (misses === MISSES) {
      const message = "The server no longer answers. What has come can be played; load the page again to go on.";
      for (const page of waiting) {
        const prefix = prefixOf(page);
        page.querySelector(".dv").player.stopped();
        rest(prefix);
        window.diffviz.notice(JSON.stringify({ field: "run", message, prefix }));
      }
      misses = 0;
    }
    setTimeout(() => watch(misses), ASK_MS);
  })(0);

  // what comes of a sweep: how far it is, then its title and figure
  function sweep(text) {
    const { done, all, title, figure } = JSON.parse(text || "{}"), page = document.querySelector(".dv-sweeping");
    if (!page) return; // it was stopped
    if (!figure) return sweepNote(prefixOf(page), done, all, `${done} of ${all} chains`);
    rest(prefixOf(page));
    window.diffviz.figure(title, figure);
  }

  window.diffvizWaiting = { rest, sweep };
})();
