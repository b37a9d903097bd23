// Files that a browser reads and writes by itself.

const PART = 32768; // bytes that are made letters at once

/** A file in base64. @param {Blob} file */
export async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += PART) text += String.fromCharCode(...bytes.subarray(i, i + PART));
  return btoa(text);
}

/** Give the person a file. @param {string} name @param {BlobPart} content @param {string} [type] */
export function downloaded(name, content, type = "text/plain") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
