// Reads a CSV file in the browser. The window keeps its text until another file is chosen, so that
// what is added is what the preview showed.
import { adoptStyle, element } from "/components/dom.js";
import { WORDS } from "/components/words-lesions.js";

// The server takes events of up to a megabyte; text outside of ASCII and quotes need more bytes.
const LARGEST_BYTES = 900_000;
const STYLE = `
  label { display: inline-flex; align-items: center; min-height: 44px; padding: 0 1.1rem; border: 1px solid #0b5c7d; border-radius: 4px;
    background: #0b5c7d; color: #fff; font-weight: 600; cursor: pointer; }
  label:focus-within { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  input { position: absolute; width: 1px; height: 1px; opacity: 0; }
  p { margin: .5rem 0 0; } .bad { color: #7d1019; font-weight: 600; }`;
let text = "";

export const held = (_, digest) => [text, digest, answers()];

// Which patient each reference of the file means, where somebody has said so.
function answers() {
  const chosen = [...document.querySelectorAll("triage-meant select")].filter((select) => select.value);
  return JSON.stringify(Object.fromEntries(chosen.map((s) => [s.dataset.reference, s.value])));
}

// As text where it is UTF-8. Any other bytes go as they are: the server's reader says what they mean.
async function sendable(file) {
  const bytes = await file.arrayBuffer();
  try {
    const found = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!found.includes("\0")) return found;
  } catch {
    // Not UTF-8.
  }
  return asBase64(new Uint8Array(bytes));
}

function asBase64(bytes) {
  let latin = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    latin += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return `data:text/csv;base64,${btoa(latin)}`;
}

class Csv extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    adoptStyle(root, STYLE);
    this.input = element("input", { type: "file", accept: ".csv,.txt,.tsv,text/csv,text/plain" });
    this.input.addEventListener("change", () => this.read());
    this.said = element("p", { role: "status" });
    root.append(element("label", {}, WORDS.csvChoose, this.input), this.said);
  }

  async read() {
    const [file] = this.input.files;
    if (!file) return;
    this.say(WORDS.csvRead(file.name), false);
    if (file.size > LARGEST_BYTES) return this.refuse(WORDS.csvLarge);
    text = await sendable(file);
    // So that the same file can be chosen again after it was corrected.
    this.input.value = "";
    if (JSON.stringify(text).length > LARGEST_BYTES) return this.refuse(WORDS.csvLarge);
    this.dispatchEvent(new CustomEvent("triage-csv", { bubbles: true, composed: true, detail: { text } }));
  }

  refuse(sentence) {
    text = "";
    this.input.value = "";
    this.say(sentence, true);
  }

  say(sentence, bad) {
    this.said.textContent = sentence;
    this.said.className = bad ? "bad" : "";
  }
}

// A reference of the file that may mean several patients: what is chosen changes the preview.
class Meant extends HTMLElement {
  connectedCallback() {
    this.onchange = () => {
      const detail = { text, answers: answers() };
      this.dispatchEvent(new CustomEvent("triage-csv", { bubbles: true, composed: true, detail }));
    };
  }
}

customElements.define("triage-csv", Csv);
customElements.define("triage-meant", Meant);
