// The workplace's elements. What they do is the caller's.

import { h, icon } from "./dom.js";

/** Puts the parts together around stage, tools, form and code. `on` holds what each control calls. */
export function buildWorkplace({ stage, tools, form, code }, on) {
  const fileInput = (accept, chosen) => {
    const input = h("input", { type: "file", accept, hidden: true, onchange: () => {
      const [file] = input.files;
      input.value = "";
      if (file) chosen(file);
    } });
    return input;
  };
  const sourceInput = fileInput("video/*,.mkv,.mov,.avi,.ts", on.source);
  const maskInput = fileInput("video/*,image/*,.mkv", on.mask);
  const chooseButton = (text, look) => h("button", { type: "button", class: look, onclick: () => sourceInput.click() }, text);
  const errorText = () => h("p", { class: "error", role: "alert", hidden: true });
  const errors = { source: errorText(), mask: errorText() };

  // Before there is a source.
  const choose = chooseButton("Choose a video", "primary");
  const emptyTitle = h("h2", {}), emptyText = h("p", {});
  const empty = h("div", { class: "empty" }, icon("film"), emptyTitle, emptyText, choose,
    h("ol", { class: "steps" },
      h("li", {}, h("strong", {}, "Mark"), " what should change, frame by frame or with marks that move along."),
      h("li", {}, h("strong", {}, "Say"), " what belongs there."),
      h("li", {}, h("strong", {}, "Compare"), " before and after; everything else stays as it was.")));
  const noteText = h("p", { class: "note", role: "status" });

  // Source and mask.
  const sourceName = h("span", { class: "source-name" });
  const previewNote = h("p", { class: "notice", hidden: true }, "This browser cannot show the video as it is. You see the server's preview; the request uses your file itself.");
  const modeButtons = new Map([["draw", "Draw"], ["file", "Mask file"]].map(([mode, text]) => [mode, h("button", { type: "button", onclick: () => on.mode(mode) }, text)]));
  const maskFileText = h("p", { class: "help" });
  const maskFilePanel = h("div", { class: "mask-file", hidden: true }, h("button", { type: "button", class: "quiet", onclick: () => maskInput.click() }, "Choose the mask"), maskFileText);
  const whole = h("input", { type: "checkbox", onchange: on.whole });
  const wholeField = h("label", { class: "check", hidden: true }, whole, "Show the whole source");
  stage.element.append(wholeField);
  const work = h("div", { class: "work", onkeydown: (event) => {
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === " " && event.target.closest("button, input, summary")) return;
    on.key(event);
  } },
    h("div", { class: "work-head" },
      h("div", { class: "row" }, sourceName, chooseButton("Another video", "quiet small")),
      h("div", { class: "segmented", role: "group", "aria-label": "Mask" }, [...modeButtons.values()])),
    previewNote, tools.toolbar, maskFilePanel, stage.element, errors.mask, tools.panel);

  // Sending.
  const sendButton = h("button", { type: "button", class: "primary large", onclick: on.send }, "Inpaint");
  const stopButton = h("button", { type: "button", class: "quiet", onclick: on.stop }, "Stop");
  const sendText = h("span", { role: "status" });
  const sendBar = h("progress", { max: 1, "aria-label": "Sending" });
  const progressRow = h("div", { class: "sending", hidden: true }, h("div", { class: "row between" }, sendText, stopButton), sendBar);
  // What most people do comes before what few change.
  form.more.before(h("div", { class: "send" }, sendButton, progressRow));

  const stagePanel = h("section", { class: "panel stage-panel", "aria-label": "Source and mask", ...dropTarget(on.drop) }, sourceInput, maskInput, errors.source, noteText, empty, work);
  const element = h("div", { class: "compose" },
    h("h1", { class: "off-screen" }, "New request"),
    stagePanel,
    h("section", { class: "panel side", "aria-label": "What belongs there" }, form.element, code.element));
  return { element, stagePanel, choose, empty, emptyTitle, emptyText, noteText, sourceName, previewNote, modeButtons, maskFileText, maskFilePanel, whole, wholeField, work, errors, sendButton, stopButton, sendText, sendBar, progressRow };
}

function dropTarget(dropped) {
  const dragging = (event, over) => {
    event.preventDefault();
    event.currentTarget.classList.toggle("dragging", over);
  };
  return {
    ondragover: (event) => dragging(event, true),
    ondragleave: (event) => dragging(event, false),
    ondrop: (event) => {
      dragging(event, false);
      const [file] = event.dataTransfer.files;
      if (file) dropped(file);
    },
  };
}
