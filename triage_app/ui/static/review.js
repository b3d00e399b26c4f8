// The reading of a case: steps of the server, choices that exclude each other, PDFs.
import { meant, record } from "/components/begun.js";
import { element } from "/components/dom.js";
import { flush } from "/components/form.js";
import { leave } from "/components/me.js";
import { REVIEW } from "/components/words-review.js";

const LARGEST_MB = 10;
let begun = false;

// Before a step of the server: saves the form, then hands on its case and version, and what was
// chosen. `count` is the number of values that the step takes, `form` the reading that it records.
export async function flushed(count, form, ...values) {
  begun = false;
  const [id, version] = await flush();
  record(form, version);
  return [id, version, ...values.slice(2, count)];
}

export const exclusive = (none, values) => [meant(values ?? [], none)];

// After an impression was recorded: what it revealed stands at the top.
export function revealed() {
  if (!document.querySelector(".messages .notice.error")) scrollTo({ top: 0 });
  return [];
}

// The pathologist's report of an outcome.
class Documents extends HTMLElement {
  connectedCallback() {
    if (this.childElementCount) return;
    const input = element("input", { type: "file", accept: "application/pdf,.pdf", hidden: true, "aria-label": REVIEW.add });
    const button = element("button", { type: "button", class: "button" }, REVIEW.add);
    this.said = element("p", { class: "hint", role: "status" });
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => this.take(input));
    this.append(input, button, this.said);
  }

  async take(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    if (file.size > LARGEST_MB * 1e6) return this.say(REVIEW.tooLarge(LARGEST_MB));
    this.say(REVIEW.sending);
    const [id] = await flush();
    if (!id) return this.say(REVIEW.unsaved);
    this.say(await this.send(file));
  }

  // Sends it; empty once it is stored, else a sentence.
  async send(file) {
    const { case: id, outcome } = this.dataset;
    try {
      const headers = { "content-type": "application/pdf" };
      const answer = await fetch(`/api/cases/${id}/outcomes/${outcome}/document`, { method: "POST", headers, body: file });
      if (answer.status === 401) leave();
      if (!answer.ok) return (await answer.json()).error ?? REVIEW.unclear;
    } catch {
      return REVIEW.noConnection;
    }
    this.dispatchEvent(new CustomEvent("triage-attached", { bubbles: true, detail: { case: id } }));
    return "";
  }

  say(text) {
    this.said.textContent = text;
  }
}

// A reading that was begun and not recorded is not lost by a slip.
document.addEventListener("input", (event) => {
  if (event.target.closest?.(".review")) begun = true;
});
window.addEventListener("beforeunload", (event) => begun && event.preventDefault());

customElements.define("triage-document", Documents);
