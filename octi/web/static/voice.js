/** The voice page: buttons, words and pictures around octi.js, which does all the talking. */

import { Captions } from "./captions.js";
import { Octi, openSession, Refused } from "./octi.js";
import { Profile } from "./profile.js";
import { Push } from "./push.js";
import { chosen, tell, WORDS } from "./words.js";

const find = (id) => document.getElementById(id);
const settings = document.body.dataset;
const LIVE = ["connecting", "listening", "thinking", "speaking", "reconnecting"];
const LOUD = 5; // of the level's full scale, which speech seldom reaches
const TELL_LEVEL_MS = 250; // no oftener is a screen reader's meter moved

const page = {
  /** @type {Octi | null} */
  agent: null,
  typed: false, // this conversation has no microphone
  session: null, // the id of one that octi made for this page
  secret: readSecret(),
  language: "en",
  waits: [], // how long each answer took, in ms
  unsaid: [], // typed before octi was ready
};
const captions = new Captions(find("captions"));
const profile = new Profile(find("profile"), find("nothing-known"));
const words = () => WORDS[page.language];

/** A client secret may be handed over behind the #, which no server is sent; there it does not stay. */
function readSecret() {
  const secret = decodeURIComponent(location.hash.slice(1));
  if (!secret.startsWith("ek_")) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

// The conversation

/** A session of this page's own, where octi makes one for whoever asks. */
async function newSession() {
  if (page.secret || "guarded" in settings) {
    if (!page.secret) throw new Refused(words().secretHint, 401, "invalid_api_key");
    return {};
  }
  const spoken = settings.spoken.split(" ").includes(page.language);
  const wish = { voice: find("voice").value || undefined, language: spoken ? page.language : undefined };
  page.session ??= (await openSession(location.href, wish)).id;
  return { session: page.session };
}

/** @param {{typed?: boolean, holding?: boolean, anew?: boolean}} how  anew: not the conversation that broke off */
function begin({ typed = false, holding = false, anew = true } = {}) {
  if (anew) {
    page.session = null;
    captions.clear();
    profile.clear();
    page.waits = [];
    find("latency").textContent = "";
  }
  page.typed = typed;
  const secret = page.secret ?? undefined;
  const agent = new Octi({ secret, holding, microphone: !typed, silenceMs: Number(settings.silence) });
  page.agent = agent;
  const on = (type, react) => agent.addEventListener(type, ({ detail }) => agent === page.agent && react(detail));
  on("state", changed);
  on("message", said);
  on("level", ({ user, agent: voice }) => level(user === undefined ? "agent-level" : "user-level", user ?? voice));
  on("position", ({ playedMs, sentMs }) => captions.agentSpoke(playedMs, sentMs));
  on("latency", waited);
  agent.muted = find("mute").getAttribute("aria-pressed") === "true";
  agent.start(newSession);
  return agent;
}

/** The same conversation with another agent object: with a microphone after all, or after it was given up. */
function goOn(how) {
  const old = page.agent;
  page.agent = null;
  old?.end();
  begin({ ...how, anew: false });
}

const REACTIONS = {
  user_speech_started: () => captions.userBegins(),
  user_transcript_delta: ({ text }) => captions.userDelta(text),
  user_transcript: ({ text }) => captions.userSaid(text),
  transcript_delta: ({ text }) => captions.agentDelta(text),
  transcript: ({ text }) => captions.agentSaid(text),
  bot_audio_end: () => captions.agentWasSent(),
  error: ({ message }) => complain(message),
  ready: () => {
    complain("");
    captions.connectionIsLost(page.agent.held);
    if (document.body.dataset.state !== "speaking") captions.agentIsSilent();
    if (page.session) profile.follow(page.session);
    for (const text of page.unsaid.splice(0)) page.agent.say(text);
  },
};

function said(message) {
  REACTIONS[message.type]?.(message);
  document.dispatchEvent(new CustomEvent("octi:event", { detail: { message } }));
}

// What is shown

function changed({ state, code, reason = "" }) {
  document.body.dataset.state = state;
  if (state === "ended" && code === 3000) askSecret(words().secretBad);
  else if (state === "ended" && code === 401) askSecret("");
  else if (["ended", "full"].includes(state) && code !== 1000 && !find("trouble").textContent) complain(reason);
  if (!LIVE.includes(state)) page.unsaid = [];
  if (!LIVE.includes(state)) captions.connectionIsLost();
  if (!["speaking", "reconnecting"].includes(state)) captions.agentIsSilent();
  if (state === "ended") profile.leave();
  if (!LIVE.includes(state)) [level("user-level", 0), level("agent-level", 0)];
  show();
  document.dispatchEvent(new CustomEvent("octi:state", { detail: { state } }));
}

/** All that depends on the state, in the page's language. */
function show() {
  const { state } = document.body.dataset;
  const [live, { agent }] = [LIVE.includes(state), page];
  say("status", `state-${stateWord(state, agent)}`);
  say("talk-words", talkWord(state));
  find("again").hidden = state !== "reconnecting";
  find("mute").disabled = !live || page.typed;
  find("hold").disabled = live && page.typed;
  find("hold").setAttribute("aria-pressed", String(Boolean(agent?.held)));
  find("hands-free").hidden = !(live && agent?.holding);
  find("nothing-said").hidden = find("captions").childElementCount > 0;
  find("consent").hidden = !("recording" in settings);
  say("mute", find("mute").getAttribute("aria-pressed") === "true" ? "muted" : "mute");
  showWaits();
}

function stateWord(state, agent) {
  if (state === "listening" && page.typed) return "typed";
  if (state === "listening" && agent?.holding) return agent.held ? "held" : "holding";
  return state === "no-microphone" && !navigator.mediaDevices ? "insecure" : state;
}

function talkWord(state) {
  if (LIVE.includes(state)) return page.typed ? "speak" : "stop";
  const others = { idle: "start", ended: "restart", gone: "goOn" };
  return others[state] ?? "retry";
}

function say(id, word) {
  const element = find(id);
  element.dataset.say = word;
  if (element.textContent !== words()[word]) element.textContent = words()[word]; // a live region tells each change
}

function complain(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = !text;
}

const toldAt = {};
function level(id, value) {
  const [element, now] = [find(id), performance.now()];
  const share = Math.min(1, value * LOUD);
  element.style.setProperty("--level", share.toFixed(3));
  find("talk").style.setProperty(`--${id}`, share.toFixed(3));
  if (value && now - (toldAt[id] ?? 0) < TELL_LEVEL_MS) return;
  toldAt[id] = now;
  element.setAttribute("aria-valuenow", String(Math.round(share * 100)));
}

function waited({ ms }) {
  page.waits.push(ms);
  captions.tookMs(ms);
  showWaits();
}

function showWaits() {
  const { waits } = page;
  if (!waits.length) return;
  const middle = [...waits].sort((one, other) => one - other)[waits.length >> 1];
  const facts = { last: `${waits.at(-1)} ms`, middle: `${middle} ms`, count: waits.length };
  const sentence = waits.length > 1 ? words().latency : words().latencyFirst;
  find("latency").textContent = sentence.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

function askSecret(problem) {
  page.secret = null;
  find("key").hidden = false;
  complain(problem);
  find("secret").focus();
}

function speak(language) {
  page.language = language;
  tell(document, language);
  find("language").value = language;
  if ("guarded" in settings) say("nothing-known", "noProfile");
  show();
}

// What is done

const live = () => LIVE.includes(document.body.dataset.state);

find("talk").addEventListener("click", ({ detail }) => {
  if (detail > 0) find("talk").blur(); // pressed with a pointer: the space bar is for talking then
  const { state } = document.body.dataset;
  if (live() && page.typed) goOn({});
  else if (live()) page.agent.end();
  else if (state === "gone" && page.agent) page.agent.start(newSession);
  else begin();
});

find("again").addEventListener("click", () => page.agent?.retry());
window.addEventListener("online", () => page.agent?.retry());
find("hands-free").addEventListener("click", () => {
  page.agent?.handsFree();
  show();
});

find("mute").addEventListener("click", () => {
  const muted = find("mute").getAttribute("aria-pressed") !== "true";
  find("mute").setAttribute("aria-pressed", String(muted));
  if (page.agent) page.agent.muted = muted;
  show();
});

find("type").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("words").value.trim();
  if (!text) return;
  find("words").value = "";
  if (!live()) begin({ typed: true });
  captions.userTyped(text);
  if (["listening", "thinking", "speaking"].includes(document.body.dataset.state)) page.agent.say(text);
  else page.unsaid.push(text);
  show();
});

find("key").addEventListener("submit", (event) => {
  event.preventDefault();
  page.secret = find("secret").value.trim();
  find("secret").value = "";
  find("key").hidden = true;
  begin();
});

for (const id of ["voice", "language"]) {
  find(id).addEventListener("change", () => {
    if (id === "language") speak(find("language").value);
    if (live()) complain(words().next);
  });
}

new Push(find("hold"), {
  begins: () => {
    if (live() && page.typed) return;
    if (!live()) begin({ holding: true });
    page.agent.hold();
    captions.userBegins();
    show();
  },
  ends: async () => {
    if (!(await page.agent?.release())) captions.userIsSilent();
    show();
  },
  silences: () => page.agent?.interrupt(),
});

document.addEventListener("pointerdown", () => page.agent?.wake());
new MutationObserver(show).observe(find("captions"), { childList: true });
if ("guarded" in settings && !page.secret) find("key").hidden = false;
speak(chosen(navigator.languages ?? [], settings.language));
