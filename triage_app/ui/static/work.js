// The worklist: its buttons, the keys j and k, and printing.
import { element } from "/components/dom.js";
import { REVIEW } from "/components/words-review.js";

const OFF = "triage-keys-off";
const KEYS = { j: 1, k: -1 };
// Fields in which a letter is a letter.
const TYPING = "input, textarea, select, [contenteditable]";
let last = "";

// Passes what is clicked in the list to the server, with what the list shows at present.
class Work extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const asked = event.target.closest("[data-step]");
      if (asked && asked.tagName === "BUTTON") this.send(asked, "");
    });
    this.addEventListener("change", (event) => {
      const chosen = event.target;
      if (chosen.matches("select[data-step]") && chosen.value) this.send(chosen, chosen.value);
    });
    // Drawn anew after a step: the reader goes on from the same line.
    if (last) this.querySelector(`[data-line="${last}"] a`)?.focus({ preventScroll: true });
    last = "";
  }

  send(asked, person) {
    const { step, case: id = "", reader = "", show = this.dataset.show, whose = this.dataset.whose, cursor = "" } = asked.dataset;
    last = id;
    const detail = { step, case: id, person, reader, show, whose, cursor };
    this.dispatchEvent(new CustomEvent("triage-work", { bubbles: true, detail }));
  }
}

// Single letters get in the way of those who speak to their computer, so they can be switched off.
class Keys extends HTMLElement {
  connectedCallback() {
    if (this.childElementCount) return;
    const box = element("input", { type: "checkbox" });
    box.checked = !localStorage.getItem(OFF);
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
    this.append(element("label", {}, box, REVIEW.keys));
  }
}

class Print extends HTMLElement {
  connectedCallback() {
    if (this.childElementCount) return;
    const button = element("button", { type: "button", class: "button" }, REVIEW.print);
    button.addEventListener("click", () => window.print());
    this.append(button);
  }
}

// On a case: the link to its neighbour. In the list: the next or previous line.
function go(key) {
  const link = document.querySelector(`a[data-key="${key}"]`);
  if (link) return link.click();
  const lines = [...document.querySelectorAll("triage-work [data-line] a.opens")];
  const here = lines.findIndex((line) => line.closest("[data-line]").contains(document.activeElement));
  const next = here < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, here + KEYS[key]));
  lines[next]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
  const [target] = event.composedPath();
  if (target.matches?.(TYPING) && target.type !== "checkbox") return;
  if (localStorage.getItem(OFF)) return;
  go(event.key);
});

customElements.define("triage-work", Work);
customElements.define("triage-keys", Keys);
customElements.define("triage-print", Print);
