// A field's text that no link can hold, such as that of many points or words: the address names it, and this tab of the browser
// keeps it, so that a reload, Back and Forward show the run again. Elsewhere the server says that it must be loaded from its file.

const MOST = 4096; // letters; LINK_LETTERS of own_points and of lists
const MARK = "file:"; // own_points.ELSEWHERE

/** A short name for a text (FNV-1a). @param {string} text */
function nameOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${MARK}${hash.toString(16)}`;
}

/** Of this tab; asked for when it is needed, as a frame may be forbidden to. @returns {Storage} */
const session = () => sessionStorage;

/** @param {string} query of one run @param {() => {setItem: (name: string, text: string) => void}} [store] */
export function lightened(query, store = session) {
  if (query.length <= MOST) return query;
  const fields = new URLSearchParams(query);
  for (const [name, text] of [...fields]) {
    if (text.length <= MOST) continue;
    fields.set(name, nameOf(text));
    try {
      store().setItem(nameOf(text), text);
    } catch { /* the store is full or forbidden: the file is left */ }
  }
  return fields.toString();
}

/** @param {string} search @param {() => {getItem: (name: string) => string | null}} [store] */
export function laden(search, store = session) {
  if (!isHeavy(search)) return search;
  const fields = new URLSearchParams(search);
  for (const [name, text] of [...fields]) {
    if (name === "a" || name === "b") fields.set(name, laden(text, store));
    else if (text.startsWith(MARK)) {
      try {
        fields.set(name, store().getItem(text) ?? text);
      } catch { /* the server says that the file is needed */ }
    }
  }
  return `${search.startsWith("?") ? "?" : ""}${fields}`;
}

/** The fields whose text an address does not hold. @param {string} search */
export const heavyFields = (search) => [...search.matchAll(/([a-z_]+)(?:=|%3[Dd])file(?::|%3[Aa]|%253[Aa])/g)].map(([, name]) => name);

/** Does an address name what it does not hold? @param {string} search */
export const isHeavy = (search) => heavyFields(search).length > 0;
