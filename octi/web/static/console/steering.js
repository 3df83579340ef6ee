/** What one session's agent is told, layer by layer, and the operator's note in it. */

import { byId, el, put } from "./dom.js";

export class Steering {
  #id = "";
  #note = /** @type {HTMLTextAreaElement} */ (byId("note"));
  #layers = /** @type {any[]} */ ([]);

  /**
   * @param {import("./api.js").Api} api @param {import("./speech.js").Speech} speech
   * @param {(words: string, bad?: boolean) => void} tell
   */
  constructor(api, speech, tell) {
    [this.api, this.speech, this.tell] = [api, speech, tell];
    byId("note-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#push(this.#note.value.trim());
    });
    byId("note-take").addEventListener("click", () => this.#push(""));
  }

  /** @param {string} id */
  open(id) {
    this.#id = id;
    this.#note.value = "";
    this.#layers = [];
    byId("layers").replaceChildren();
    put(byId("note-result"), "");
  }

  /** @param {any} instructions as a session's answer has them; keeps a note that is being written */
  show(instructions) {
    const before = textOf(this.#layers, "note");
    if (this.#note.value === before) this.#note.value = textOf(instructions.layers, "note");
    this.#layers = instructions.layers;
    this.again();
  }

  again() {
    const open = new Set([...byId("layers").querySelectorAll("details[open]")].map((each) => each.getAttribute("data-layer")));
    byId("layers").replaceChildren(...this.#layers.map((layer) => this.#layer(layer, open.has(layer.name))));
  }

  #layer({ name, version, text }, open) {
    const title = this.speech.say("layer", { name: this.speech.say(`layer_${name}`), version });
    if (!text) return el("p", { class: "layer quiet", "data-layer": name, "data-version": version }, `${title} – ${this.speech.say("layerEmpty")}`);
    return el("details", { class: "layer", "data-layer": name, "data-version": version, open }, el("summary", {}, title), el("pre", { dir: "auto", tabindex: 0 }, text));
  }

  async #push(note) {
    const [id, button] = [this.#id, /** @type {HTMLButtonElement} */ (byId("note-push"))];
    button.disabled = true;
    try {
      const told = await this.api.post(`/sessions/${encodeURIComponent(id)}/instructions`, { note });
      if (id !== this.#id) return;
      this.#note.value = note;
      this.show(told.instructions);
      put(byId("note-result"), this.speech.say(!told.changed.includes("note") ? "noteSame" : !note ? "noteTaken" : told.pushed ? "notePushed" : "noteKept"));
    } catch (error) {
      this.tell(this.speech.say("failed", { why: /** @type {Error} */ (error).message || this.speech.say("away") }), true);
    } finally {
      button.disabled = false;
    }
  }
}

function textOf(layers, name) {
  return layers.find((layer) => layer.name === name)?.text ?? "";
}
