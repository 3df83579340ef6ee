/**
 * The table of live sessions. Each row is made once; what changed in it is written at once where it is seen, and now and
 * then where it is not: with 500 sessions a page would do little else.
 */

import { byId, el, mark, put } from "./dom.js";
import { bytes, duration, moment, short, wait, who, whole } from "./format.js";
import { bytesIn, Rows } from "./rows.js";

const MOST = 1000; // rows that are drawn: who has more filters
const SLOW_MS = 1500; // an answer that people notice
const UNSEEN_MS = 5000; // so long a row that nobody sees may be behind
const CELLS = ["who", "state", "since", "door", "upstream", "turns", "latency", "queues", "usage"];

export class Live {
  rows = new Rows();
  /** @type {Map<string, {row: HTMLElement, cells: Record<string, HTMLElement>}>} */
  #drawn = new Map();
  /** @type {Set<string>} */
  #touched = new Set(); // other than they are written
  /** @type {Set<string>} */
  #seen = new Set();
  #eye = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: "200px" });
  #body = byId("live-rows");
  #filter = /** @type {HTMLInputElement} */ (byId("live-filter"));
  #order = /** @type {HTMLSelectElement} */ (byId("live-order"));
  #frame = 0;
  #current = "";

  /** @param {import("./speech.js").Speech} speech @param {(id: string) => void} open */
  constructor(speech, open) {
    this.speech = speech;
    this.open = open;
    for (const control of [this.#filter, this.#order]) control.addEventListener("input", () => this.#draw());
    speech.addEventListener("language", () => this.#all(this.#drawn.keys()));
    setInterval(() => this.#ticks(), 1000);
    setInterval(() => document.hidden || !this.#touched.size || this.#all(this.#touched), UNSEEN_MS);
  }

  /** octi told everything, or what changed. @param {string} kind @param {any} data @returns {Set<string>} */
  take(kind, data) {
    const touched = kind === "sessions" ? this.rows.replace(data.sessions) : this.rows.change(data);
    for (const id of touched) this.#touched.add(id);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
    return touched;
  }

  /** Which session is looked at. @param {string} id */
  choose(id) {
    for (const each of [this.#current, id]) {
      const drawn = this.#drawn.get(each);
      if (drawn) mark(drawn.cells.who.querySelector("a"), "aria-current", each === id ? "true" : null);
    }
    this.#current = id;
  }

  /** Write rows, seen or not. @param {Iterable<string>} ids */
  #all(ids) {
    for (const id of ids) this.#write(id);
    this.#draw();
  }

  /** Rows came into sight, or went out of it. @param {IntersectionObserverEntry[]} entries */
  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const id = target.getAttribute("data-session") ?? "";
      if (!isIntersecting) this.#seen.delete(id);
      else this.#seen.add(id);
      if (isIntersecting && this.#touched.has(id)) this.#write(id);
    }
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const chosen = this.rows.chosen(this.#filter.value, this.#order.value);
    const shown = chosen.slice(0, MOST);
    const kept = new Set(shown.map((row) => row.id));
    for (const [id, { row }] of this.#drawn) {
      if (!kept.has(id)) this.#drop(id, row);
    }
    let place = this.#body.firstElementChild;
    for (const data of shown) {
      const { row } = this.#drawn.get(data.id) ?? this.#made(data.id);
      if (this.#touched.has(data.id) && this.#seen.has(data.id)) this.#write(data.id);
      if (row === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row, place);
    }
    this.#tell(chosen.length, shown.length);
  }

  #drop(id, row) {
    this.#eye.unobserve(row);
    row.remove();
    for (const known of [this.#drawn, this.#seen, this.#touched]) known.delete(id);
  }

  #made(id) {
    const cells = Object.fromEntries(CELLS.map((name) => [name, el(name === "who" ? "th" : "td", { class: name, ...(name === "who" ? { scope: "row" } : {}) })]));
    const link = el("a", { href: `#/session/${encodeURIComponent(id)}` });
    if (id === this.#current) link.setAttribute("aria-current", "true");
    cells.who.append(link, el("small"));
    cells.state.append(el("span", { class: "pill" }));
    cells.since.append(el("time"), el("small"));
    cells.upstream.append(el("span"), el("small"));
    const row = el("tr", { "data-session": id, click: () => this.open(id) }, ...CELLS.map((name) => cells[name]));
    const drawn = { row, cells };
    this.#drawn.set(id, drawn);
    this.#write(id);
    this.#eye.observe(row);
    return drawn;
  }

  /** Bring a row up to date. @param {string} id */
  #write(id) {
    this.#touched.delete(id);
    const [data, cells] = [this.rows.all.get(id), /** @type {Record<string, any>} */ (this.#drawn.get(id)?.cells)];
    if (!data || !cells) return;
    const { language } = this.speech;
    put(cells.who.firstChild, who(data) === "–" ? short(data.id) : who(data));
    put(cells.who.lastChild, [short(data.id), data.tenant].filter(Boolean).join(" · "));
    put(cells.state.firstChild, this.speech.say(`doing_${data.doing}`));
    mark(cells.state.firstChild, "data-doing", data.doing);
    put(cells.since.firstChild, data.since ? moment(data.since, language) : "–");
    mark(cells.since.firstChild, "datetime", data.since ?? null);
    put(cells.since.lastChild, lasted(data));
    put(cells.door, data.door ?? "–");
    put(cells.upstream.firstChild, data.upstream ?? "–");
    put(cells.upstream.lastChild, data.model ?? "");
    put(cells.turns, whole(data.turns ?? 0, language));
    put(cells.latency, wait(data.waitMs, language));
    mark(cells.latency, "data-slow", (data.waitMs ?? 0) > SLOW_MS ? "true" : null);
    put(cells.queues, waiting(data.queues, this.speech));
    mark(cells.queues, "title", Object.entries(data.queues ?? {}).map(([name, count]) => `${name} ${count}`).join(", ") || null);
    put(cells.usage, whole(data.tokens ?? 0, language));
  }

  #ticks() {
    if (document.hidden) return;
    for (const id of this.#seen) {
      const data = this.rows.all.get(id);
      if (data) put(/** @type {any} */ (this.#drawn.get(id)).cells.since.lastChild, lasted(data));
    }
  }

  #tell(fitting, shown) {
    const all = this.rows.all.size;
    byId("live-count").textContent = String(all);
    put(byId("live-shown"), fitting === all ? "" : this.speech.say("shown", { shown: fitting, all }));
    put(byId("live-none"), fitting ? (fitting > shown ? this.speech.say("more", { count: fitting - shown }) : "") : this.speech.say(all ? "noMatch" : "nobody"));
    mark(byId("live-table"), "hidden", fitting ? null : "");
  }
}

function lasted(data) {
  return data.since ? duration((Date.now() - Date.parse(data.since)) / 1000) : "";
}

/** What waits in a session, in short; what was dropped stands among its facts. */
function waiting(queues = {}, speech) {
  const told = [];
  const waits = bytesIn(queues);
  if (waits) told.push(bytes(waits, speech.language));
  if (queues.rows) told.push(speech.say("rows", { count: queues.rows }));
  if (queues.rows_lost) told.push(speech.say("rowsLost", { count: queues.rows_lost }));
  return told.join(", ") || "–";
}
