// Many files at once: sent to the server, which keeps each one and analyses them by itself. What is
// shown of that comes from the server, so it is there again in another tab or on another day.
import { element } from "/components/dom.js";
import { dropped, ofFolder } from "/components/folder.js";
import { newId, Outbox } from "/components/outbox.js";
import { show } from "/components/page.js";
import { filesOf } from "/components/upload.js";
import { DropZone } from "/components/uploader.js";
import { BATCH } from "/components/words-batch.js";

const EVERY_MS = 1000;
const MORE_STYLE = `
  ul { list-style: none; margin: .6rem 0 0; padding: 0; max-height: 16rem; overflow: auto; text-align: left; }
  li { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: center; padding: .35rem .2rem .35rem .6rem;
    border-top: 1px solid #d5dce3; font-size: .9rem; overflow-wrap: anywhere;
    color: #7d1019; background: #fdecec; border-left: 4px solid #a31621; }
  li span { flex: 1 1 14rem; }
  ul:empty, .all:empty, .sending:empty { display: none; }
  .all { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .6rem; align-items: center; }
  .halt { justify-content: center; }
  button { min-height: 36px; padding: 0 .8rem; border: 1px solid #0b5c7d; border-radius: 4px; background: #fff;
    color: #0b5c7d; font: inherit; cursor: pointer; }
  @media (pointer: coarse), (max-width: 900px) { button { min-height: 44px; } }
  button:focus-visible { outline: 3px solid #0b5c7d; outline-offset: 2px; }
  .sending { margin: .5rem 0 0; font-size: .9rem; }`;

class BatchUploader extends DropZone {
  get many() {
    return true;
  }

  moreStyle() {
    return MORE_STYLE;
  }

  draw() {
    super.draw();
    const named = new URLSearchParams(location.search).get("id");
    this.named = named !== null;
    this.batch = named ?? newId();
    this.outbox = new Outbox(this.batch, this.limit, () => this.report());
    this.leftOut = 0;
    // How many were done when the lines below were drawn; null until the server says.
    this.drawn = named ? null : 0;
    this.sending = element("p", { class: "sending", role: "status" });
    this.all = element("div", { class: "all" });
    this.list = element("ul", { "aria-label": BATCH.failures });
    this.halt = element("div", { class: "all halt", role: "group", "aria-live": "polite" });
    this.halting = this.trouble = "";
    this.zone.append(this.sending, this.halt, this.list, this.all);
    this.zone.querySelector(".choices").append(this.folderInput());
    window.addEventListener("beforeunload", (event) => {
      if (this.outbox.busy) event.preventDefault();
    });
    this.look();
  }

