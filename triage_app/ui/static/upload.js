// Sends one file to the own upload route; resolves with the stored case, rejects with a sentence.
import { leave } from "/components/me.js";
import { WORDS } from "/components/words.js";

export class UploadFailed extends Error {}

const TRIES = 20;

// A server that is busy says when to come back; ``onBusy`` is told how many seconds that is.
export async function send(file, { limit, onProgress = () => {}, onBusy = () => {} }) {
  if (file.size > limit) throw new UploadFailed(WORDS.tooLarge(limit / 1e6));
  for (let left = TRIES; ; left -= 1) {
    const { status, said, seconds } = await post(file, onProgress);
    if (status === 401) leave();
    if (status === 201) return said;
    if (said?.code !== "busy" || left <= 1) throw new UploadFailed(said?.error ?? WORDS.unclear);
    onBusy(seconds);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

function post(file, onProgress) {
  return new Promise((resolve, reject) => {
    // fetch() cannot tell how much has been sent.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/uploads");
    request.responseType = "json";
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name.slice(-200)));
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const seconds = Number(request.getResponseHeader("retry-after")) || 2;
      resolve({ status: request.status, said: request.response, seconds });
    });
    request.addEventListener("error", () => reject(new UploadFailed(WORDS.noConnection)));
    request.send(file);
  });
}

// Files of a drop or a paste.
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])].map((file) =>
    file.name ? file : new File([file], WORDS.pasted, { type: file.type }),
  );
}

export const ACCEPT = "image/*,.heic,.heif,.tif,.tiff,.bmp,.webp";
