// What this browser keeps: drafts, so that closing or reloading loses nothing. The file itself is not copied: it may be gigabytes, and
// is asked for again where it was not yet uploaded. Keys are never here.

import { newId } from "./dom.js";

const TAB = "ltx-draft";
const LEAVING = "ltx-leaving";
const MOST_DRAFTS = 30;
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("ltx-playground", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("drafts", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** Runs one operation on the drafts. A browser that keeps nothing (private mode, storage full) must not stop the work. */
async function drafts(mode, operate, otherwise) {
  try {
    const database = await open();
    return await new Promise((resolve, reject) => {
      const request = operate(database.transaction("drafts", mode).objectStore("drafts"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return otherwise;
  }
}

/** This tab's draft id: it outlives a reload, and another tab has another. */
export function tabDraftId() {
  let id = sessionStorage.getItem(TAB);
  if (id === null) sessionStorage.setItem(TAB, (id = newId()));
  return id;
}

export function startNewDraft() {
  sessionStorage.removeItem(TAB);
  return tabDraftId();
}

/** The draft; what the tab kept while it was left is newer than the database. */
export async function loadDraft(id) {
  const left = JSON.parse(sessionStorage.getItem(LEAVING));
  sessionStorage.removeItem(LEAVING);
  if (left?.id !== id) return drafts("readonly", (store) => store.get(id), undefined);
  await saveDraft(left);
  return left;
}

/** A page that is being left may not wait for the database: a reload finds this. */
export function keepAtOnce(draft) {
  try {
    sessionStorage.setItem(LEAVING, JSON.stringify(draft));
  } catch {
    // Too large for it: then what was saved before must do.
  }
}

const dropDraft = (id) => drafts("readwrite", (store) => store.delete(id), undefined);
const allDrafts = () => drafts("readonly", (store) => store.getAll(), []);

export async function saveDraft(draft) {
  await drafts("readwrite", (store) => store.put({ ...draft, savedAt: Date.now() }), undefined);
  const old = (await allDrafts()).sort((a, b) => b.savedAt - a.savedAt).slice(MOST_DRAFTS);
  for (const { id } of old) await dropDraft(id);
}

/** The newest draft that was not sent, other than this tab's: what a closed tab left. */
export async function leftDraft(own) {
  const open = (await allDrafts()).filter((d) => d.id !== own && !d.requestId && !d.forgotten && d.source);
  return open.sort((a, b) => b.savedAt - a.savedAt)[0] ?? null;
}

/** Is not offered again. The tab that it was may still be open: what it has is not taken from it. */
export const forgetDraft = (draft) => drafts("readwrite", (store) => store.put({ ...draft, forgotten: true }), undefined);

/** The drawing that belongs to a request, when it was made in this browser. */
export async function draftOf(requestId) {
  return (await allDrafts()).find((d) => d.requestId === requestId) ?? null;
}
