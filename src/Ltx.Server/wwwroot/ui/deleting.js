// A button that takes a request's source, mask, prompt and result from the server at its second press.

import { deletePayloads } from "./api.js";
import { announce, h } from "./dom.js";

/** Milliseconds after which a first press is forgotten. */
const DOUBT = 5000;

export function deleteButton(id, done, failed) {
  let ending = 0;
  return h("button", { type: "button", class: "quiet small", title: "Takes source, mask, prompt and result from the server",
    onclick: async ({ currentTarget: button }) => {
    if (ending === 0) {
      button.textContent = "Really delete?";
      ending = setTimeout(() => {
        ending = 0;
        button.textContent = "Delete";
      }, DOUBT);
      return;
    }
    clearTimeout(ending);
    button.disabled = true;
    try {
      await deletePayloads(id);
      announce("Deleted.");
      done();
    } catch (error) {
      button.disabled = false;
      failed(error);
    }
  } }, "Delete");
}
