/**
 * octi.js: a spoken conversation with an agent behind octi, for any web page. One import, no dependency: what it
 * needs stands beside it (line.js, sound.js, capture.js, playback.js). docs/octi-js.md tells more.
 *
 *     import { Octi } from "https://octi.example/static/octi.js";
 *     const agent = new Octi({ url: "https://octi.example", secret: "ek_…" });
 *     agent.addEventListener("state", ({ detail }) => show(detail.state));
 *     agent.addEventListener("message", ({ detail }) => caption(detail));
 *     button.onclick = () => agent.start();   // browsers give sound and microphone to gestures only
 *
 * @typedef {"idle"|"connecting"|"listening"|"thinking"|"speaking"|"reconnecting"|"ended"|"refused"|"no-microphone"|
 *   "full"|"gone"} State  refused: the microphone was; full, gone: the server is
 * @typedef {{now: () => number, after: (ms: number, then: () => void) => any, drop: (timer: any) => void}} Clock
 * @typedef {Object} Options
 * @property {string} [url]        octi's address; the page's own origin if it is left out
 * @property {string} [secret]     a client secret, `ek_…`
 * @property {string} [session]    the id of a session made over HTTP, for an octi that asks nobody who he is
 * @property {boolean} [holding]   push-to-talk from the beginning
 * @property {boolean} [microphone] false: typed messages only
 * @property {number} [silenceMs]  the silence that ends a turn at this octi (OCTI_SILENCE_MS), for latencies; 500
 * @property {number} [tries]      how often a lost connection is tried anew before it is given up; 8
 * @property {() => any} [sound]   in place of the browser's sound; and so `dial` of its sockets, `clock` of its timers
 * @property {(url: string, protocols: string[]) => WebSocket} [dial]  @property {Clock} [clock]
 */

import { addressOf, backOff, CLOCK, failure, meaning } from "./line.js";
import { Position, RATE, Sound } from "./sound.js";

export { backOff, meaning, openSession, Refused } from "./line.js";
export { Position, RATE, Sound } from "./sound.js";

const SHORTEST_TURN_MS = 100; // octi takes no shorter one
const TAIL_MS = 120; // people let go of a button before they have ended their last word
const PATIENCE_MS = 20_000; // with an answer that does not come
const MOST_WAITING = 500; // pieces of 40 ms that are kept while a turn is held and no socket is there
const MOST_UNSENT = RATE * 2 * 10; // bytes, 10 s: the network is gone, whatever it says
const DIAL_MS = 15_000; // until octi is ready

const DEFAULTS = {
  microphone: true,
  silenceMs: 500,
  tries: 8,
  sound: () => new Sound(),
  dial: (url, protocols) => new WebSocket(url, protocols),
  clock: CLOCK,
};

/**
 * A conversation. It dispatches CustomEvents:
 *   state     {state, code, reason, retryInMs}   code, reason: of the close that brought it
 *   message   each of octi's JSON messages, as it came (docs/octi-protocol.md)
 *   level     {user} or {agent}                  loudness of the last moment, 0 to 1
 *   position  {playedMs, sentMs, underruns}      of the current answer, about 50 times a second while it sounds
 *   latency   {ms}                               from the end of the user's turn to the first sound of the answer
 */
export class Octi extends EventTarget {
  /** @type {State} */
  state = "idle";
  muted = false; // set it: while it is true, octi is sent silence
  held = false;
  position = new Position();
  #options;
  #sound = null;
  #socket = null;
  #ready = false; // this socket may be spoken to
  #wasReady = false; // some socket of this conversation could
  #attempt = 0;
  #timer = null;
  #patience = null;
  #waiting = []; // pieces of a held turn that no socket could take yet
  #heldMs = 0;
  #commits = false; // the held turn ends as soon as it can be said
  #answering = false; // an answer has begun, of which octi will yet say the final words
  #begun = false; // and its voice
  #sounding = false; // the speaker has something to play
  #ignoring = false; // what comes in belongs to an answer that was cut here already
  #turnEndedAt = null;

  /** @param {Options} options */
  constructor(options = {}) {
    super();
    this.#options = { ...DEFAULTS, ...options };
    this.holding = Boolean(options.holding);
  }