  folderInput() {
    const input = element("input", { type: "file", webkitdirectory: true });
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      this.takeFolder(ofFolder(files));
    });
    return element("label", { class: "second folder" }, input, BATCH.chooseFolder);
  }

  async dropped(transfer) {
    // Both are read before the first wait.
    const plain = filesOf(transfer);
    const folder = await dropped(transfer);
    if (folder) this.takeFolder(folder);
    else this.take(plain);
  }

  takeFolder({ files, leftOut }) {
    this.leftOut += leftOut;
    this.take(files);
    this.report();
  }

  take(files) {
    if (!files.length) return;
    show(`id=${this.batch}`);
    this.outbox.add(files);
    this.look();
  }

  // Asks the server how far it is, as long as anything is on its way.
  async look() {
    clearTimeout(this.timer);
    const seen = await this.ask(`/api/batches/${this.batch}`);
    if (seen) this.tell(seen);
    const going = this.outbox.busy || (seen ? seen.waiting > 0 : seen === undefined);
    clearTimeout(this.timer);
    if (going && this.isConnected) this.timer = setTimeout(() => this.look(), EVERY_MS);
  }

  // What the server says; null where it knows no such batch, undefined where it does not answer.
  async ask(address, body = null) {
    if (!this.outbox.sent && !this.named) return null;
    const sent = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    try {
      const answer = await fetch(address, sent ?? {});
      return answer.ok ? await answer.json() : null;
    } catch {
      return undefined;
    }
  }

  async step(name, failures) {
    const files = failures.map((failure) => failure.file);
    const seen = await this.ask(`/api/batches/${this.batch}/${name}`, { files });
    if (seen) this.tell(seen);
    this.look();
  }

  // One button while anything waits, and a question before it does what can't be taken back. Drawn
  // only when it changes: who is about to press it must not lose the focus.
  offerStop() {
    const going = this.outbox.busy || this.seen?.waiting > 0 || this.halting === "stopping";
    const wanted = going ? this.halting || "offer" : "";
    if (wanted === this.halt.dataset.shows) return;
    this.halt.dataset.shows = wanted;
    const turn = (state) => () => {
      this.halting = state;
      this.offerStop();
      this.halt.querySelector("button")?.focus();
    };
    const shown = {
      offer: () => [button(BATCH.stop, turn("ask"))],
      ask: () => [element("span", {}, BATCH.stopSure), button(BATCH.stopNo, turn("")), button(BATCH.stopYes, () => this.stop())],
      stopping: () => [element("span", {}, BATCH.stopping)],
    };
    this.halt.replaceChildren(...(shown[wanted]?.() ?? []));
  }

  async stop() {
    this.halting = "stopping";
    this.trouble = "";
    await this.outbox.stop();
    const seen = await this.ask(`/api/batches/${this.batch}/stop`, {});
    this.halting = "";
    if (seen) this.tell(seen);
    else if (this.outbox.sent || this.named) this.trouble = BATCH.stopFailed;
    if (seen ? !seen.total : !this.outbox.sent) this.say(BATCH.stopped);
    this.look();
  }

  tell(seen) {
    this.seen = seen;
    this.bar.hidden = !seen.total;
    this.bar.max = Math.max(1, seen.total);
    this.bar.value = seen.done + seen.failed;
    this.report();
    this.listFailures();
    this.drawLines(seen);
  }

  // The lines below are drawn when the first page of them is full, and at the end.
  drawLines(seen) {
    const finished = !seen.waiting && !this.outbox.busy;
    if (this.drawn === null) this.drawn = finished ? seen.done : 0;
    const due = finished ? seen.done !== this.drawn : !this.drawn && seen.done >= Number(this.dataset.page);
    if (!due) return;
    this.drawn = seen.done;
    const detail = { batch: this.batch };
    this.dispatchEvent(new CustomEvent("triage-batch", { bubbles: true, detail }));
  }

  report() {
    const { outbox, seen } = this;
    const words = [];
    if (outbox.busy) words.push(BATCH.sending(outbox.sent, outbox.total));
    else if (outbox.sent && seen?.waiting) words.push(BATCH.allSent(outbox.sent));
    if (outbox.note) words.push((outbox.note.offline ? BATCH.again : BATCH.busy)(outbox.note.seconds));
    if (this.leftOut) words.push(BATCH.leftOut(this.leftOut));
    if (this.trouble) words.push(this.trouble);
    this.sending.textContent = words.join(" ");
    if (seen?.total) this.say(progressWords(seen));
    if (outbox.refused.length) this.listFailures();
    this.offerStop();
  }

  listFailures() {
    const { refused } = this.outbox;
    const failures = this.seen?.failures ?? [];
    const key = JSON.stringify([refused.length, failures, this.seen?.failed]);
    if (key === this.listed) return;
    this.listed = key;
    const lines = [
      ...refused.map(({ name, reason }) => line(name, reason)),
      ...failures.map((failure) =>
        line(
          failure.name,
          failure.reason,
          button(BATCH.retry, () => this.step("retry", [failure])),
          button(BATCH.dismiss, () => this.step("dismiss", [failure])),
        ),
      ),
    ];
    const hidden = (this.seen?.failed ?? 0) - failures.length;
    if (hidden > 0) lines.push(element("li", { class: "bad" }, BATCH.more(hidden)));
    this.list.replaceChildren(...lines);
    const both = [button(BATCH.retryAll, () => this.step("retry", failures)), button(BATCH.dismissAll, () => this.step("dismiss", failures))];
    this.all.replaceChildren(...(failures.length > 1 ? both : []));
  }
}

function progressWords(seen) {
  const words = [`${BATCH.progress(seen.done + seen.failed, seen.total)}.`];
  if (seen.failed) words.push(`${BATCH.failed(seen.failed)}.`);
  if (seen.pause) words.push(BATCH.paused(seen.pause));
  else if (seen.per_minute) words.push(`${BATCH.pace(seen.per_minute, seen.remaining_s)}.`);
  return words.join(" ");
}

function line(name, reason, ...buttons) {
  return element("li", { class: "bad" }, element("bdi", {}, name || BATCH.unnamed), element("span", {}, reason), ...buttons);
}

function button(words, step) {
  const made = element("button", { type: "button" }, words);
  made.addEventListener("click", step);
  return made;
}

customElements.define("triage-batch-uploader", BatchUploader);
