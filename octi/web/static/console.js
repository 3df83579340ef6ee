/** The operators' page. What it shows comes from `/console/events` and from octi's own routes; docs/console.md. */

import { Api } from "./console/api.js";
import { byId, mark, put } from "./console/dom.js";
import { Ended } from "./console/ended.js";
import { Live } from "./console/live.js";
import { Node } from "./console/node.js";
import { Session } from "./console/session.js";
import { Speech } from "./console/speech.js";

const VIEWS = ["live", "ended", "node"];
const UNSEEN_MS = 60_000; // so long a page that nobody sees is kept up to date
const TOLD_MS = 8000;

const [api, speech] = [new Api(), new Speech()];
const language = /** @type {HTMLSelectElement} */ (byId("language"));
const live = new Live(speech, go);
const ended = new Ended(api, speech, tell, go);
const node = new Node(api, speech, tell);
const session = new Session(api, speech, tell);
let list = "live"; // the view that a session was opened from
let link = "connecting";
let following = new AbortController();
let forgetting = 0;
let hiding = 0;

/** Say something that happened, to eyes and ears. @param {string} words @param {boolean} [bad] */
function tell(words, bad = false) {
  put(byId("told"), words);
  mark(byId("told"), "data-bad", bad ? "" : null);
  clearTimeout(forgetting);
  forgetting = setTimeout(() => put(byId("told"), ""), TOLD_MS);
}

/** @param {string} id */
function go(id) {
  location.hash = `#/session/${encodeURIComponent(id)}`;
}

/** Show what the address names. */
function show() {
  const [view, id] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const chosen = view === "session" && id ? id : "";
  if (VIEWS.includes(view)) list = view;
  mark(document.body, "data-view", list);
  mark(document.body, "data-session", chosen || null);
  for (const name of VIEWS) {
    mark(byId(`to-${name}`), "aria-current", name === list ? (chosen ? "true" : "page") : null);
    mark(byId(name), "hidden", name === list ? null : "");
  }
  mark(byId("session"), "hidden", chosen ? null : "");
  byId("back").setAttribute("href", `#/${list}`);
  live.choose(chosen);
  if (!chosen) session.close();
  else if (session.id !== chosen) {
    session.open(chosen, live.rows.all.get(chosen) ?? null);
    byId("session-title").focus({ preventScroll: false });
  }
  if (list === "ended" && !chosen) ended.look();
}

function follow() {
  following.abort();
  following = new AbortController();
  api.follow(() => "/console/events", { event: take, link: linked }, following.signal);
}

function take(kind, data) {
  if (kind === "node") node.show(data);
  else if (live.take(kind, data).has(session.id)) session.update(live.rows.all.get(session.id) ?? null);
  return false;
}

function linked(state, error) {
  link = state;
  sayLink();
  mark(byId("key"), "hidden", state === "refused" && (error.status === 401 || api.key) ? null : "");
  mark(byId("forget"), "hidden", state === "live" && api.key ? null : "");
  put(byId("refusal"), state === "refused" ? error.message : "");
  if (state === "refused" && !byId("key").hidden) byId("key-field").focus();
}

function sayLink() {
  put(byId("link"), speech.say(`link_${link}`));
  mark(document.body, "data-link", link);
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ (byId("key-field"));
  api.use(field.value.trim());
  field.value = "";
  follow();
  show();
});
byId("forget").addEventListener("click", () => {
  api.use("");
  location.reload();
});
language.addEventListener("change", () => speech.speak(language.value));
speech.addEventListener("language", sayLink);
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => following.abort(), UNSEEN_MS);
  else if (following.signal.aborted) follow();
});
addEventListener("hashchange", show);

speech.speak(speech.language);
language.value = speech.language;
show();
follow();