  /** Begin, or go on where it broke off. Call it from a gesture. `find` makes a session meanwhile. */
  async start(find = null) {
    if (["connecting", "listening", "thinking", "speaking"].includes(this.state)) return;
    this.#forget();
    this.#set("connecting");
    this.#sound ??= this.#options.sound(); // made within the gesture, or it stays silent
    const sound = this.#sound;
    [sound.onpiece, sound.onnews] = [(piece) => this.#piece(piece), (news) => this.#news(news)];
    try {
      await sound.open(this.#options.microphone);
      if (find) Object.assign(this.#options, await find());
    } catch (error) {
      if (this.#sound === sound && this.state === "connecting") this.#over(...failure(error));
      return;
    }
    if (this.#sound === sound && this.state === "connecting") this.#connect();
  }

  /** Try the lost connection now, rather than when its time has come. */
  retry() {
    if (this.state === "reconnecting") this.#connect();
  }

  /** Leave. The session goes on, for whoever takes it up again, as long as its secret opens it. */
  end() {
    if (this.state !== "idle") this.#over("ended", { code: 1000, reason: "left" });
  }

  /** A typed message; an agent that speaks is interrupted. */
  async say(text) {
    await this.interrupt();
    if (!this.#send({ type: "user_text", text })) return false;
    this.#asked(this.#now());
    return true;
  }

  /** Silence the agent at once, and tell octi how much of the answer was heard. */
  async interrupt() {
    const told = this.#answering;
    if (!told && !this.#sounding) return;
    this.#ignoring = told; // what is still on its way; until octi has heard of it, too
    const played_ms = await this.#silence();
    if (told && this.#ignoring) this.#send({ type: "interrupt", played_ms });
    this.#spoken();
  }

  /** Push-to-talk: the user's turn begins. A conversation that was not of this kind becomes one. */
  async hold() {
    if (this.held || !this.#sound) return;
    [this.held, this.#heldMs, this.#commits, this.#waiting] = [true, 0, false, []];
    this.#sound.wake();
    await this.interrupt();
    this.#turn(true);
    if (this.#ready) this.#set("listening");
  }

  /** Push-to-talk: the user's turn ends, and is answered. @returns {Promise<boolean>} was there enough to answer? */
  async release() {
    const [at, enough] = [this.#now(), this.#heldMs >= SHORTEST_TURN_MS];
    await new Promise((done) => this.#options.clock.after(TAIL_MS, done));
    if (!this.held) return false;
    [this.held, this.#commits, this.#turnEndedAt] = [false, enough, enough ? at : null];
    if (this.#ready) this.#commit();
    else if (!enough) this.#waiting = [];
    return enough;
  }

  /** Back from push-to-talk: octi finds out when a turn begins and ends. */
  handsFree() {
    this.held = false;
    this.#turn(false);
  }

  /** Sound that a telephone call or a locked screen had put to sleep goes on. Call it from a gesture. */
  wake() {
    this.#sound?.wake();
  }

  // The connection

  #connect() {
    this.#leave();
    const socket = this.#options.dial(...addressOf(this.#options, this.holding));
    [this.#socket, socket.binaryType] = [socket, "arraybuffer"];
    this.#wait(DIAL_MS, () => this.#closed(1006, "no answer"));
    socket.onmessage = ({ data }) => socket === this.#socket && this.#heard(data);
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#closed(code, reason);
  }

  #wait(ms, then) {
    this.#options.clock.drop(this.#timer);
    this.#timer = this.#options.clock.after(ms, then);
  }

  /** Drop the socket; nothing that it says counts any more. */
  #leave() {
    const socket = this.#socket;
    if (this.#begun) this.#sound?.endAnswer(); // more of it does not come
    [this.#socket, this.#ready, this.#answering, this.#begun, this.#ignoring] = [null, false, false, false, false];
    socket?.close(1000);
  }

  #closed(code, reason) {
    const { state, again } = meaning(code, reason.split(".").pop(), this.#wasReady);
    this.#leave();
    if (!again || this.#attempt >= this.#options.tries) return this.#over(again ? "gone" : state, { code, reason });
    const retryInMs = backOff(this.#attempt++);
    this.#wait(retryInMs, () => this.#connect());
    return this.#set("reconnecting", { code, reason, retryInMs });
  }

  #over(state, detail = {}) {
    this.#leave();
    this.#forget();
    this.#sound?.close();
    [this.#sound, this.held, this.#waiting, this.#sounding] = [null, false, [], false];
    this.position = new Position();
    this.#set(state, detail);
  }

  /** Whoever says when a turn ends is agreed upon when a socket opens: the session is taken up by another one. */
  #turn(holding) {
    if (this.holding === holding) return;
    this.holding = holding;
    if (this.#socket) this.#connect();
  }

  // What octi says

  #heard(data) {
    if (data instanceof ArrayBuffer) return this.#voice(data);
    const message = JSON.parse(data);
    this.#reactions[message.type]?.(message);
    return this.#tell("message", message);
  }

  #reactions = {
    ready: () => {
      this.#options.clock.drop(this.#timer);
      [this.#ready, this.#wasReady, this.#attempt] = [true, true, 0];
      [this.#answering, this.#begun, this.#ignoring] = [false, false, false];
      this.#send({ type: "start_conversation" });
      this.#set(this.#sounding ? "speaking" : "listening");
      for (const pcm of this.#waiting.splice(0)) this.#send(pcm);
      if (this.#commits) this.#commit();
    },
    user_speech_started: () => {
      this.#turnEndedAt = null;
      this.#silence(); // octi says `interrupted` only if by its own clock the agent can still be heard
      this.#set("listening");
    },
    user_speech_stopped: () => this.#asked(this.#now() - this.#options.silenceMs),
    user_transcript: ({ text }) => {
      if (!text && this.state === "thinking") this.#set("listening"); // it was a cough
    },
    transcript_delta: () => (this.#answering = true),
    bot_audio_end: () => {
      this.#begun = false;
      this.#sound?.endAnswer();
    },
    transcript: () => {
      [this.#answering, this.#begun, this.#ignoring] = [false, false, false];
      if (!this.#sounding && ["thinking", "speaking"].includes(this.state)) this.#set("listening");
    },
    interrupted: () => {
      [this.#begun, this.#ignoring] = [false, false];
      this.#silence();
      this.#spoken();
    },
  };

  #voice(pcm) {
    if (this.#ignoring) return;
    const first = !this.#begun;
    if (first) this.position.begin();
    [this.#answering, this.#begun] = [true, true];
    this.position.push(pcm.byteLength >> 1);
    this.#sound?.play(pcm, first);
  }

  /** @returns {Promise<number>} how many milliseconds of the answer were heard */
  async #silence() {
    const [{ position }, { start }, sound] = [this, this.position, this.#sound];
    this.#sounding = false;
    const at = sound ? await sound.flush() : position.played;
    if (position.start === start) position.begin(); // of what was flushed nothing counts as played
    return position.playedMs(at, sound?.latencyMs, start);
  }

  // What the machine hears and plays

  #news({ played, underruns, level, started, drained }) {
    if (played !== undefined) {
      this.position.played = played;
      this.#tell("level", { agent: level });
      this.#tell("position", { playedMs: this.position.playedMs(), sentMs: this.position.sentMs(), underruns });
    }
    if (started) this.#started();
    if (drained) this.#spoken();
  }

  /** The agent does not speak any more. */
  #spoken() {
    this.#sounding = false;
    if (this.state === "speaking") this.#set("listening");
  }

  #started() {
    this.#sounding = true;
    if (this.#turnEndedAt !== null) {
      const ms = Math.round(this.#now() + this.#sound.latencyMs - this.#turnEndedAt);
      this.#turnEndedAt = null;
      this.#tell("latency", { ms });
    }
    if (this.#ready) this.#set("speaking");
  }

  #piece({ pcm, level }) {
    const open = this.held || !(this.muted || this.holding);
    this.#tell("level", { user: open ? level : 0 });
    if (this.holding && !open) return;
    if (this.held) this.#heldMs += (pcm.byteLength / 2 / RATE) * 1000;
    const sound = open ? pcm : new ArrayBuffer(pcm.byteLength); // silence, so that what was said before has an end
    const sent = (this.holding || !this.held) && this.#send(sound); // a turn that is held is for a socket of its kind
    if (!sent && this.held && this.#waiting.length < MOST_WAITING) this.#waiting.push(sound);
  }

  #commit() {
    this.#send({ type: this.#commits ? "user_audio_commit" : "user_audio_clear" });
    if (this.#commits) this.#asked(this.#turnEndedAt);
    this.#commits = false;
  }

  #asked(at) {
    this.#turnEndedAt = at;
    this.#set("thinking");
    this.#patience = this.#options.clock.after(PATIENCE_MS, () => {
      if (this.state === "thinking") this.#set("listening");
    });
  }

  #send(message) {
    const data = message instanceof ArrayBuffer ? message : JSON.stringify(message);
    if (this.#ready && this.#socket.bufferedAmount > MOST_UNSENT) this.#closed(1006, "stuck");
    if (this.#ready) this.#socket.send(data);
    return this.#ready;
  }

  #forget() {
    for (const timer of [this.#timer, this.#patience]) this.#options.clock.drop(timer);
    [this.#attempt, this.#turnEndedAt] = [0, null];
  }

  #now = () => this.#options.clock.now();
  #tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));

  #set(state, detail = {}) {
    this.#options.clock.drop(this.#patience);
    if (this.state === state && state !== "reconnecting") return;
    this.state = state;
    this.#tell("state", { state, ...detail });
  }
}
