// The page: which view is shown, and what they share. Addresses: #/ the workplace, #/train the one of trainings, #/train/ID one training,
// #/requests the list, #/requests/ID one request.

import { ENDPOINT, learnOrigin, openApi, ownPath } from "./api.js";
import { Compose, emptyDraft } from "./compose.js";
import { announce, h, plural, replace } from "./dom.js";
import { askForKey, currentKey, forgetKey } from "./key.js";
import { RequestView } from "./request.js";
import { RequestsView } from "./requests.js";
import { inputSchema } from "./schema.js";
import { draftOf, forgetDraft, leftDraft, startNewDraft, tabDraftId } from "./store.js";
import { NO_MARKS } from "./tools.js";
import { TrainingView } from "./train/training.js";
import { TrainWorkplace } from "./train/workplace.js";

const THEME = "ltx-theme";
const main = document.getElementById("main");
let schema = null;
let compose = null;
let training = null;
let shown = null;

async function start() {
  setTheme(localStorage.getItem(THEME));
  document.getElementById("theme").addEventListener("click", toggleTheme);
  document.getElementById("key").addEventListener("click", keyButton);
  document.addEventListener("ltx-key", showKey);
  showKey();
  // A file that misses the page's drop zone must not replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  await load();
}

async function load() {
  try {
    schema = inputSchema(await openApi(), ENDPOINT);
    await learnOrigin();
  } catch (error) {
    replace(main, h("section", { class: "panel centre" }, h("h1", {}, "The server does not answer"), h("p", {}, error.message),
      h("button", { type: "button", class: "primary", onclick: load }, "Try again")));
    return;
  }
  compose = new Compose(schema);
  // Shown at once, filled in when the browser gives what it keeps.
  const restored = compose.restore();
  addEventListener("hashchange", route);
  await route();
  await restored;
  if (compose.isEmpty) await offerLeftDraft();
}

async function route(event) {
  shown?.close?.();
  shown = null;
  const [, place, id] = location.hash.split("/");
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.hash === (["train", "requests"].includes(place) ? `#/${place}` : "#/");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (place === "requests" && id) {
    shown = new RequestView(decodeURIComponent(id), schema, { edit, useAsSource });
    document.title = "Request · Ltx";
  } else if (place === "requests") {
    shown = new RequestsView();
    document.title = "Requests · Ltx";
  } else if (place === "train" && id) {
    shown = new TrainingView(decodeURIComponent(id), { edit: trainAgain, useLora });
    document.title = "Training · Ltx";
  } else if (place === "train") {
    training ??= new TrainWorkplace();
    document.title = "Train · Ltx";
    replace(main, training.element);
    await training.open();
    return;
  } else {
    document.title = "Ltx";
    replace(main, compose.element);
    if (compose.wasSent) await compose.reset();
    return;
  }
  replace(main, shown.element);
  if (event) shown.heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  await shown.open();
}

/** Back to the workplace with a request's input, and with its drawing where this browser made it. */
async function edit(entry, errors) {
  const { input } = entry;
  const { video_url: source, mask_video_url: mask, ...form } = input;
  const named = (url, name) => ({ name: ownPath(url)?.split("/").at(-1) ?? name, size: null, type: "", url });
  const sent = { ...emptyDraft(startNewDraft()), form, source: named(source, "source"), maskMode: "file", mask: named(mask, "mask") };
  const drawn = draftOf(entry.request_id).then((kept) => (kept?.maskMode === "draw" ? { ...sent, source: { ...kept.source, url: source }, maskMode: "draw", marks: kept.marks, mask: kept.mask } : null));
  location.hash = "#/";
  const show = () => (errors.length > 0 ? compose.showErrors(errors) : compose.focus());
  const opened = compose.open(sent);
  const replaced = compose.replaceWhen(drawn);
  await opened;
  show();
  if (await replaced) show();
}

async function useAsSource(url, name) {
  location.hash = "#/";
  await compose.chooseAddress(url, name);
  compose.focus();
}

/** What was learned becomes part of the request that is there, or of a new one. */
async function useLora(url) {
  if (compose.wasSent) await compose.reset();
  location.hash = "#/";
  compose.addLora(url);
}

/** Back to the training's workplace with what a training was made of. */
async function trainAgain(entry, details) {
  training ??= new TrainWorkplace();
  location.hash = "#/train";
  // What is not on the page yet cannot be focused.
  replace(main, training.element);
  await training.edit(entry.input, entry.endpoint_id, details);
}

/** What a closed tab left behind is offered, not forced. */
async function offerLeftDraft() {
  const left = await leftDraft(tabDraftId());
  if (left === null || !compose.isEmpty) return;
  const count = left.marks.shapes.length;
  const offer = h("div", { class: "offer", role: "status" },
    h("p", {}, "Go on with ", h("strong", {}, left.source.name), `? ${plural(count, "mark")}, left ${new Date(left.savedAt).toLocaleString()}.`),
    h("div", { class: "row" },
      h("button", { type: "button", class: "primary small", onclick: async () => {
        offer.remove();
        // A copy: the tab that it was may still be open.
        await compose.open({ ...left, id: startNewDraft() });
      } }, "Go on"),
      h("button", { type: "button", class: "quiet small", onclick: () => {
        offer.remove();
        forgetDraft(left);
      } }, "Forget it")));
  compose.element.prepend(offer);
  compose.addEventListener("source", () => offer.remove(), { once: true });
}

// --- theme and key -------------------------------------------------------------------------------------------------------------

function setTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function toggleTheme() {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  localStorage.setItem(THEME, isDark ? "light" : "dark");
  setTheme(localStorage.getItem(THEME));
  announce(isDark ? "Light colours." : "Dark colours.");
}

function showKey() {
  const button = document.getElementById("key");
  button.lastElementChild.textContent = currentKey() === null ? "Key" : "Forget the key";
}

async function keyButton() {
  if (currentKey() === null) await askForKey("Enter the key that this server gave you.");
  else {
    forgetKey();
    announce("The key is forgotten.");
  }
}

await start();
