/**
 * The microphone's side of octi.js, in the browser's audio thread: what it hears, as PCM16 at 24 kHz, in
 * pieces of 40 ms.
 *
 * Out: {pcm: ArrayBuffer, level}   level: the root of the mean square, 0 to 1
 */

export const RATE = 24_000;
export const PIECE = 960; // samples: 40 ms
const LOBES = 8; // of the filter, on each side

/** @type {typeof AudioWorkletProcessor} */
const Base = globalThis.AudioWorkletProcessor ?? class {};

/** Brings sound of any rate to 24 kHz: a windowed sinc, which keeps out what 24 kHz cannot hold. */
export class Resampler {
  /** @param {number} rate of what comes in, in Hz */
  constructor(rate) {
    this.step = rate / RATE;
    this.wide = Math.max(this.step, 1) * 1.05; // a little below the limit: the filter is not infinitely steep
    this.reach = LOBES * this.wide;
    this.kept = new Float32Array(Math.ceil(this.reach)); // silence before the first sample
    this.at = this.kept.length; // of the next sample out, in `kept` and what follows
  }

  /** @param {Float32Array} input @returns {Float32Array} what can be said now; the end of it waits for its future */
  push(input) {
    const all = new Float32Array(this.kept.length + input.length);
    all.set(this.kept);
    all.set(input, this.kept.length);
    const out = [];
    for (; this.at + this.reach < all.length; this.at += this.step) out.push(this.sample(all));
    const from = Math.max(0, Math.ceil(this.at - this.reach));
    this.kept = all.slice(from);
    this.at -= from;
    return Float32Array.from(out);
  }

  sample(all) {
    let [sum, weights] = [0, 0];
    for (let each = Math.ceil(this.at - this.reach); each <= this.at + this.reach; each += 1) {
      const away = (each - this.at) / this.wide;
      const sinc = away === 0 ? 1 : Math.sin(Math.PI * away) / (Math.PI * away);
      const weight = sinc * (0.5 + 0.5 * Math.cos((Math.PI * away) / LOBES));
      sum += weight * (all[each] ?? 0);
      weights += weight;
    }
    return sum / weights;
  }
}

/** @param {number} sample of -1 to 1 @returns {number} as a 16-bit integer */
export function pcm16(sample) {
  return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
}

export class Capture extends Base {
  constructor() {
    super();
    const rate = globalThis.sampleRate ?? RATE;
    this.resampler = rate === RATE ? null : new Resampler(rate);
    this.fresh();
  }

  fresh() {
    [this.piece, this.filled, this.energy] = [new Int16Array(PIECE), 0, 0];
  }

  process([input]) {
    if (!input?.length) return true; // no microphone is connected just now
    const heard = input[0]; // one channel was asked for
    for (const sample of this.resampler ? this.resampler.push(heard) : heard) this.take(sample);
    return true;
  }

  take(sample) {
    this.piece[this.filled++] = pcm16(sample);
    this.energy += sample * sample;
    if (this.filled < PIECE) return;
    const message = { pcm: this.piece.buffer, level: Math.sqrt(this.energy / PIECE) };
    this.port.postMessage(message, [this.piece.buffer]);
    this.fresh();
  }
}

globalThis.registerProcessor?.("octi-capture", Capture);
