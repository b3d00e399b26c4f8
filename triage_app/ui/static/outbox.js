// Files on their way into a batch, a few at a time. Each has a number of its own, so that sending it
// again after a lost answer doubles nothing.
import { leave } from "/components/me.js";
import { WORDS } from "/components/words.js";
import { BATCH } from "/components/words-batch.js";

const AT_ONCE = 3;
// Together about four minutes: a server that starts anew, or a cable that is put back.
const PAUSES_S = [1, 2, 4, 8, 15, 30, 60, 60, 60];
const pause = (seconds, stopped) =>
  new Promise((over) => {
    const timer = setTimeout(over, 1000 * seconds);
    stopped.addEventListener("abort", () => { clearTimeout(timer); over(); }, { once: true });
  });

export class Outbox {
  constructor(batch, limit, changed) {
    Object.assign(this, { batch, limit, changed, waiting: [], refused: [], running: 0, sent: 0, total: 0 });
    this.note = null;
    this.posts = new Set();
    this.going = new AbortController();
  }

  // Sends nothing more. What is on its way has arrived when this ends.
  async stop() {
    this.going.abort();
    this.going = new AbortController();
    this.total -= this.waiting.length;
    this.waiting = [];
    this.note = null;
    await Promise.all(this.posts);
    this.changed();
  }

  get busy() {
    return this.running > 0 || this.waiting.length > 0;
  }

  add(files) {
    for (const file of files) this.waiting.push({ file, number: newId(), tries: 0, stopped: this.going.signal });
    this.total += files.length;
    while (this.running < AT_ONCE && this.waiting.length) this.work();
    this.changed();
  }

  async work() {
    this.running += 1;
    while (this.waiting.length) {
      const parcel = this.waiting.shift();
      await this.deliver(parcel);
      this.changed();
    }
    this.running -= 1;
    this.changed();
  }

  async deliver(parcel) {
    const { file } = parcel;
    if (file.size > this.limit) return this.refuse(file, WORDS.tooLarge(this.limit / 1e6));
    const post = this.post(parcel);
    this.posts.add(post);
    const answer = await post;
    this.posts.delete(post);
    if (answer.ok) {
      this.sent += 1;
      this.note = null;
      return;
    }
    if (answer.status === 401) return leave();
    const { error = WORDS.unclear, code = "" } = answer.said;
    const offline = answer.status === 0;
    if (parcel.stopped.aborted) return this.drop();
    if ((code === "busy" || offline) && parcel.tries < PAUSES_S.length) {
      const seconds = code === "busy" ? answer.seconds : PAUSES_S[parcel.tries];
      // Busy is no fault: only a connection that stays away ends the trying.
      if (offline) parcel.tries += 1;
      this.note = { offline, seconds };
      this.changed();
      await pause(seconds, parcel.stopped);
      if (parcel.stopped.aborted) return this.drop();
      this.waiting.unshift(parcel);
      return;
    }
    this.refuse(file, offline ? WORDS.noConnection : error);
    // The day's limit is reached: all that waits would be refused as well.
    if (code === "too_many") for (const { file: other } of this.waiting.splice(0)) this.refuse(other, error);
  }

  // It was on its way when all was stopped, and has not arrived.
  drop() {
    this.total -= 1;
  }

  refuse(file, reason) {
    this.refused.push({ name: file.name, reason });
  }

  async post({ file, number }) {
    const headers = {
      "content-type": "application/octet-stream",
      "x-file-name": encodeURIComponent(file.name.slice(-200)),
      "x-upload": number,
    };
    try {
      const answer = await fetch(`/api/batches/${this.batch}/files`, { method: "POST", headers, body: file });
      const said = answer.ok ? {} : await answer.json().catch(() => ({}));
      const seconds = Number(answer.headers.get("retry-after")) || 2;
      return { ok: answer.status === 202, status: answer.status, said, seconds };
    } catch {
      // The file itself may have gone from the disk, which fetch() tells no other way.
      const readable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
      return { ok: false, status: readable ? 0 : -1, said: { error: BATCH.unreadable }, seconds: 2 };
    }
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
