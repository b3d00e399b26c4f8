// Readings that were begun and not recorded. They stay in this window, sealed, until they are: through
// a reload, a crash, and other steps, which draw the page anew with empty forms.
import { same } from "/components/autosave.js";
import * as vault from "/components/vault.js";

const NONE = "none";
const key = (id, form) => `triage-begun:${id}:${form}`;
// Values of each form as the server draws it, without anything begun.
const blanks = new Map();
let recording = { form: "", version: 0 };
// While the page is drawn, fields change that nobody has touched.
let drawn = false;

// "None" and the other choices exclude each other; the one ticked last, which stands last, counts.
export function meant(ticked, none = NONE) {
  return ticked.at(-1) === none ? [none] : ticked.filter((value) => value !== none);
}

// The fields of a form of the case have changed.
export async function changed(form, id, ...values) {
  if (!id || !drawn) return;
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
  const found = [];
  for (const [form, count] of forms) {
    const shown = values.splice(0, count);
    if (!blanks.has(form)) blanks.set(form, shown);
    if (form === recorded) vault.drop(key(id, form));
    const wanted = id && form !== recorded ? await begun(form, id, shown) : shown;
    // Undefined leaves a field as it is.
    found.push(...wanted.map((value, i) => (same(value, shown[i]) ? undefined : value)));
  }
  drawn = true;
  return found;
}

// What is shown, with what was kept where a field is as the server drew it.
async function begun(form, id, shown) {
  const kept = await vault.get(key(id, form));
  const blank = blanks.get(form);
  const whole = kept?.length === shown.length;
  const wanted = shown.map((value, i) => (whole && same(value, blank[i]) ? kept[i] : value));
  if (!same(wanted, blank)) await vault.put(key(id, form), wanted);
  return wanted;
}
