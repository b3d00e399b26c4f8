// The line that says whether what was typed is stored.
import { adoptStyle, element } from "/components/dom.js";
import { resolve, watch } from "/components/form.js";
import { WORDS } from "/components/words.js";

const STYLE = `
  p { margin: 0; font-size: .875rem; color: #48576a; min-height: 1.4em; }
  .bad { color: #7d1019; background: #fdecec; border-left: 4px solid #a31621; padding: .6rem .75rem; }
  .wait { color: #5c3b00; }
  button { font: inherit; min-height: 44px; margin: .4rem .5rem 0 0; padding: .3rem .8rem;
    border: 1px solid #8693a3; border-radius: 4px; background: #fff; color: #14212e; cursor: pointer; }
  button:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }`;

class Status extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      adoptStyle(this.attachShadow({ mode: "open" }), STYLE);
      this.line = element("p", { role: "status", "aria-live": "polite" });
      this.shadowRoot.append(this.line);
    }
    this.stop = watch((kind, detail) => this.show(kind, detail));
  }

  disconnectedCallback() {
    this.stop();
  }

  show(kind, detail) {
    const bad = ["refused", "conflict", "found"].includes(kind);
    this.line.className = bad ? "bad" : kind === "offline" ? "wait" : "";
    this.line.dataset.kind = kind;
    this.line.replaceChildren(...this.content(kind, detail));
  }

  content(kind, detail) {
    if (kind === "empty") return [""];
    if (kind === "refused") return [WORDS.refused(detail)];
    if (kind === "conflict") {
      return [WORDS.conflict, element("br"), this.button(WORDS.conflictShow, () => location.reload())];
    }
    if (kind === "found") {
      const fields = detail.map((name) => name.replaceAll("_", " ")).join(", ");
      return [
        WORDS.conflictFound(fields),
        element("br"),
        this.button(WORDS.conflictApply, () => resolve(true)),
        this.button(WORDS.conflictDrop, () => resolve(false)),
      ];
    }
    return [WORDS[kind]];
  }

  button(text, action) {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", action);
    return made;
  }
}

customElements.define("triage-status", Status);
