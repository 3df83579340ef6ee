/** The browser's microphone and loudspeaker, for octi.js: PCM16 at 24 kHz, whatever the devices do. */

export const RATE = 24_000; // samples a second, both ways
const PLAYBACK = new URL("./playback.js", import.meta.url);
const CAPTURE = new URL("./capture.js", import.meta.url);
const VOICE = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const FLUSH_MS = 200; // an audio thread that sleeps answers nothing
const MOST_LATENCY_MS = 500; // some devices tell nonsense

/** Where the listener is in the agent's voice: places in samples, counted from the first that ever came. */
export class Position {
  pushed = 0;
  played = 0;
  start = 0; // of the current answer

  begin() {
    this.start = this.pushed;
  }
  push(samples) {
    this.pushed += samples;
  }
  /** Milliseconds of the current answer that were heard up to a place, when the last `latencyMs` are on their way. */
  playedMs(at = this.played, latencyMs = 0, start = this.start) {
    const heard = Math.min(at, this.pushed) - start;
    return Math.max(0, Math.round((heard / RATE) * 1000 - latencyMs));
  }
  sentMs() {
    return Math.round(((this.pushed - this.start) / RATE) * 1000);
  }
}

/** An AudioContext at our rate, or at the machine's own, where it takes no other; the worklets know what to do. */
function newContext() {
  try {
    return new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
  } catch {
    return new AudioContext({ latencyHint: "interactive" });
  }
}

/** Make it within a gesture: browsers give sound to nothing else. */
export class Sound {
  /** @type {(piece: {pcm: ArrayBuffer, level: number}) => void} a piece that the microphone heard */
  onpiece = () => {};
  /** @type {(news: object) => void} what playback.js tells */
  onnews = () => {};
  #context = newContext();
  #capturing = null; // a context of its own, where the other one does not take the microphone
  #stream = null;
  #player = null;
  #flushes = new Map(); // who waits for which
  #number = 0;
  #at = 0;
  #closed = false;

  constructor() {
    this.wake();
  }

  /** Opens both, or the loudspeaker alone. Raises what `getUserMedia` raises. */
  async open(microphone) {
    if (this.#player) return; // it goes on
    if (microphone && !navigator.mediaDevices) throw new DOMException("needs https, or localhost", "NotSupportedError");
    const asked = microphone ? navigator.mediaDevices.getUserMedia({ audio: VOICE }) : null;
    const [stream] = await Promise.all([asked, this.#context.audioWorklet.addModule(PLAYBACK)]);
    this.#stream = stream;
    if (this.#closed) return this.close();
    const form = { numberOfInputs: 0, outputChannelCount: [1] };
    this.#player = new AudioWorkletNode(this.#context, "octi-playback", form);
    this.#player.port.onmessage = ({ data }) => this.#told(data);
    this.#player.connect(this.#context.destination);
    if (stream) await this.#capture(stream);
  }

  async #capture(stream) {
    let [context, source] = [this.#context, null];
    try {
      source = context.createMediaStreamSource(stream);
    } catch {
      this.#capturing = context = new AudioContext(); // Firefox: the microphone's rate or none
      source = context.createMediaStreamSource(stream);
    }
    await context.audioWorklet.addModule(CAPTURE);
    const form = { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" };
    const node = new AudioWorkletNode(context, "octi-capture", form);
    node.port.onmessage = ({ data }) => this.onpiece(data);
    source.connect(node);
  }

  #told(news) {
    if (news.played !== undefined) this.#at = news.played;
    if (news.flushed === undefined) return this.onnews(news);
    this.#flushes.get(news.flushed)?.(news.at);
    return this.#flushes.delete(news.flushed);
  }

  /** @param {boolean} first  of its answer */
  play(pcm, first) {
    this.#player?.port.postMessage({ pcm, first }, [pcm]);
  }

  /** The answer was sent whole. */
  endAnswer() {
    this.#player?.port.postMessage({ end: true });
  }

  /** Silence at once. @returns {Promise<number>} where it was, in samples since the first */
  flush() {
    const number = this.#number++;
    this.#player?.port.postMessage({ flush: number });
    return new Promise((done) => {
      this.#flushes.set(number, done);
      setTimeout(() => this.#told({ flushed: number, at: this.#at }), FLUSH_MS);
    });
  }

  /** How long a sample that was handed to the machine takes to be heard. */
  get latencyMs() {
    const { outputLatency = 0, baseLatency = 0 } = this.#context;
    return Math.min(MOST_LATENCY_MS, (outputLatency || baseLatency) * 1000);
  }

  /** Go on after the machine put sound to sleep. From a gesture. */
  wake() {
    for (const context of [this.#context, this.#capturing]) {
      if (context && context.state !== "running" && context.state !== "closed") context.resume().catch(() => {});
    }
  }

  close() {
    this.#closed = true;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    for (const context of [this.#context, this.#capturing]) if (context && context.state !== "closed") context.close();
  }
}
