/** The way to octi, for octi.js: how a session is asked for, what a close means, when to come back. */

const FINAL = new Set([1000, 1001, 1002, 1007, 1008, 1009, 3000]); // docs/octi-protocol.md; 4000 to 4999 are, too
const FULL = new Set(["full", "rate_limit_exceeded", "rate_limited"]);
const FORBIDDEN = new Set(["NotAllowedError", "SecurityError"]); // as getUserMedia calls it

/** The browser's. @type {import("./octi.js").Clock} */
export const CLOCK = {
  now: () => performance.now(),
  after: (ms, then) => setTimeout(then, ms),
  drop: (timer) => clearTimeout(timer),
};

/** @returns {number} how long to wait before a try, the first of which is 0, in ms; never all clients at once */
export function backOff(attempt, random = Math.random()) {
  return Math.min(4000, 500 * 2 ** attempt) * (0.75 + random / 2);
}

/**
 * What a close means: the state that follows, and whether to try again by oneself.
 * @param {boolean} wasReady  had it been possible to speak?
 * @returns {{state: State, again: boolean}}
 */
export function meaning(code, reason, wasReady) {
  if (!wasReady && FULL.has(reason)) return { state: "full", again: false };
  if (FINAL.has(code) || code >= 4000) return { state: "ended", again: false };
  return wasReady ? { state: "reconnecting", again: true } : { state: "gone", again: false };
}

/** Why octi gave no session: `status` and `code` as octi said; status 0: it did not answer. */
export class Refused extends Error {
  constructor(message, status = 0, code = "") {
    super(message);
    [this.status, this.code] = [status, code];
  }
}

/**
 * Have a session made: `POST /sessions`. Where octi asks who comes, that is for your server, with its key.
 * @returns {Promise<{id: string, clientSecret: string, expiresAt: number}>}  @throws {Refused}
 */
export async function openSession(url, wish = {}, headers = {}) {
  const body = JSON.stringify(wish);
  const answer = await fetch(new URL("/sessions", url), { method: "POST", body, headers }).catch(() => null);
  if (!answer) throw new Refused("octi does not answer");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.error ?? answer.statusText, answer.status, said.code);
  return said;
}

/** Why there is no conversation: the state that follows, and what else is known. @returns {[State, object]} */
export function failure({ name, message, status, code = "" }) {
  if (status === undefined) {
    return [FORBIDDEN.has(name) ? "refused" : "no-microphone", { code: name, reason: message }];
  }
  const full = FULL.has(code) || status === 429;
  return [full ? "full" : status === 0 || status >= 500 ? "gone" : "ended", { code: status, reason: code || message }];
}

/**
 * Where a conversation is had, and what is said at the door. A secret goes as a sub-protocol: addresses are logged.
 * @returns {[string, string[]]}
 */
export function addressOf({ url, secret, session }, holding) {
  const address = new URL("/ws/realtime", url ?? globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  if (session && !secret) address.searchParams.set("session", session);
  if (holding) address.searchParams.set("turn_detection", "none");
  return [address.href, secret ? ["realtime", `openai-insecure-api-key.${secret}`] : []];
}
