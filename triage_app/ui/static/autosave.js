// Autosave of one case. What is typed is put into this tab's session storage at once, sealed, sent
// to the server within a second, and removed from the storage when the server has acknowledged it.
import * as vault from "/components/vault.js";

const WAIT_MS = 400;
const RETRY_MS = 2000;
const PREFIX = "triage-unsaved:";

const key = (id) => PREFIX + (id || "new");
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export const kept = async (id) => (await vault.get(key(id))) ?? { base: 0, fields: {} };

export function forget(id) {
  vault.drop(key(id));
}

export async function store(id, base, fields) {
  if (Object.keys(fields).length) await vault.put(key(id), { base, fields });
  else forget(id);
}

// Cases that have unsaved text in this window.
export function unsavedCases() {
  return Object.keys(sessionStorage)
    .filter((name) => name.startsWith(PREFIX) && name !== key(""))
    .map((name) => name.slice(PREFIX.length));
}

function asServer([name, value]) {
  if (name !== "red_flags") return { [name]: value };
  const chosen = Array.isArray(value) ? value : [];
  return { red_flags: chosen.filter((flag) => flag !== "none_present"), red_flags_asked: chosen.length > 0 };
}

// `seen` is what the server has, `unsaved` the fields that differ, `refused` those of them that the
// server does not take as they are, `version` the version that they were typed over.
export class Draft {
  constructor(tell = () => {}, decided = () => {}) {
    Object.assign(this, { tell, decided, id: "", version: 0, decision: "" });
    Object.assign(this, { seen: {}, unsaved: {}, refused: {}, refusal: "", conflict: false, sending: null });
  }

  changed(values) {
    for (const [name, value] of Object.entries(values)) {
      if (same(value, this.seen[name])) delete this.unsaved[name];
      else this.unsaved[name] = value;
      if (!same(this.refused[name], value)) delete this.refused[name];
    }
    this.keep();
    this.schedule();
  }

  async keep() {
    const before = this.conflict ? await kept(this.id) : { base: 0, fields: {} };
    await store(this.id, before.base || this.version, { ...before.fields, ...this.unsaved });
  }

  schedule(wait = WAIT_MS) {
    clearTimeout(this.timer);
    if (this.conflict) return this.tell("conflict");
    if (!Object.keys(this.unsaved).length) return this.tell(this.id ? "saved" : "empty");
    if (!this.id) return this.tell("local");
    if (!Object.keys(this.toSend()).length) return;
    this.tell("saving");
    this.timer = setTimeout(() => this.save(), wait);
  }

  toSend() {
    const entries = Object.entries(this.unsaved);
    return Object.fromEntries(entries.filter(([name, value]) => !same(this.refused[name], value)));
  }

  request(fields) {
    const sent = Object.assign({}, ...Object.entries(fields).map(asServer));
    return {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ version: this.version, fields: sent }),
    };
  }

  get address() {
    return `/api/cases/${this.id}/draft`;
  }

  save() {
    this.sending ??= this.attempt().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async attempt() {
    const fields = this.toSend();
    if (!this.id || this.conflict || !Object.keys(fields).length) return;
    const request = this.request(fields);
    let answer;
    try {
      const response = await fetch(this.address, request);
      answer = { status: response.status, ...(await response.json()) };
    } catch {
      this.tell("offline");
      this.again(RETRY_MS);
      return;
    }
    this.settle(fields, answer);
  }

  again(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  settle(fields, answer) {
    if (answer.status === 200) return this.acknowledged(fields, answer);
    if (answer.code === "stale") {
      this.conflict = true;
      return this.tell("conflict");
    }
    this.refusal = answer.error ?? "";
    this.tell("refused", this.refusal);
    if (answer.field) this.refuse(fields, answer.field);
    // A full disk or a locked database may pass; a case that is gone or in the bin will not.
    else if (answer.status >= 500) this.again(RETRY_MS);
  }

  acknowledged(fields, answer) {
    this.version = answer.version;
    for (const [name, value] of Object.entries(fields)) {
      this.seen[name] = value;
      if (same(this.unsaved[name], value)) delete this.unsaved[name];
    }
    this.keep();
    const decision = JSON.stringify([answer.level, answer.reasons]);
    if (decision !== this.decision) this.decided({ case: this.id });
    this.decision = decision;
    // What was refused stays unsaved, and is said again.
    if (Object.keys(this.refused).length) this.tell("refused", this.refusal);
    else this.schedule();
  }

  // One field that cannot be taken must not hold the others back.
  refuse(fields, field) {
    const name = field === "red_flags_asked" ? "red_flags" : field;
    this.refused[name] = fields[name];
    if (Object.keys(this.toSend()).length) this.again(0);
  }

  // Before a step of the server: sends everything. Whether all of it is stored.
  async flush() {
    clearTimeout(this.timer);
    await this.sending;
    await this.save();
    return !this.conflict && !Object.keys(this.unsaved).length;
  }

  // The window closes right after a key was pressed.
  leave() {
    const fields = this.toSend();
    if (!this.id || this.conflict || !Object.keys(fields).length) return;
    fetch(this.address, { ...this.request(fields), keepalive: true });
  }
}
