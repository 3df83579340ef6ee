/** One session's transcript: turns in the order of the conversation, and what came of it between them. */

import { byId, el, mark, put } from "./dom.js";
import { duration } from "./format.js";

const NEAR = 80; // pixels from the end: whoever reads there wants to see what comes
const SETTLED_MS = 1500; // what comes in the first moment was said before: it is not read aloud
const DEVELOPMENTS = ["gap", "instructions", "profile", "recording", "verdict"];

export class Transcript {
  /** @type {Map<string, any>} */
  turns = new Map();
  /** @type {{kind: string, data: any, place: number}[]} */
  #between = [];
  /** @type {Map<string, HTMLElement>} */
  #drawn = new Map();
  #list = byId("transcript");
  #settling = 0;

  /** @param {import("./speech.js").Speech} speech */
  constructor(speech) {
    this.speech = speech;
  }

  /** Begin with another session. */
  clear() {
    this.turns.clear();
    this.#between = [];
    this.#drawn.clear();
    this.#list.replaceChildren();
    mark(this.#list, "aria-live", "off");
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => mark(this.#list, "aria-live", "polite"), SETTLED_MS);
    mark(byId("transcript-empty"), "hidden", null);
  }

  /** Turns by their place. @returns {any[]} */
  get ordered() {
    return [...this.turns.values()].sort((one, other) => one.position - other.position);
  }

  /** octi told something. @param {string} kind @param {any} data */
  take(kind, data) {
    const follows = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < NEAR;
    if (kind === "turn") {
      this.turns.set(data.item, data);
      this.#write(data);
    } else if (DEVELOPMENTS.includes(kind) || kind === "end") {
      const place = Math.max(-1, ...[...this.turns.values()].map((turn) => turn.position)) + 0.5;
      this.#place(this.#note(kind, data), place);
      this.#between.push({ kind, data, place });
    }
    mark(byId("transcript-empty"), "hidden", this.#list.childElementCount ? "" : null);
    if (follows) this.#list.scrollTop = this.#list.scrollHeight;
  }

  /** Say it all in another language. */
  again() {
    for (const turn of this.turns.values()) this.#write(turn);
    for (const note of this.#list.querySelectorAll(".note")) note.remove();
    for (const { kind, data, place } of this.#between) this.#place(this.#note(kind, data), place);
  }

  #write(turn) {
    const drawn = this.#drawn.get(turn.item) ?? this.#made(turn);
    const [head, words] = [drawn.children[0], drawn.children[1]];
    put(head.children[0], this.speech.say(`role_${turn.role}`));
    put(head.children[1], duration(turn.startMs / 1000));
    put(head.children[2], this.#flags(turn));
    words.replaceChildren(...this.#words(turn));
    mark(drawn, "data-cut", turn.interrupted ? "" : null);
    if (drawn.getAttribute("data-place") !== String(turn.position)) this.#place(drawn, turn.position);
  }

  #made(turn) {
    const head = el("p", { class: "head" }, el("b"), el("span"), el("em"));
    const drawn = el("li", { class: `turn ${turn.role === "assistant" ? "agent" : turn.role}`, "data-item": turn.item }, head, el("p", { class: "words", dir: "auto" }));
    this.#drawn.set(turn.item, drawn);
    return drawn;
  }

  #place(drawn, place) {
    drawn.setAttribute("data-place", String(place));
    const later = [...this.#list.children].find((other) => other !== drawn && Number(other.getAttribute("data-place")) > place);
    this.#list.insertBefore(drawn, later ?? null);
  }

  #flags(turn) {
    const flags = turn.interrupted ? [this.speech.say("interrupted")] : [];
    if (turn.transcription && turn.transcription !== "done") flags.push(this.speech.say(`transcription_${turn.transcription}`));
    return flags.join(" · ");
  }

  /** What was heard, and struck through what was not. */
  #words({ text, generated }) {
    if (generated === null || generated === text) return [text];
    const rest = generated.startsWith(text) ? generated.slice(text.length) : ` ${generated}`;
    return [text, el("span", { class: "unseen" }, ` ${this.speech.say("unheard")}`), el("s", {}, rest)];
  }

  #note(kind, data) {
    return el("li", { class: "note", "data-kind": kind, dir: "auto" }, this.speech.say(`event_${kind}`, this.#told(kind, data)));
  }

  #told(kind, data) {
    if (kind === "instructions") return { changed: data.changed.map((name) => this.speech.say(`layer_${name}`)).join(", ") };
    if (kind === "profile") return { changes: data.changes.map(({ field, new: value }) => `${field} = ${JSON.stringify(value)}`).join(", ") || "–" };
    if (kind === "verdict") return { ...data, by: data.by || "hook", action: [data.action, data.reason].filter(Boolean).join(" – ") };
    if (kind === "end") return { by: data.endedBy ?? "–", reason: data.endReason ?? "–" };
    return data;
  }
}
