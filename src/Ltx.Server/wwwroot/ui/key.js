// The API key: asked for when the server asks, kept for this tab, sent to this origin alone (api.js builds every address).

import { h } from "./dom.js";

const PLACE = "ltx-key";
let asking = null;

export function currentKey() {
  return sessionStorage.getItem(PLACE);
}

export function forgetKey() {
  sessionStorage.removeItem(PLACE);
  document.dispatchEvent(new Event("ltx-key"));
}

/** Asks once, however many calls wait for the answer. True: there is a new key. `isWrong`: the one before was refused. */
export function askForKey(reason, isWrong = false) {
  asking ??= ask(reason, isWrong).finally(() => (asking = null));
  return asking;
}

function ask(reason, isWrong) {
  return new Promise((resolve) => {
    const input = h("input", { id: "key-input", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "key-help key-reason" });
    const before = document.activeElement;
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "key-title", onclose: () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue === "ok");
    } },
      h("form", { method: "dialog", onsubmit: (event) => {
        event.preventDefault();
        sessionStorage.setItem(PLACE, input.value.trim());
        document.dispatchEvent(new Event("ltx-key"));
        dialog.close("ok");
      } },
        h("h2", { id: "key-title" }, "This server asks for a key"),
        h("p", { id: "key-reason", class: isWrong ? "error" : "help", role: isWrong ? "alert" : null }, reason),
        h("label", { for: "key-input" }, "API key"),
        input,
        h("p", { id: "key-help", class: "help" }, "It is kept for this tab only, until the tab is closed, and sent to this server alone."),
        h("div", { class: "row end" },
          h("button", { type: "button", class: "quiet", onclick: () => dialog.close("") }, "Not now"),
          h("button", { type: "submit", class: "primary" }, "Use this key"))));
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}
