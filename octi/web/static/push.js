/** Push-to-talk: a button that is held, by pointer or keyboard, and the space bar wherever it has no other use. */

const TAKES_SPACE = "input, textarea, select, button, a, summary, [contenteditable]";

export class Push {
  #button;
  #does;
  #by = null; // what holds it: a pointer, or a key

  /**
   * @param {HTMLElement} button
   * @param {{begins: () => void, ends: () => void, silences: () => void}} does
   */
  constructor(button, does) {
    [this.#button, this.#does] = [button, does];
    button.addEventListener("pointerdown", (event) => this.#pressed(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
      button.addEventListener(type, () => this.#let("pointer"));
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault()); // a finger that rests on it asks for one
    button.addEventListener("keydown", (event) => this.#keyed(event));
    document.addEventListener("keydown", (event) => this.#keyedAnywhere(event));
    document.addEventListener("keyup", ({ code }) => this.#let(code));
    window.addEventListener("blur", () => this.#let(this.#by));
  }

  #pressed(event) {
    if (event.button !== 0) return;
    this.#button.setPointerCapture(event.pointerId);
    this.#hold("pointer");
  }

  #keyed(event) {
    if (event.code !== "Space" && event.code !== "Enter") return;
    event.preventDefault(); // it is held, not pressed
    if (!event.repeat) this.#hold(event.code);
  }

  #keyedAnywhere(event) {
    if (event.code === "Escape") this.#does.silences();
    if (event.code !== "Space" || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.(TAKES_SPACE)) return;
    event.preventDefault(); // the page does not scroll
    if (!event.repeat) this.#hold("Space");
  }

  #hold(by) {
    if (this.#by || this.#button.disabled) return;
    this.#by = by;
    this.#does.begins();
  }

  #let(by) {
    if (!by || this.#by !== by) return;
    this.#by = null;
    this.#does.ends();
  }
}
