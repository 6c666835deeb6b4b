// Uploads as fal's own client makes them. A file goes out in slices that the browser reads from the disk while it sends them; it is
// never in memory as a whole.

import { ApiError, NoServerError, call } from "./api.js";

/** Up to here one PUT; above, parts of this size, each tried again when the line breaks. */
const PART = 16 * 1024 * 1024;
const TRIES = 4;

/**
 * The file's address on the server. `progress` is told the share that is sent, 0 to 1. `sources` are the files on the disk that it is made of, where
 * it is not one itself.
 */
export async function upload(file, { progress = () => {}, signal, sources = [file] } = {}) {
  const about = { content_type: file.type || "application/octet-stream", file_name: file.name ?? "file" };
  if (file.size <= PART) {
    const { file_url, upload_url } = await call("POST", "/storage/upload/initiate?storage_type=fal-cdn-v3", { body: about, signal });
    await retried(() => send("PUT", here(upload_url), file, about.content_type, progress, signal), sources, signal);
    progress(1);
    return file_url;
  }
  const { file_url, upload_url } = await call("POST", "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3", { body: about, signal });
  const address = here(upload_url);
  const parts = [];
  for (let start = 0, number = 1; start < file.size; start += PART, number++) {
    const slice = file.slice(start, Math.min(start + PART, file.size));
    const part = await retried(() => send("PUT", `${address.pathname}/${number}${address.search}`, slice, "application/octet-stream",
      (share) => progress((start + share * slice.size) / file.size), signal), sources, signal);
    parts.push({ partNumber: part.partNumber, etag: part.etag });
  }
  await call("POST", `${address.pathname}/complete${address.search}`, { body: { parts }, signal });
  progress(1);
  return file_url;
}

/** The server writes addresses under its public origin; the page sends to its own. */
function here(url) {
  const { pathname, search } = new URL(url, location.origin);
  return new URL(pathname + search, location.origin);
}

async function retried(attempt, sources, signal) {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      // A file that was changed or taken away since looks like a line that broke.
      if (error instanceof NoServerError) await requireReadable(sources);
      const passing = error instanceof NoServerError || [408, 429, 500, 502, 503, 504].includes(error.status);
      if (!passing || n === TRIES || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** n));
    }
  }
}

/** Says which file cannot be read any more. */
export async function requireReadable(files) {
  for (const file of files) {
    const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
    if (!isReadable) throw new Error(`${file.name} was changed, moved or deleted since it was chosen. Choose it again.`);
  }
}

/** fetch() does not tell how much of a body is sent; this does. */
function send(method, url, body, type, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal?.addEventListener("abort", abort);
    request.open(method, url);
    request.setRequestHeader("Content-Type", type);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / Math.max(event.total, 1));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    request.onerror = () => reject(new NoServerError());
    request.onload = () => {
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A whole upload is answered without a body.
      }
      if (request.status >= 200 && request.status < 300) resolve(answer);
      else reject(new ApiError(request.status, answer));
    };
    request.send(body);
  });
}
