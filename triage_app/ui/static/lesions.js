// The pages of patients and lesions: filing an image under a lesion, and the way to a patient.
let chosenBefore = [];

// Opens the page of what a step of the server has made, or stays where nothing was made.
export function goTo(path, id) {
  if (id) location.assign(`${path}?id=${encodeURIComponent(id)}`);
  return [];
}

// After the server filled the choices: what the next tick is compared with.
export function seen(values) {
  chosenBefore = values ?? [];
  return [];
}

// "None" and the other choices exclude each other; the one ticked last counts.
export function exclusive(none, values) {
  const added = (values ?? []).filter((value) => !chosenBefore.includes(value));
  let chosen = values ?? [];
  if (added.includes(none)) chosen = [none];
  else if (added.length) chosen = chosen.filter((value) => value !== none);
  chosenBefore = chosen;
  return [chosen];
}

// The choice of a lesion beside an image.
class Assign extends HTMLElement {
  // The page may change this line in place into that of another image.
  static observedAttributes = ["data-case"];

  connectedCallback() {
    if (this.listening) return;
    this.listening = true;
    this.addEventListener("click", (event) => event.target.closest("button") && this.send());
  }

  // What was chosen for the image before is never kept for the next one.
  attributeChangedCallback(_name, before) {
    if (before === null) return;
    this.forget();
    setTimeout(() => this.forget());
  }

  forget() {
    const select = this.querySelector("select");
    if (select) select.value = "";
  }

  send() {
    const detail = { case: this.dataset.case, version: Number(this.dataset.version), lesion: this.querySelector("select").value };
    this.dispatchEvent(new CustomEvent("triage-assign", { bubbles: true, detail }));
  }
}

// A patient who has no page yet: the server makes the record, then the page opens.
document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("[data-patient]");
  if (!asked) return;
  const detail = { reference: asked.dataset.patient };
  asked.dispatchEvent(new CustomEvent("triage-patient", { bubbles: true, detail }));
});

customElements.define("triage-assign", Assign);
