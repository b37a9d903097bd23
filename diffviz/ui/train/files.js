// A training as a file, and back.

const MOST_BYTES = 40_000_000;

/** Give the person a file. @param {string} name @param {string} data base64 */
export function give(name, data) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Base64 of a file that a person chose; throws a sentence. @param {File} file */
export async function taken(file) {
  if (file.size > MOST_BYTES) throw new Error(`The file must have at most ${MOST_BYTES / 1e6} MB.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}
