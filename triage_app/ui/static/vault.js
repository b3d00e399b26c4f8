// What this window keeps is sealed with a key of the person, which only the server hands out:
// browsers write session storage to the disk and leave it there after it was removed.
import { me } from "/components/me.js";

const NAME = "AES-GCM";
const NONCE_BYTES = 12;

const toText = (bytes) => btoa(String.fromCharCode(...bytes));
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const key = me.then((person) => crypto.subtle.importKey("raw", toBytes(person.key), NAME, false, ["encrypt", "decrypt"]));
// Where nobody is signed in nothing is kept; each use says so by itself.
key.catch(() => {});

const turns = new Map();
const turn = (name) => turns.set(name, (turns.get(name) ?? 0) + 1).get(name);

// The last call for a name counts, in whatever order the sealing ends.
export async function put(name, value) {
  const own = turn(name);
  try {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: NAME, iv }, await key, bytes));
    if (turns.get(name) === own) sessionStorage.setItem(name, toText([...iv, ...sealed]));
  } catch (error) {
    console.warn("unsaved text cannot be kept in this window:", error.name);
  }
}

export function drop(name) {
  turn(name);
  sessionStorage.removeItem(name);
}

// What was put under the name by the same person, else null.
export async function get(name) {
  const text = sessionStorage.getItem(name);
  if (!text) return null;
  try {
    const bytes = toBytes(text);
    const iv = bytes.slice(0, NONCE_BYTES);
    const opened = await crypto.subtle.decrypt({ name: NAME, iv }, await key, bytes.slice(NONCE_BYTES));
    return JSON.parse(new TextDecoder().decode(opened));
  } catch {
    return null;
  }
}
