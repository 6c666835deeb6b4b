// Elements without markup strings: what is shown is always text, and the page's policy allows no inline style or script.

const SVG = "http://www.w3.org/2000/svg";

/** h("button", { class: "quiet", onclick: f, "aria-label": "Play" }, "Play", child): attributes by name, listeners by on..., null left out. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sheet below, 20 by 20, drawn in the text's colour. */
export function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true", class: "icon" });
  for (const d of ICONS[name]) drawing.append(svg("path", { d }));
  return drawing;
}

const ICONS = {
  select: ["M5 3l10 6.2-4.4 1.2L8.4 15z"],
  rect: ["M3.5 5h13v10h-13z"],
  ellipse: ["M10 4.5c3.9 0 7 2.5 7 5.5s-3.1 5.5-7 5.5-7-2.5-7-5.5 3.1-5.5 7-5.5z"],
  polygon: ["M10 3l6.5 5-2.5 8H6L3.5 8z"],
  brush: ["M16.5 3.5c-3 1-6 4-7.5 6.5l1.5 1.5c2.5-1.5 5-4.5 6-8z", "M8.3 11.2c-2 0-2.3 1.5-2.5 2.8-.2 1.2-1.3 1.7-2.3 1.9 1.5 1 5.5 1.2 6.3-1.7"],
  eraser: ["M8 16l-4.5-4.5 8-8 5 5L9 16z", "M8 7.5l5 5", "M8 16h9"],
  add: ["M10 4v12M4 10h12"],
  undo: ["M7.5 5L4 8.5 7.5 12", "M4.5 8.5h7a4 4 0 010 8H8"],
  redo: ["M12.5 5L16 8.5 12.5 12", "M15.5 8.5h-7a4 4 0 000 8H12"],
  invert: ["M10 3.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13z", "M10 3.5v13M12 5v10M14 6.5v7"],
  play: ["M6 4l10 6-10 6z"],
  pause: ["M6.5 4.5v11M13.5 4.5v11"],
  back: ["M13 4.5L7 10l6 5.5"],
  forward: ["M7 4.5l6 5.5-6 5.5"],
  keyBack: ["M9 5.5L4.5 10 9 14.5M13 7l3 3-3 3-3-3z"],
  keyForward: ["M11 5.5l4.5 4.5-4.5 4.5M7 7l3 3-3 3-3-3z"],
  key: ["M10 4.5l5.5 5.5-5.5 5.5L4.5 10z"],
  sound: ["M4 8v4h2.5L10 15V5L6.5 8z", "M12.5 7.5a3.5 3.5 0 010 5M14.5 5.5a6.3 6.3 0 010 9"],
  mute: ["M4 8v4h2.5L10 15V5L6.5 8z", "M13 8l4 4M17 8l-4 4"],
  download: ["M10 3.5v9M6.5 9.5L10 13l3.5-3.5M4 16.5h12"],
  copy: ["M7 7h9v9.5H7z", "M13 7V3.5H4V13h3"],
  close: ["M5 5l10 10M15 5L5 15"],
  film: ["M3.5 4.5h13v11h-13zM7 4.5v11M13 4.5v11M3.5 8H7M3.5 12H7M13 8h3.5M13 12h3.5"],
};

/** Puts new children in place of the old. */
export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Says something to screen readers, politely. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}

/** 75.25 -> "1:15.250". */
export function clock(seconds) {
  const millis = Math.max(Math.round(seconds * 1000), 0);
  const minutes = Math.floor(millis / 60000);
  const rest = ((millis % 60000) / 1000).toFixed(3).padStart(6, "0");
  return `${minutes}:${rest}`;
}

/** 205 -> "about 3 min": as exact as an estimate is. */
export function roughly(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 3570) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

/** 4404019 -> "4.4 MB". */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Copies, also where the browser has no clipboard interface (plain http). */
export async function copyText(text) {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: the old way may be.
    }
  }
  const area = h("textarea", { readonly: true, class: "off-screen", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  const before = document.activeElement;
  // A modal dialog makes everything outside itself inert, and what is inert cannot be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus?.();
  return copied;
}

/** A button that copies what `text()` gives and says so. */
export function copyButton(label, text) {
  const caption = h("span", {}, label);
  let ending = 0;
  const button = h("button", { type: "button", class: "quiet small", onclick: async () => {
    const copied = await copyText(text());
    caption.textContent = copied ? "Copied" : "Could not copy";
    announce(copied ? "Copied." : "The browser does not let this page copy. Select the text and copy it by hand.");
    // A second press begins the time anew.
    clearTimeout(ending);
    ending = setTimeout(() => (caption.textContent = label), 1600);
  } }, icon("copy"), caption);
  return button;
}

/** A name that no other has; plain http pages have no crypto.randomUUID. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
}
