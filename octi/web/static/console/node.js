/** How the node is: what its stream tells, whether it is ready, and a census of what it holds. */

import { byId, el, mark, put } from "./dom.js";
import { bytes, moment, whole } from "./format.js";

const READY_MS = 10_000;

export class Node {
  #told = /** @type {any} */ (null);
  #problems = /** @type {string[]|null} */ (null);
  #census = /** @type {any} */ (null);

  /**
   * @param {import("./api.js").Api} api @param {import("./speech.js").Speech} speech
   * @param {(words: string, bad?: boolean) => void} tell
   */
  constructor(api, speech, tell) {
    [this.api, this.speech, this.tell] = [api, speech, tell];
    byId("census-take").addEventListener("click", () => this.#take());
    speech.addEventListener("language", () => this.#draw());
    setInterval(() => document.hidden || this.#ready(), READY_MS);
    this.#ready();
  }

  /** @param {any} told as `/console/events` has it */
  show(told) {
    this.#told = told;
    this.#draw();
  }

  /** Whether new sessions should come: the one thing that waits for the store. */
  async #ready() {
    const answer = await fetch("/readyz", { cache: "no-store", credentials: "omit" }).catch(() => null);
    this.#problems = answer ? ((await answer.json().catch(() => ({}))).problems ?? []) : [this.speech.say("away")];
    this.#draw();
  }

  #draw() {
    const { speech } = this;
    const [told, language] = [this.#told, speech.language];
    const problems = [...new Set([...(this.#problems ?? []), ...(told?.problems ?? [])])];
    const state = problems.length ? "bad" : "good";
    const word = told?.draining ? "draining" : problems.length ? "notReady" : "ready";
    for (const id of ["health", "node-health"]) {
      put(byId(id), speech.say(word));
      mark(byId(id), "data-health", this.#problems === null && !told ? null : state);
    }
    byId("problems").replaceChildren(...problems.map((problem) => el("li", {}, problem)));
    if (told) {
      put(byId("crowd"), speech.say(told.most ? "liveOf" : "liveCount", { live: told.live, most: told.most }));
      const facts = { sessions: speech.say(told.most ? "liveOf" : "liveCount", { live: told.live, most: told.most }), upstream: told.upstream, memory: bytes(told.memoryBytes, language), followers: told.followers, consoles: told.consoles, version: told.version };
      byId("node-facts").replaceChildren(...Object.entries(facts).map(([name, value]) => fact(speech.say(name), String(value))));
      byId("node-parts").replaceChildren(...Object.entries(told.parts).map(([part, figures]) => table(part, figures, language)));
    }
    if (this.#census) this.#drawCensus();
  }

  async #take() {
    try {
      this.#census = { ...(await this.api.json("/debug/census")), at: new Date().toISOString() };
      this.#drawCensus();
    } catch (error) {
      this.tell(this.speech.say("failed", { why: /** @type {Error} */ (error).message || this.speech.say("away") }), true);
    }
  }

  #drawCensus() {
    const { speech } = this;
    const taken = this.#census;
    const tables = ["tasks", "threads", "descriptors"].filter((name) => taken[name]);
    byId("census").replaceChildren(
      el("p", { class: "quiet" }, speech.say("censusAt", { at: moment(taken.at, speech.language) })),
      el("div", { class: "tables" }, ...tables.map((name) => table(`${speech.say(name)} ${whole(taken.totals[name], speech.language)}`, grouped(taken[name]), speech.language))),
    );
  }
}

/** Tasks of sessions by what they do, and not one by one. */
function grouped(counts) {
  const sums = /** @type {Record<string, number>} */ ({});
  for (const [name, count] of Object.entries(counts)) {
    const plain = name.replace(/^s-\S+ /, "(session) ");
    sums[plain] = (sums[plain] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(sums).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

function table(title, figures, language) {
  const rows = Object.entries(figures).map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, typeof value === "number" ? whole(value, language) : String(value))));
  return el("table", { class: "figures" }, el("caption", {}, title), el("tbody", {}, ...rows));
}
