// Drop zone for images: drag, choose, paste, or photograph on a phone.
import { adoptStyle, element } from "/components/dom.js";
import { begin } from "/components/form.js";
import { show } from "/components/page.js";
import { ACCEPT, filesOf, send } from "/components/upload.js";
import { WORDS } from "/components/words.js";

const STYLE = `
  :host { display: block; }
  .zone { border: 2px dashed #8693a3; border-radius: 6px; background: #fff; padding: 1.1rem 1rem;
    text-align: center; color: #14212e; }
  .zone.over { border-color: #0b5c7d; background: #e2f0f5; }
  .title { font-weight: 600; font-size: 1.05rem; margin: 0; }
  .hint { margin: .25rem 0 0; color: #48576a; font-size: .875rem; }
  .choices { display: flex; flex-wrap: wrap; gap: .6rem; justify-content: center; margin: .8rem 0 .3rem; }
  label { display: inline-flex; align-items: center; min-height: 44px; padding: 0 1.1rem; cursor: pointer;
    border: 1px solid #0b5c7d; border-radius: 4px; background: #0b5c7d; color: #fff; font-weight: 600; }
  label.second { background: #fff; color: #0b5c7d; }
  label:focus-within { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  .camera { display: none; }
  @media (pointer: coarse), (max-width: 900px) { .camera { display: inline-flex; } .paste { display: none; } }
  input { position: absolute; width: 1px; height: 1px; opacity: 0; pointer-events: none; }
  progress { width: 100%; height: 10px; accent-color: #0b5c7d; }
  .message:empty { display: none; }
  .message { margin: .5rem 0 0; min-height: 1.4em; font-size: .9rem; overflow-wrap: anywhere; }
  .message.bad { text-align: left; color: #7d1019; background: #fdecec; border-left: 4px solid #a31621;
    padding: .6rem .75rem; }`;

export class DropZone extends HTMLElement {
  get many() {
    return false;
  }

  get limit() {
    return Number(this.dataset.limit);
  }

  connectedCallback() {
    if (!this.shadowRoot) this.draw();
    this.onPaste = (event) => this.pasted(event);
    document.addEventListener("paste", this.onPaste);
  }

  disconnectedCallback() {
    document.removeEventListener("paste", this.onPaste);
  }

  draw() {
    adoptStyle(this.attachShadow({ mode: "open" }), STYLE + this.moreStyle());
    this.bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": WORDS.uploading("", 0) });
    this.message = element("p", { class: "message", role: "status" });
    this.zone = element(
      "div",
      { class: "zone" },
      element("p", { class: "title" }, this.many ? WORDS.dropMany : WORDS.drop),
      element("p", { class: "hint paste" }, this.many ? WORDS.orMany : WORDS.or),
      element("div", { class: "choices" }, this.input("choose"), this.input("camera")),
      element("p", { class: "hint" }, WORDS.formats(this.limit / 1e6)),
      this.bar,
      this.message,
    );
    this.zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.zone.classList.add("over");
    });
    this.zone.addEventListener("dragleave", () => this.zone.classList.remove("over"));
    this.zone.addEventListener("drop", (event) => {
      event.preventDefault();
      this.zone.classList.remove("over");
      this.dropped(event.dataTransfer);
    });
    this.shadowRoot.append(this.zone);
  }

  dropped(transfer) {
    this.take(filesOf(transfer));
  }

  moreStyle() {
    return "";
  }

  input(kind) {
    const camera = kind === "camera";
    const words = this.many ? WORDS.chooseMany : WORDS.choose;
    const input = element("input", {
      type: "file",
      accept: ACCEPT,
      multiple: this.many && !camera,
      capture: camera ? "environment" : null,
    });
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      this.take(files);
    });
    return element("label", { class: camera ? "second camera" : "" }, input, camera ? WORDS.photograph : words);
  }

  // Text pasted into a field stays text: only a paste that holds files is taken.
  pasted(event) {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    this.take(files);
  }

  say(text, bad = false) {
    this.message.className = bad ? "message bad" : "message";
    this.message.setAttribute("role", bad ? "alert" : "status");
    this.message.textContent = text;
  }
}

class Uploader extends DropZone {
  async take(files) {
    if (!files.length || this.busy) return;
    if (files.length > 1) return this.say(WORDS.oneOnly, true);
    this.busy = true;
    try {
      await this.upload(files[0]);
    } catch (error) {
      this.say(error.message, true);
    } finally {
      this.busy = false;
      this.bar.hidden = true;
    }
  }

  async upload(file) {
    this.bar.hidden = false;
    this.progress(file, 0);
    const stored = await send(file, {
      limit: this.limit,
      onProgress: (part) => this.progress(file, part),
      onBusy: (seconds) => this.say(WORDS.busy(seconds)),
    });
    this.say(WORDS.stored);
    await begin(stored.case, stored.version);
    show(`id=${stored.case}`);
    this.dispatchEvent(new CustomEvent("triage-uploaded", { bubbles: true, detail: { case: stored.case } }));
  }

  progress(file, part) {
    if (part < 1) this.bar.value = part;
    else this.bar.removeAttribute("value");
    this.say(part < 1 ? WORDS.uploading(file.name, Math.round(100 * part)) : WORDS.analysing(file.name));
  }
}

customElements.define("triage-uploader", Uploader);
