// Signing out: what was typed is sent first, then this window forgets everything.
import { flush, unsaved } from "/components/form.js";
import { flushAll } from "/components/rows.js";
import { WORDS } from "/components/words.js";

export async function signOut(form) {
  await Promise.all([flush(), flushAll()]);
  if (unsaved() && !confirm(WORDS.leaveUnsaved)) return;
  sessionStorage.clear();
  localStorage.clear();
  form.submit();
}
