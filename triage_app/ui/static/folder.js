// All files of what was dropped, folders opened to any depth; what is plainly no image is left out.
const IMAGE = /\.(?:jpe?g|png|webp|tiff?|bmp|hei[cf])$/i;

export async function dropped(transfer) {
  // Read at once: after the first wait the browser empties the list.
  const entries = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return null;
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return ofFolder(files);
}

// A folder holds more than images: previews, lists, hidden files of the system.
export function ofFolder(files) {
  const kept = files.filter((file) => !file.name.startsWith(".") && (IMAGE.test(file.name) || file.type.startsWith("image/")));
  return { files: kept, leftOut: files.length - kept.length };
}

async function walk(entry, files) {
  if (entry.isFile) {
    files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // Handed out in portions of a hundred, until there is an empty one.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await walk(inner, files);
  }
}
