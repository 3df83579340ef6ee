/** One session: its facts, transcript, timeline, recording, instructions, and its end. */

import { Failed } from "./api.js";
import { byId, el, mark, put } from "./dom.js";
import { duration, moment, short, wait, whole, who } from "./format.js";
import { Steering } from "./steering.js";
import { picture } from "./timeline.js";
import { Transcript } from "./transcript.js";

const FORMATS = { text: "txt", srt: "srt", jsonl: "jsonl", json: "json" };
const REDRAW_MS = 250;

export class Session {
  id = "";
  #known = /** @type {any} */ ({}); // what octi answers of it
  #live = /** @type {any} */ (null); // its row among the live ones
  #following = new AbortController();
  #urls = /** @type {string[]} */ ([]);
  #redraw = 0;
  #asking = 0;

  /**
   * @param {import("./api.js").Api} api @param {import("./speech.js").Speech} speech
   * @param {(words: string, bad?: boolean) => void} tell
   */
  constructor(api, speech, tell) {
    [this.api, this.speech, this.tell] = [api, speech, tell];
    this.transcript = new Transcript(speech);
    this.steering = new Steering(api, speech, tell);
    this.dialog = /** @type {HTMLDialogElement} */ (byId("end-dialog"));
    byId("end").addEventListener("click", () => this.dialog.showModal());
    byId("end-no").addEventListener("click", () => this.dialog.close());
    byId("end-yes").addEventListener("click", () => this.#end());
    byId("recording-load").addEventListener("click", () => this.#fetchRecording());
    byId("downloads").addEventListener("click", (event) => this.#download(event));
    new ResizeObserver(() => this.#drawSoon()).observe(byId("timeline"));
    speech.addEventListener("language", () => this.#again());
  }

  /** @param {string} id @param {any} row what is known of it already, if anything */
  open(id, row) {
    this.close();
    [this.id, this.#known, this.#live] = [id, {}, row];
    this.transcript.clear();
    this.steering.open(id);
    this.#again();
    mark(byId("recording"), "hidden", "");
    this.#following = new AbortController();
    const path = (last) => `/sessions/${encodeURIComponent(id)}/events${last ? `?after=${encodeURIComponent(last)}` : ""}`;
    this.api.follow(path, { event: (kind, data) => this.#take(kind, data), link: (state, error) => this.#linked(state, error) }, this.#following.signal);
    this.#ask();
  }

  /** Nobody looks at it any more. */
  close() {
    this.#following.abort();
    clearTimeout(this.#asking);
    this.id = "";
    if (this.dialog.open) this.dialog.close();
    for (const url of this.#urls.splice(0)) URL.revokeObjectURL(url);
    byId("player").removeAttribute("src");
  }

  /** Its row among the live ones changed; null: it is not among them. @param {any} row */
  update(row) {
    const over = this.#live !== null && row === null;
    this.#live = row;
    if (over) this.#ask();
    this.#facts();
  }

  #take(kind, data) {
    this.transcript.take(kind, data);
    if (kind === "turn") this.#drawSoon();
    else this.#askSoon();
    return false;
  }

  #linked(state, error) {
    mark(byId("session"), "data-link", state);
    if (state === "refused") this.#missing(error);
  }

  #missing(error) {
    put(byId("session-trouble"), error.status === 404 ? this.speech.say("noSession") : error.message);
  }

  #askSoon() {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => this.#ask(), 150);
  }

  async #ask() {
    const id = this.id;
    try {
      const known = await this.api.json(`/sessions/${encodeURIComponent(id)}`);
      if (id !== this.id) return;
      this.#known = known;
      put(byId("session-trouble"), "");
      this.steering.show(known.instructions);
      mark(byId("recording"), "hidden", known.recording ? null : "");
      if (known.recording && !this.api.key && !byId("player").hasAttribute("src")) this.#play(`/sessions/${encodeURIComponent(id)}/audio`);
      this.#facts();
    } catch (error) {
      if (id === this.id && error instanceof Failed) this.#missing(error);
    }
  }

  #again() {
    const id = this.id;
    put(byId("session-title"), this.speech.say("session", { id: short(id) }));
    const links = Object.entries(FORMATS).map(([format, ending]) => el("a", { href: `/sessions/${encodeURIComponent(id)}/transcript?format=${format}`, download: `${id}.${ending}`, "data-format": format }, format));
    byId("downloads").replaceChildren(...links);
    this.transcript.again();
    this.steering.again();
    this.#facts();
    this.#draw();
  }

  #facts() {
    const { speech } = this;
    const known = { ...this.#live, ...this.#known };
    const [language, usage] = [speech.language, this.#known.usage ?? {}];
    const doing = this.#live?.doing ?? known.state;
    put(byId("session-state"), doing ? speech.say(`doing_${doing}`) : "");
    mark(byId("session-state"), "data-doing", doing ?? null);
    mark(byId("end"), "hidden", known.state === "ended" && !this.#live ? "" : null);
    const began = this.#live?.since ?? known.createdAt;
    const told = {
      id: known.id,
      user: who(known) === "–" ? "" : known.user,
      tenant: known.tenant,
      keyName: known.key,
      peer: known.peer,
      door: known.door,
      upstream: known.upstream,
      model: known.model,
      voice: known.voice,
      language: known.language,
      begun: began && moment(began, language),
      over: known.endedAt && `${moment(known.endedAt, language)}, ${speech.say("endedBy", { by: known.endedBy, reason: known.endReason })}`,
      lasted: known.endedAt && duration((Date.parse(known.endedAt) - Date.parse(known.createdAt)) / 1000),
      queues: this.#live && (Object.entries(this.#live.queues ?? {}).map(([name, count]) => `${name} ${whole(count, language)}`).join(", ") || "–"),
      turns: this.#live && whole(this.#live.turns ?? 0, language),
      latency: this.#live && wait(this.#live.waitMs, language),
      responses: whole(this.#live?.responses ?? usage.responses ?? 0, language),
      tokens: whole(this.#live?.tokens ?? usage.total_tokens ?? 0, language),
      cost: known.cost && `${known.cost} ${known.currency}`,
      profile: profileOf(known.profile),
    };
    const shown = Object.entries(told).filter(([, value]) => value !== undefined && value !== null && value !== "");
    byId("facts").replaceChildren(...shown.map(([name, value]) => el("div", {}, el("dt", {}, speech.say(name)), el("dd", { dir: "auto", "data-fact": name }, String(value)))));
  }

  #drawSoon() {
    this.#redraw ||= setTimeout(() => this.#draw(), REDRAW_MS);
  }

  #draw() {
    clearTimeout(this.#redraw);
    this.#redraw = 0;
    const place = byId("timeline");
    const follows = place.scrollWidth - place.scrollLeft - place.clientWidth < 40;
    const drawn = picture(this.transcript.ordered, place.clientWidth, this.speech);
    place.replaceChildren(drawn ?? el("p", { class: "quiet" }, this.speech.say("timelineEmpty")));
    if (follows) place.scrollLeft = place.scrollWidth;
  }

  async #end() {
    const button = /** @type {HTMLButtonElement} */ (byId("end-yes"));
    button.disabled = true;
    try {
      const answer = await this.api.ask(`/sessions/${encodeURIComponent(this.id)}`, { method: "DELETE" });
      this.tell(this.speech.say(answer.status === 202 ? "endSlow" : "endDone"));
      this.#ask();
    } catch (error) {
      this.#trouble(error);
    } finally {
      button.disabled = false;
      this.dialog.close();
    }
  }

  #trouble(error) {
    this.tell(this.speech.say("failed", { why: error.message || this.speech.say("away") }), true);
  }

  /** A browser sends no key with a link: with one, the file is fetched first. */
  async #download(event) {
    const link = event.target.closest("a[data-format]");
    if (!link || !this.api.key || link.href.startsWith("blob:")) return;
    event.preventDefault();
    try {
      const url = await this.api.address(link.getAttribute("href"));
      el("a", { href: url, download: link.download }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      this.#trouble(error);
    }
  }

  async #fetchRecording() {
    try {
      const url = await this.api.address(`/sessions/${encodeURIComponent(this.id)}/audio`);
      if (url.startsWith("blob:")) this.#urls.push(url);
      this.#play(url);
    } catch (error) {
      this.#trouble(error);
    }
  }

  #play(url) {
    byId("player").setAttribute("src", url);
    mark(byId("player"), "hidden", null);
    mark(byId("recording-load"), "hidden", "");
  }
}

function profileOf(profile) {
  return Object.entries(profile ?? {}).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
}
