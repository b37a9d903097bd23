// Trained networks in Explore: in the denoiser menus of this page alone, as long as the server knows them.

const STORED = "diffviz-trained"; // in the tab's own memory, which ends with it
const MOST = 12;

/** Fields some of whose choices work with some denoisers alone, and what an entry says of one that they work with. */
const ASKED = /** @type {const} */ ({ sampler: "energy", variance: "variance" });

/** @typedef {{id: string, title: string, dataset: string, energy?: boolean, variance?: boolean}} OnShelf energy: it has a density; variance: it predicts one */

/** @returns {OnShelf[]} */
function stored() {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORED) || "[]");
    return Array.isArray(found) ? found.filter(({ id }) => /^trained:[0-9a-f]{16}$/.test(id)).slice(-MOST) : [];
  } catch { // a private window, or something else is there
    return [];
  }
}

/** @param {OnShelf[]} list */
function store(list) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(list));
  } catch { /* a private window */ }
}

/**
 * @param {any} table of Explore's form: its menus are made of it
 * @param {(what: {ids: string[]}) => Promise<{known: string[]} | null>} ask
 * @param {() => void} changed the menus are others
 */
export function makeShelf(table, ask, changed) {
  const plane = table.domains.find((/** @type {any} */ domain) => domain.choices.denoiser && domain.datasets.some((/** @type {any} */ row) => row[0] === table.defaults.dataset));
  const rows = plane.choices.denoiser;
  const asking = Object.entries(ASKED).flatMap(([field, asked]) => Object.values(plane.only[field] ?? {}).flatMap(({ denoiser }) => (denoiser ? [{ asked, names: denoiser }] : [])));
  let list = stored();

  function show() {
    const own = list.map(({ id, title }) => [id, `Trained here: ${title}`, "A network that was trained on this page. It is in this tab's menus alone."]);
    rows.splice(0, rows.length, ...rows.filter((/** @type {any} */ [value]) => !String(value).startsWith("trained:")), ...own);
    for (const { asked, names } of asking) {
      const able = list.filter((entry) => entry[asked]).map(({ id }) => id);
      names.splice(0, names.length, ...names.filter((/** @type {string} */ name) => !name.startsWith("trained:")), ...able);
    }
    store(list);
    changed();
  }

  if (list.length) show();
  return {
    /** @param {OnShelf} entry */
    put(entry) {
      list = [...list.filter(({ id }) => id !== entry.id), entry].slice(-MOST);
      show();
    },
    /** Those that the server no longer knows are taken away. */
    async check() {
      if (!list.length) return;
      const answer = await ask({ ids: list.map(({ id }) => id) });
      if (!answer) return; // it does not answer: nothing is known
      const kept = list.filter(({ id }) => answer.known.includes(id));
      if (kept.length === list.length) return;
      list = kept;
      show();
    },
  };
}
