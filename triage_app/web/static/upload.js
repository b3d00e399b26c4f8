// Sends one file to the own upload route; resolves with the stored case, rejects with a sentence.
import { leave } from "/components/me.js";
import { WORDS } from "/components/words.js";

export class UploadFailed extends Error {}

export function send(file, { batch = "", limit, onProgress = () => {} }) {
  if (file.size > limit) return Promise.reject(new UploadFailed(WORDS.tooLarge(limit / 1e6)));
  return new Promise((resolve, reject) => {
    // fetch() cannot tell how much has been sent.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/uploads");
    request.responseType = "json";
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name.slice(-200)));
    if (batch) request.setRequestHeader("x-batch", batch);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status === 401) leave();
      if (request.status === 201) resolve(request.response);
      else reject(new UploadFailed(request.response?.error ?? WORDS.unclear));
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
