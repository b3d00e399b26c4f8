// The one form of a page: joins its fields to the autosave of its case.
import { Draft, forget, kept, same, store } from "/components/autosave.js";
import { me } from "/components/me.js";

const watchers = new Set();
let last = null;
let decided = () => {};
let ready = false;
let early = null;
let flagsBefore = [];
const draft = new Draft(tell, (detail) => decided(detail));

// The line that shows it may be drawn later than the first message.
function tell(kind, detail = "") {
  last = [kind, detail];
  for (const callback of watchers) callback(kind, detail);
}

export function watch(callback) {
  watchers.add(callback);
  if (last) callback(...last);
  return () => watchers.delete(callback);
}

// Called by the result column, to be told when an answer changed the level or its reasons.
export function onDecision(callback) {
  decided = callback;
}

const blank = (name) => (name === "red_flags" ? [] : "");

function toValues(names, values) {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? blank(name)]));
}

// Fields of `wanted` that differ from `seen`.
function differing(wanted, seen) {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !same(value, seen[name])));
}

// After the page was filled: put unsaved text back, unless the case has moved on meanwhile.
export async function restore(names, filledId, filledVersion, ...values) {
  // By then this window has forgotten what another person typed.
  await me;
  document.documentElement.classList.remove("awaiting-case");
  // An image may have been added before the page had finished loading: its case stays.
  const id = filledId || draft.id;
  const version = filledId ? filledVersion : draft.version;
  // Without a case nothing was filled in: what stands there was typed while the page was loading.
  const shown = toValues(names, filledId ? values : (early ?? values));
  const seen = filledId ? shown : toValues(names, []);
  const before = await kept(id);
  const unsaved = { ...differing(before.fields, seen), ...differing(shown, seen) };
  const conflict = Object.keys(unsaved).length > 0 && filledId !== "" && before.base !== version;
  Object.assign(draft, { id, version, seen, unsaved: conflict ? {} : unsaved, refused: {}, conflict });
  flagsBefore = shown.red_flags;
  ready = true;
  if (conflict) {
    tell("found", Object.keys(unsaved));
    return [];
  }
  draft.keep();
  draft.schedule();
  // Undefined leaves a field as it is, also if somebody types in it right now.
  return names.map((name) => (same(unsaved[name], shown[name]) ? undefined : unsaved[name]));
}

// The reader's choice after a conflict: the page comes again with or without the old edits.
export async function resolve(putBack) {
  if (putBack) await store(draft.id, draft.version, (await kept(draft.id)).fields);
  else forget(draft.id);
  location.reload();
}

// "None present" and the red flags exclude each other; the one ticked last counts.
export function exclusive(none, flags) {
  const added = (flags ?? []).filter((flag) => !flagsBefore.includes(flag));
  let chosen = flags ?? [];
  if (added.includes(none)) chosen = [none];
  else if (added.length) chosen = chosen.filter((flag) => flag !== none);
  flagsBefore = chosen;
  return [chosen];
}

export function changed(names, ...values) {
  if (!ready) early = values;
  else draft.changed(toValues(names, values));
}

// An image was stored: what was typed before belongs to its case from now on.
export async function begin(id, version) {
  forget("");
  Object.assign(draft, { id, version, conflict: false, decision: "" });
  draft.keep();
  await draft.flush();
}

// A handler of the server changed the case: go on from its version.
export function adopt(id, version) {
  if (id && id === draft.id) draft.version = version;
}

// Before a step of the server. Gives the case and its version, or none if something is unsaved.
export async function flush() {
  return (await draft.flush()) ? [draft.id, draft.version] : ["", 0];
}

// Whether something was typed that the server does not have.
export const unsaved = () => Object.keys(draft.unsaved).length > 0;

window.addEventListener("pagehide", () => draft.leave());
window.addEventListener("online", () => draft.schedule(0));

// A form that is about to be filled from a case takes no keys until restore() is called.
const formPage = ["/analyse", "/case"].includes(location.pathname);
if (formPage && new URLSearchParams(location.search).get("id")) {
  document.documentElement.classList.add("awaiting-case");
}
