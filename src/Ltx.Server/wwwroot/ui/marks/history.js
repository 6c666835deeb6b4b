// Undo and redo over documents that are never changed in place.

const MOST = 200;

export class History {
  #past = [];
  #future = [];

  constructor(present) {
    this.present = present;
  }

  /** A finished change. */
  commit(next) {
    if (next === this.present) return;
    this.#past.push(this.present);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
    this.present = next;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.present);
    this.present = this.#past.pop();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.present);
    this.present = this.#future.pop();
  }
}
