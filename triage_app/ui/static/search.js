// What was searched for in the history: it names patients, so it never stands in the address. This
// window keeps it for a reload or the way back; signing out removes it.
import * as vault from "/components/vault.js";

const KEY = "triage-search";
// Places of the two typed fields among the fields of the filter.
const PATIENT = 6;
const TEXT = 7;
let searched = false;

export async function recall(...values) {
  const [arrival] = performance.getEntriesByType("navigation");
  const again = ["reload", "back_forward"].includes(arrival?.type);
  // Somebody may have searched already, before the page had finished loading.
  if (!again && !searched) vault.drop(KEY);
  return (await vault.get(KEY)) ?? values;
}

export function keep(...values) {
  searched = true;
  vault.put(KEY, [values[PATIENT] ?? "", values[TEXT] ?? ""]);
  return values;
}

export function drop(...values) {
  vault.drop(KEY);
  return values;
}
