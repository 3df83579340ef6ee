// A browser for octi.js that is no browser: sockets, sound and time that do as they are told.

import { Octi } from "../static/octi.js";

export const PIECE_MS = 40;

export class Clock {
  time = 0;
  #timers = new Map();
  #next = 1;

  now = () => this.time;
  after = (ms, then) => {
    this.#timers.set(this.#next, { at: this.time + ms, then });
    return this.#next++;
  };
  drop = (timer) => this.#timers.delete(timer);

  /** Let time pass; whatever is due happens at its own moment. */
  async pass(ms) {
    const until = this.time + ms;
    for (;;) {
      await settled();
      const [due] = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = due[1].at;
      due[1].then();
    }
    this.time = until;
  }
}

export class Socket {
  sent = [];
  closed = null;
  bufferedAmount = 0;

  constructor(url, protocols) {
    [this.url, this.protocols] = [new URL(url), protocols];
  }
  send(data) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }
  close(code) {
    this.closed = code;
  }

  // What octi does
  says(type, fields = {}) {
    this.onmessage({ data: JSON.stringify({ type, ...fields }) });
  }
  speaks(ms) {
    this.onmessage({ data: new ArrayBuffer(ms * 48) });
  }
  ends(code, reason = "") {
    this.onclose({ code, reason });
  }

  /** The types of what was sent, audio as `voice` or `silence`; many alike as one. */
  get kinds() {
    const kinds = this.sent.map((each) => each.type ?? (new Uint8Array(each).some(Boolean) ? "voice" : "silence"));
    return kinds.filter((kind, at) => kind !== kinds[at - 1]);
  }
}

export class FakeSound {
  latencyMs = 0;
  closed = false;
  log = [];
  playedSamples = 0;

  constructor(problem = null) {
    this.problem = problem;
  }
  async open() {
    if (this.problem) throw this.problem;
  }
  play(pcm, first) {
    this.log.push(first ? "first" : "more");
  }
  endAnswer() {
    this.log.push("end");
  }
  async flush() {
    this.log.push("flush");
    return this.playedSamples;
  }
  wake() {}
  close() {
    this.closed = true;
  }

  // What the machine does
  hears(ms = PIECE_MS, level = 0.1) {
    for (let at = 0; at < ms; at += PIECE_MS) {
      this.onpiece({ pcm: new Uint8Array(PIECE_MS * 48).fill(1).buffer, level });
    }
  }
  plays(samples) {
    this.playedSamples = samples;
    this.onnews({ played: samples, queued: 1, underruns: 0, level: 0.2 });
  }
}

/** A conversation that was begun; `ready` opens its socket. */
export async function scene(options = {}, problem = null) {
  const [clock, sockets, sounds, told] = [new Clock(), [], [], []];
  const dial = (url, protocols) => {
    sockets.push(new Socket(url, protocols));
    return sockets.at(-1);
  };
  const sound = () => {
    sounds.push(new FakeSound(problem));
    return sounds.at(-1);
  };
  const agent = new Octi({ url: "https://octi.example/", clock, dial, sound, ...options });
  for (const type of ["state", "message", "latency", "level", "position"]) {
    agent.addEventListener(type, ({ detail }) => told.push({ kind: type, ...detail }));
  }
  const here = {
    agent,
    clock,
    sockets,
    told,
    get socket() {
      return sockets.at(-1);
    },
    get sound() {
      return sounds.at(-1);
    },
    get states() {
      return told.filter(({ kind }) => kind === "state").map(({ state }) => state);
    },
    of: (kind) => told.filter((each) => each.kind === kind),
  };
  agent.start(options.find);
  await settled();
  return here;
}

export async function readyScene(options) {
  const here = await scene(options);
  here.socket.says("ready");
  return here;
}

/** Until promises that are kept already have told so. */
export async function settled() {
  for (let turns = 0; turns < 20; turns += 1) await null;
}
