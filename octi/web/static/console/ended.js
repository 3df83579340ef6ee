/** Sessions that are over: newest first, or those in which some words stand. */

import { byId, el, mark, put } from "./dom.js";
import { duration, moment, short, who, whole } from "./format.js";

export class Ended {
  #rows = byId("ended-rows");
  #sessions = /** @type {any[]} */ ([]);
  #next = /** @type {string|null} */ (null);
  #search = "";
  #asked = 0;

  /**
   * @param {import("./api.js").Api} api @param {import("./speech.js").Speech} speech
   * @param {(words: string, bad?: boolean) => void} tell @param {(id: string) => void} open
   */
  constructor(api, speech, tell, open) {
    [this.api, this.speech, this.tell, this.open] = [api, speech, tell, open];
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.look();
    });
    byId("ended-more").addEventListener("click", () => this.#ask(this.#next));
    speech.addEventListener("language", () => this.#draw());
  }

  /** Look anew, for what stands in the field. */
  look() {
    this.#search = /** @type {HTMLInputElement} */ (byId("search")).value.trim();
    this.#ask(null);
  }

  /** What is known of a session that was found. @param {string} id */
  of(id) {
    return this.#sessions.find((session) => session.id === id) ?? null;
  }

  async #ask(after) {
    const mine = (this.#asked += 1);
    put(byId("ended-told"), this.speech.say("searching"));
    const query = new URLSearchParams({ state: "ended", ...(this.#search ? { search: this.#search } : {}), ...(after ? { after } : {}) });
    try {
      const page = await this.api.json(`/console/sessions?${query}`);
      if (mine !== this.#asked) return; // somebody has searched for something else since
      this.#sessions = after ? [...this.#sessions, ...page.sessions] : page.sessions;
      this.#next = page.next;
      this.#draw();
    } catch (error) {
      put(byId("ended-told"), "");
      this.tell(this.speech.say("failed", { why: /** @type {Error} */ (error).message || this.speech.say("away") }), true);
    }
  }

  #draw() {
    const { speech } = this;
    this.#rows.replaceChildren(...this.#sessions.map((session) => this.#row(session)));
    const count = this.#sessions.length;
    put(byId("ended-told"), count ? speech.say(this.#next ? "foundMore" : "found", { count }) : this.#next ? speech.say("foundMore", { count }) : speech.say("nothingFound"));
    put(byId("ended-more"), speech.say(this.#search ? "goOn" : "showMore"));
    mark(byId("ended-more"), "hidden", this.#next ? null : "");
    mark(byId("ended-table"), "hidden", count ? null : "");
  }

  #row(session) {
    const { language } = this.speech;
    const lasted = session.endedAt ? duration((Date.parse(session.endedAt) - Date.parse(session.createdAt)) / 1000) : "–";
    const name = who(session);
    return el(
      "tr",
      { "data-session": session.id, click: () => this.open(session.id) },
      el("th", { scope: "row", class: "who" }, el("a", { href: `#/session/${encodeURIComponent(session.id)}` }, name === "–" ? short(session.id) : name), el("small", {}, [name !== "–" && short(session.id), session.tenant].filter(Boolean).join(" · "))),
      el("td", { class: "since" }, el("time", { datetime: session.createdAt }, moment(session.createdAt, language))),
      el("td", { class: "lasted" }, lasted),
      el("td", { class: "door" }, session.door),
      el("td", { class: "upstream" }, el("span", {}, session.upstream), el("small", {}, session.model)),
      el("td", { class: "usage" }, whole(session.usage.total_tokens ?? 0, language)),
      el("td", { class: "why" }, el("span", {}, session.endedBy ?? "–"), el("small", {}, session.endReason ?? "")),
    );
  }
}
