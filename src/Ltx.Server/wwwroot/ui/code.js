// The panel that shows a request as code, one language at a time, to copy.

import { copyButton, h } from "./dom.js";
import { snippets } from "./snippets.js";

/** `request()` gives { endpoint, input, origin, hasKey } whenever the panel is looked at. */
export function codePanel(request) {
  const names = ["JSON", "curl", "JavaScript", "Python"];
  let current = names[0];
  const text = h("pre", { tabindex: 0, class: "code", role: "tabpanel", id: "code-text", "aria-label": "The request as code" });
  const tabs = names.map((name) => h("button", { type: "button", role: "tab", "aria-controls": "code-text", onclick: () => show(name), onkeydown: arrows }, name));
  const copy = copyButton("Copy", () => text.textContent);
  const panel = h("details", { class: "code-panel", ontoggle: () => panel.open && refresh() },
    h("summary", {}, "As code"),
    h("div", { class: "row between" }, h("div", { role: "tablist", "aria-label": "Language", class: "tabs" }, tabs), copy),
    text);

  function show(name) {
    current = name;
    refresh();
  }

  function refresh() {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(names[i] === current));
      tab.tabIndex = names[i] === current ? 0 : -1;
    });
    if (panel.open) text.textContent = snippets(request())[current];
  }

  function arrows(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const next = (names.indexOf(current) + by + names.length) % names.length;
    show(names[next]);
    tabs[next].focus();
  }

  refresh();
  return { element: panel, refresh };
}
