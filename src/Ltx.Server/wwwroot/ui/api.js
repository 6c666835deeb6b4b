// The server's public API, as every client calls it.

import { askForKey, currentKey } from "./key.js";

export const APP = "fal-ai/ltx-2.3-quality";
export const ENDPOINT = `${APP}/inpaint/lora`;

/** The trainers of LoRAs, one a kind. */
export const TRAINER = "fal-ai/ltx23-trainer-v2";
const OLDER_TRAINER = "fal-ai/ltx23-v2v-trainer";

export const isTrainer = (endpoint) => [TRAINER, OLDER_TRAINER].includes(appOf(endpoint ?? ""));

/** Owner and alias of an endpoint, under which its requests are asked for. */
const appOf = (endpoint) => endpoint.split("/").slice(0, 2).join("/");
const requestPath = (id, endpoint) => `/queue/${appOf(endpoint)}/requests/${encodeURIComponent(id)}`;

/** An answer that is not success. `details` are the fields' errors of a 422, else empty. */
export class ApiError extends Error {
  constructor(status, body) {
    const details = Array.isArray(body?.detail) ? body.detail : [];
    super(typeof body?.detail === "string" ? body.detail
      : details.length > 0 ? details.map((d) => d.msg).join(" ")
      : body?.status === "NOT_FOUND" ? "There is no such request, or it belongs to another key."
      : `The server answered ${status}.`);
    this.status = status;
    this.details = details;
    this.type = body?.error_type ?? null;
    this.body = body;
  }
}

/** The server did not answer at all. */
export class NoServerError extends Error {
  constructor() {
    super("The server does not answer. It may be stopped or restarting, or the network is down.");
  }
}

function authorization() {
  const key = currentKey();
  return key === null ? {} : { Authorization: `Key ${key}` };
}

/** Calls a path of this origin. A 401 asks for a key and tries again; `quiet` gives the 401 back instead. */
export async function call(method, path, { body, signal, quiet = false } = {}) {
  for (;;) {
    const sent = currentKey();
    let response;
    let text;
    try {
      response = await fetch(path, {
        method, signal, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
        headers: { ...authorization(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      text = await response.text();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new NoServerError();
    }
    let parsed = null;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Not this server's answer, but a proxy's before it: its status says enough.
    }
    if (response.ok) return parsed;
    const error = new ApiError(response.status, parsed);
    if (response.status !== 401 || quiet) throw error;
    // Another call may have got a new key while this one was under way.
    if (currentKey() === sent && !(await askForKey(sent === null ? "Requests are made with a key here." : "The server does not know this key.", sent !== null))) throw error;
  }
}

const documents = new Map();

/** An endpoint's OpenAPI document. */
export function openApi(endpoint = ENDPOINT) {
  if (!documents.has(endpoint)) {
    documents.set(endpoint, call("GET", `/openapi.json?endpoint_id=${encodeURIComponent(endpoint)}`).catch((error) => {
      documents.delete(endpoint);
      throw error;
    }));
  }
  return documents.get(endpoint);
}

export const submit = (input, endpoint = ENDPOINT) => call("POST", `/queue/${endpoint}`, { body: input });
export const status = (id, signal) => call("GET", `${requestPath(id, ENDPOINT)}/status?logs=1`, { signal });
export const result = (id, signal, endpoint = ENDPOINT) => call("GET", requestPath(id, endpoint), { signal });
export const cancel = (id, endpoint = ENDPOINT) => call("PUT", `${requestPath(id, endpoint)}/cancel`);
export const listed = (id, signal) => call("GET", `/requests/${encodeURIComponent(id)}`, { signal });
export const list = (cursor, signal) => call("GET", `/requests?limit=24${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`, { signal });
export const makeMask = (drawing, signal) => call("POST", "/ui/api/masks", { body: drawing, signal });
export const makePreview = (url, signal) => call("POST", "/ui/api/previews", { body: { url }, signal });

/** Every change of a request's status, until it is completed or the server goes away. Each has only the log's lines that are new to this call. */
export async function* statusStream(id, endpoint, signal) {
  const response = await answered(() => fetch(`${requestPath(id, endpoint)}/status/stream?logs=1`, {
    signal, headers: authorization(), cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
  }));
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => null));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await answered(() => reader.read());
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        // Others keep the connection alive.
        if (event.startsWith("data: ")) yield JSON.parse(event.slice(6));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The browser's words for a broken line are our own. */
async function answered(ask) {
  try {
    return await ask();
  } catch (error) {
    throw error.name === "AbortError" ? error : new NoServerError();
  }
}

/** A request's small picture; null where there is none. */
export async function thumbnailOf(id) {
  const response = await fetch(`/ui/api/requests/${encodeURIComponent(id)}/thumbnail`, { headers: authorization(), credentials: "omit", referrerPolicy: "no-referrer" });
  return response.status === 200 ? response.blob() : null;
}

let publicOrigin = null;

/** Learns under which origin the server writes its file addresses: behind a proxy it may be another than the page's. */
export async function learnOrigin() {
  publicOrigin ??= new URL((await openApi()).servers[0].url).origin;
}

/** A file address of this server as a path of this origin; null when the file lies elsewhere, where this page may not look. */
export function ownPath(url) {
  let parsed;
  try {
    parsed = new URL(url, location.origin);
  } catch {
    return null;
  }
  return [location.origin, publicOrigin].includes(parsed.origin) && parsed.pathname.startsWith("/files/") ? parsed.pathname + parsed.search : null;
}
