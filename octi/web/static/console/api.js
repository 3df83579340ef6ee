/** What the console asks of octi, with the operator's key where it has one. */

import { Events } from "./sse.js";

const KEPT = "octi-console-key"; // in sessionStorage: gone with the tab, and never sent but to octi
const BACK_OFF_MS = [500, 1000, 2000, 5000, 10_000];

/** An answer that is none of the good ones. `status` 0: there was no answer. */
export class Failed extends Error {
  /** @param {number} status @param {string} words */
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

export class Api {
  key = sessionStorage.getItem(KEPT) ?? "";

  /** Use a key from now on; "" forgets it. @param {string} key */
  use(key) {
    this.key = key;
    if (key) sessionStorage.setItem(KEPT, key);
    else sessionStorage.removeItem(KEPT);
  }

  /** Ask; the answer, if it is a good one. @param {string} path @param {RequestInit} [how] @returns {Promise<Response>} */
  async ask(path, how = {}) {
    const headers = { ...how.headers, ...(this.key ? { Authorization: `Bearer ${this.key}` } : {}) };
    let answer;
    try {
      answer = await fetch(path, { ...how, headers, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (how.signal?.aborted) throw error;
      throw new Failed(0, "");
    }
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    throw new Failed(answer.status, typeof told.error === "string" ? told.error : answer.statusText);
  }

  /** @param {string} path @returns {Promise<any>} */
  async json(path, how = {}) {
    return (await this.ask(path, how)).json();
  }

  /** @param {string} path @param {unknown} body @returns {Promise<any>} */
  post(path, body) {
    return this.json(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  /** A link's or a player's address for a path: octi's own, or, where a key is wanted, one of what was fetched with it. */
  async address(path) {
    return this.key ? URL.createObjectURL(await (await this.ask(path)).blob()) : path;
  }

  /**
   * Follow a stream until it is aborted, refused or told to be over; a lost one is taken up again.
   * @param {(last: string) => string} path  by the id of the last event, "" if there was none
   * @param {{event: (type: string, data: any) => boolean|void, link: (state: string, error?: Failed) => void}} told
   *   event: true ends it; link: `live`, `lost`, `refused`, `over`
   * @param {AbortSignal} signal
   */
  async follow(path, told, signal) {
    let last = "";
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const answer = await this.ask(path(last), { signal, headers: { Accept: "text/event-stream" } });
        if (answer.status === 204) return told.link("over");
        told.link("live");
        const [events, reader] = [new Events(), /** @type {any} */ (answer.body).getReader()];
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          tries = 0;
          for (const event of events.take(read.value)) {
            last = event.id || last;
            if (told.event(event.type, JSON.parse(event.data))) return await reader.cancel();
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Failed && error.status >= 400 && error.status < 500 && error.status !== 429) {
          return told.link("refused", error);
        }
      }
      if (signal.aborted) return;
      told.link("lost");
      await pause(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)], signal);
    }
  }
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve(undefined);
    }
    signal.addEventListener("abort", done);
  });
}
