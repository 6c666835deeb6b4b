// What this browser keeps: drafts, so that closing or reloading loses nothing. The file itself is not copied: it may be gigabytes, and
// is asked for again where it was not yet uploaded. Keys are never here.

import { newId } from "./dom.js";

const TAB = "ltx-draft";
const LEAVING = "ltx-leaving-";
const MOST_DRAFTS = 30;
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("ltx-playground", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts", { keyPath: "id" });
    request.onsuccess = () => {
      const database = request.result;
      // The browser may close it at any time: it restarts its storage, or somebody clears it.
      database.onclose = () => (opening = null);
      database.onversionchange = () => {
        database.close();
        opening = null;
      };
      resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(mode, operate) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction("drafts", mode);
    const request = operate(transaction.objectStore("drafts"));
    // Not the request's success: what was not committed is not kept.
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/**
 * Runs one operation on the drafts, and once more on a new connection where the one that was there is lost. A browser that keeps nothing (private mode,
 * storage full) must not stop the work, and one that never answers neither: nobody may wait for this before something is shown or sent.
 */
async function drafts(mode, operate, otherwise) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(mode, operate);
    } catch (error) {
      opening = null;
      if (attempt === 1) continue;
      console.warn("Drafts cannot be kept in this browser:", error);
      return otherwise;
    }
  }
}

/** This tab's draft id: it outlives a reload, and another tab has another. Null before the first change. */
export const tabDraftId = () => sessionStorage.getItem(TAB);

export function startNewDraft() {
  const id = newId();
  useDraft(id);
  return id;
}

/** From here on the tab works on this draft. */
export const useDraft = (id) => sessionStorage.setItem(TAB, id);

/** This tab's draft, or undefined; what the tab kept while it was left is newer than the database. */
export async function loadTabDraft() {
  const id = tabDraftId();
  if (id === null) return undefined;
  const left = JSON.parse(localStorage.getItem(LEAVING + id));
  if (left === null) return drafts("readonly", (store) => store.get(id), undefined);
  localStorage.removeItem(LEAVING + id);
  saveDraft(left);
  return left;
}

/** A page that is being left may not wait for the database: a reload finds this, and so does another tab where this one is closed. */
export function keepAtOnce(draft) {
  try {
    localStorage.setItem(LEAVING + draft.id, JSON.stringify({ ...draft, savedAt: Date.now() }));
  } catch {
    // Too large for it: then what was saved before must do.
  }
}

/** What tabs kept while they were left, and nobody has gone on with. */
const leftAtOnce = () => Object.keys(localStorage).filter((key) => key.startsWith(LEAVING)).map((key) => JSON.parse(localStorage.getItem(key)));

const dropDraft = (id) => drafts("readwrite", (store) => store.delete(id), undefined);
const allDrafts = () => drafts("readonly", (store) => store.getAll(), []);

export async function saveDraft(draft) {
  await drafts("readwrite", (store) => store.put({ ...draft, savedAt: Date.now() }), undefined);
  const old = (await allDrafts()).sort((a, b) => b.savedAt - a.savedAt).slice(MOST_DRAFTS);
  for (const { id } of old) await dropDraft(id);
}

/** The newest draft that was not sent, other than this tab's: what a closed tab left. */
export async function leftDraft(own) {
  // Of one draft the newer of both counts.
  const newest = new Map();
  for (const draft of [...(await allDrafts()), ...leftAtOnce()]) {
    if (!(newest.get(draft.id)?.savedAt >= draft.savedAt)) newest.set(draft.id, draft);
  }
  const open = [...newest.values()].filter((d) => d.id !== own && !d.requestId && !d.forgotten && d.source);
  return open.sort((a, b) => b.savedAt - a.savedAt)[0] ?? null;
}

/** Is not offered again. The tab that it was may still be open: what it has is not taken from it. */
export function forgetDraft(draft) {
  localStorage.removeItem(LEAVING + draft.id);
  return drafts("readwrite", (store) => store.put({ ...draft, forgotten: true }), undefined);
}

/** The drawing that belongs to a request, when it was made in this browser. */
export async function draftOf(requestId) {
  return (await allDrafts()).find((d) => d.requestId === requestId) ?? null;
}
