// A button that takes a request's source, mask, prompt and result from the server at its second press.

import { deletePayloads } from "./api.js";
import { announce, h } from "./dom.js";

export function deleteButton(id, done, failed) {
  let isSure = false;
  const ask = (sure) => {
    isSure = sure;
    button.textContent = sure ? "Really delete?" : "Delete";
  };
  const press = async () => {
    if (!isSure) return ask(true);
    button.disabled = true;
    try {
      await deletePayloads(id);
      announce("Deleted.");
      done();
    } catch (error) {
      button.disabled = false;
      failed(error);
    }
  };
  // Whoever goes elsewhere was not sure.
  const button = h("button", {
    type: "button", class: "quiet small", title: "Takes source, mask, prompt and result from the server",
    onclick: press, onblur: () => button.disabled || ask(false),
  }, "Delete");
  return button;
}
