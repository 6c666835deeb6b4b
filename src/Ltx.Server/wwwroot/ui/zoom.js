// A closer look at the source: its surface grows inside the well, which then scrolls.

import { h, icon } from "./dom.js";

const MOST = 8;
const STEP = 1.25;

export class Zoom {
  #factor = 1;

  /** `surface` lies in `well`. */
  constructor(well, surface) {
    Object.assign(this, { well, surface });
    const button = (name, text, onclick) => h("button", { type: "button", class: "quiet icon-only", "aria-label": text, title: text, onclick },
      icon(name));
    this.text = h("button", { type: "button", class: "quiet small", title: "Whole frame (0)",
      onclick: () => this.set(1) }, "100 %");
    this.element = h("div", { class: "zoom row", role: "group", "aria-label": "Zoom" },
      button("zoomOut", "Zoom out (−)", () => this.set(this.#factor / STEP)), this.text,
        button("zoomIn", "Zoom in (+)", () => this.set(this.#factor * STEP)));
    well.addEventListener("wheel", (event) => {
      if (!(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.set(this.#factor * Math.exp(-event.deltaY / 300), event);
    }, { passive: false });
    well.addEventListener("pointerdown", (event) => event.button === 1 && this.#pan(event));
  }

  /** So many times as large, with the place under the pointer, or in the middle, staying where it is. */
  set(factor, pointer = null) {
    const { well, surface } = this;
    const next = Math.min(Math.max(factor, 1), MOST);
    const at = Math.abs(next - 1) < 0.02 ? 1 : next;
    const frame = well.getBoundingClientRect();
    const [x, y] = pointer === null ? [frame.left + frame.width / 2, frame.top + frame.height / 2] : [pointer.clientX, pointer.clientY];
    const before = surface.getBoundingClientRect();
    const [u, v] = [(x - before.left) / before.width, (y - before.top) / before.height];
    // The well keeps its size while what it holds grows.
    if (this.#factor === 1 && at > 1) well.style.height = `${frame.height}px`;
    if (at === 1) well.style.height = "";
    this.#factor = at;
    well.classList.toggle("zoomed", at > 1);
    surface.style.setProperty("--zoom", at);
    const after = surface.getBoundingClientRect();
    well.scrollLeft += after.left + u * after.width - x;
    well.scrollTop += after.top + v * after.height - y;
    this.text.textContent = `${Math.round(100 * at)} %`;
  }

  handleKey({ key }) {
    if (key === "+" || key === "=") this.set(this.#factor * STEP);
    else if (key === "-") this.set(this.#factor / STEP);
    else if (key === "0") this.set(1);
    else return false;
    return true;
  }

  /** The middle button drags what is seen. */
  #pan(event) {
    if (this.#factor === 1) return;
    event.preventDefault();
    const { well } = this;
    well.setPointerCapture(event.pointerId);
    well.onpointermove = ({ movementX, movementY }) => {
      well.scrollLeft -= movementX;
      well.scrollTop -= movementY;
    };
    well.onpointerup = well.onpointercancel = () => (well.onpointermove = well.onpointerup = well.onpointercancel = null);
  }
}
