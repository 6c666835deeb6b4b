// What goes wrong before or while a request is sent, and the field that it concerns.

import { ApiError } from "./api.js";

/** A thing that is missing before the server can be asked. */
export class FieldProblem extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** Errors of the mask's and preview's own endpoints concern the mask or the source as a whole. */
export function fieldOf(loc) {
  return ["marks", "times", "width", "height"].includes(loc[1]) ? ["body", "mask_video_url"] : loc[1] === "url" ? ["body", "video_url"] : loc;
}

/** An error in words, with what was tried where the server is the one that refused. */
export function problem(error, before) {
  return error instanceof ApiError ? `${before}${error.message}` : error.message;
}
