// Many files, two at a time, each a draft of its own; one that fails is named and the rest go on.
import { element } from "/components/dom.js";
import { show } from "/components/page.js";
import { send } from "/components/upload.js";
import { DropZone } from "/components/uploader.js";
import { WORDS } from "/components/words.js";

const AT_ONCE = 2;
const MORE_STYLE = `
  ul { list-style: none; margin: .6rem 0 0; padding: 0; max-height: 16rem; overflow: auto; text-align: left; }
  li { padding: .35rem .2rem; border-top: 1px solid #d5dce3; font-size: .9rem; overflow-wrap: anywhere; }
  li.bad { color: #7d1019; background: #fdecec; border-left: 4px solid #a31621; padding-left: .6rem; }
  li span { color: #48576a; } li.bad span { color: inherit; }`;

class BatchUploader extends DropZone {
  get many() {
    return true;
  }

  moreStyle() {
    return MORE_STYLE;
  }

  draw() {
    super.draw();
    Object.assign(this, { waiting: [], running: 0, done: 0, failed: 0, total: 0 });
    this.batch = new URLSearchParams(location.search).get("id") ?? newBatch();
    this.list = element("ul", { "aria-label": WORDS.chooseMany });
    this.zone.append(this.list);
    window.addEventListener("beforeunload", (event) => {
      if (this.running || this.waiting.length) event.preventDefault();
    });
  }

  take(files) {
    if (!files.length) return;
    show(`id=${this.batch}`);
    for (const file of files) {
      const line = element("li", {}, element("bdi", {}, file.name), " ", element("span", {}, WORDS.waiting));
      this.list.append(line);
      this.waiting.push({ file, line });
    }
    this.total += files.length;
    this.report();
    while (this.running < AT_ONCE && this.waiting.length) this.next();
  }

  async next() {
    const { file, line } = this.waiting.shift();
    const said = line.querySelector("span");
    this.running += 1;
    try {
      said.textContent = WORDS.sending;
      await send(file, {
        batch: this.batch,
        limit: this.limit,
        onProgress: (part) => (said.textContent = part < 1 ? WORDS.sending : WORDS.busy),
      });
      said.textContent = WORDS.done;
    } catch (error) {
      this.failed += 1;
      line.className = "bad";
      said.textContent = error.message;
      this.list.prepend(line);
    }
    this.done += 1;
    this.running -= 1;
    this.report();
    if (this.waiting.length) this.next();
    else if (!this.running) this.finish();
  }

  report() {
    this.bar.hidden = false;
    this.bar.max = this.total;
    this.bar.value = this.done;
    const failed = this.failed ? ` ${WORDS.failedCount(this.failed)}.` : "";
    this.say(`${WORDS.progress(this.done, this.total)}.${failed}`);
  }

  finish() {
    const detail = { batch: this.batch };
    this.dispatchEvent(new CustomEvent("triage-batch", { bubbles: true, detail }));
  }
}

function newBatch() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

customElements.define("triage-batch-uploader", BatchUploader);
