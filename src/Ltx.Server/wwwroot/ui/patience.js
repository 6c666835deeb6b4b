// Asking a server that may be restarting: what is asked for is safe on its disk.

import { ApiError, NoServerError } from "./api.js";

/** Milliseconds between two questions while the server does not answer. */
const PAUSE_AWAY = 3000;

export class Patience {
  #signal;
  #away;

  /** `away`: the element that says so while the server does not answer. */
  constructor(signal, away) {
    this.#signal = signal;
    this.#away = away;
  }

  /** Asks until the server answers. */
  async ask(question) {
    for (;;) {
      try {
        const answer = await question();
        this.#away.hidden = true;
        return answer;
      } catch (error) {
        const isProxys = error instanceof ApiError && [502, 503, 504].includes(error.status) && error.details.length === 0 && error.type === null;
        if (!(error instanceof NoServerError || isProxys)) throw error;
        this.#away.hidden = false;
        this.#away.textContent = "The server does not answer. The request is safe on its disk; this page keeps asking.";
        await this.pause(PAUSE_AWAY);
      }
    }
  }

  pause(milliseconds) {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      }, { once: true });
    });
  }
}
