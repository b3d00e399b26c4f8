// Readings that were begun and not recorded. They stay in this window, sealed, until they are: through
// a reload, a crash, and other steps, which draw the page anew with empty forms.
import { same } from "/components/autosave.js";
import * as vault from "/components/vault.js";

const NONE = "none";
const SETTLED_MS = 1000;
const key = (id, form) => `triage-begun:${id}:${form}`;
let recording = { form: "", version: 0 };
// While the page is drawn, fields change that nobody has touched, and some tell it a little later.
let drawn = false;
let drawnAt = 0;

// The present day of the site, as it was drawn; the browser may be in another time zone.
const today = () => document.querySelector("[data-today]")?.dataset.today;

// A field as the server draws it: empty, or with the present day.
const blank = (value) => (value ?? "").length === 0 || value === today();

// "None" and the other choices exclude each other; the one ticked last, which stands last, counts.
export function meant(ticked, none = NONE) {
  return ticked.at(-1) === none ? [none] : ticked.filter((value) => value !== none);
}

// The fields of a form of the case have changed.
export async function changed(form, id, ...values) {
  const settling = performance.now() - drawnAt < SETTLED_MS;
  if (!id || !drawn || (settling && values.every(blank))) return;
  const kept = values.map((value) => (Array.isArray(value) ? meant(value) : value));
  await vault.put(key(id, form), kept);
}

// The page is about to be drawn anew.
export function drawing() {
  drawn = false;
  return [];
}

// A form is being recorded over this version of its case; without a name, something else is done.
export function record(form, version) {
  drawing();
  recording = { form, version };
}

// After the page was drawn. A form that was recorded since has raised the version of the case, and
// is forgotten; of the others comes back what they lack. `forms` are pairs of a name and a count.
export async function again(forms, id, version, ...values) {
  const recorded = version > recording.version ? recording.form : "";
  recording = { form: "", version: 0 };
  // From here on typing is kept; what was typed before is among the values.
  drawn = true;
  drawnAt = performance.now();
  const found = [];
  for (const [form, count] of forms) {
    const shown = values.splice(0, count);
    if (form === recorded) vault.drop(key(id, form));
    const wanted = id && form !== recorded ? await begun(form, id, shown) : shown;
    // Undefined leaves a field as it is.
    found.push(...wanted.map((value, i) => (same(value, shown[i]) ? undefined : value)));
  }
  drawnAt = performance.now();
  return found;
}

// What is shown, with what was kept where a field is as the server drew it.
async function begun(form, id, shown) {
  const kept = await vault.get(key(id, form));
  const whole = kept?.length === shown.length;
  const wanted = shown.map((value, i) => (whole && blank(value) ? kept[i] : value));
  if (!wanted.every(blank)) await vault.put(key(id, form), wanted);
  return wanted;
}
