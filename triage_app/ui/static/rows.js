// The lines of a batch: each is a case of its own with two fields that save themselves.
import { Draft, kept, unsavedCases } from "/components/autosave.js";
import { me } from "/components/me.js";
import { WORDS } from "/components/words.js";

const FIELDS = ["patient_reference", "lesion_label"];
const drafts = new Map();

function say(id, kind, detail = "") {
  const place = document.querySelector(`[data-row-status="${id}"]`);
  if (!place) return;
  const text = { refused: () => WORDS.refused(detail), conflict: () => WORDS.rowConflict };
  place.textContent = text[kind]?.() ?? WORDS[kind] ?? "";
  place.className = `row-status ${kind}`;
}

function open(id, version, values) {
  let draft = drafts.get(id);
  if (!draft) {
    draft = new Draft((kind, detail) => say(id, kind, detail));
    Object.assign(draft, { id, version, seen: values });
    drafts.set(id, draft);
  }
  // Drawn anew from what is stored, after a step of the server: what it stored is not typed here.
  if (version > draft.version) Object.assign(draft, { version, seen: { ...values } });
  return draft;
}

export function changed(id, version, seen, ...values) {
  const now = Object.fromEntries(FIELDS.map((name, index) => [name, values[index] ?? ""]));
  open(id, version, seen).changed(now);
}

export const flushAll = () => Promise.all([...drafts.values()].map((draft) => draft.flush()));

// Before a step of the server: sends all lines, then hands the step its own values on.
export async function flushed(...values) {
  await flushAll();
  return values;
}

// When the page comes back: send what never reached the server, then draw from what is stored.
export async function recover(...values) {
  await me;
  for (const id of unsavedCases()) {
    const before = await kept(id);
    const draft = new Draft();
    Object.assign(draft, { id, version: before.base, unsaved: before.fields });
    // One that cannot be sent stays in the window; the page of its case offers it again.
    await draft.flush();
  }
  return values;
}

window.addEventListener("pagehide", () => drafts.forEach((draft) => draft.leave()));
