/**
 * The speaker's side of octi.js, in the browser's audio thread: plays PCM16 at 24 kHz and counts every sample of it.
 *
 * In:  {pcm: ArrayBuffer, first: boolean}  a piece; `first` of its answer
 *      {end: true}                         all of the answer was sent: to run dry is no accident now
 *      {flush: number}                     be silent within one quantum, and say under this number where that was
 * Out: {played, queued, underruns, lost, level}   every 20 ms while there is sound
 *      {started: true}                     an answer's first sample is in the quantum just made
 *      {drained: true}                     an answer that was sent whole has been played whole
 *      {flushed: number, at}               flushed, and played up to there
 *
 * `played` and `at` are places in all that ever came in, in samples at 24 kHz; what is flushed is jumped over.
 */

export const RATE = 24_000;
export const MOST_QUEUED = 600 * RATE; // ten minutes; what comes beyond them is lost, and counted
const PREROLL = 0.04 * RATE; // so much is awaited before an answer begins, for pieces do not arrive evenly
const PATIENCE = 0.1 * RATE; // but no longer than this
const QUANTUM = 128; // samples that the browser asks for at once
const TELL_EVERY = 0.02; // seconds

/** @type {typeof AudioWorkletProcessor} */
const Base = globalThis.AudioWorkletProcessor ?? class {};

export class Playback extends Base {
  constructor() {
    super();
    this.step = RATE / (globalThis.sampleRate ?? RATE);
    /** @type {Int16Array[]} */
    this.queue = [];
    this.at = 0; // in the first piece
    this.queued = 0;
    this.played = 0;
    this.underruns = 0;
    this.lost = 0;
    this.marks = []; // where answers begin, as `played` will count
    this.ended = true;
    this.running = false; // false: waits for enough to begin with
    this.waited = 0;
    this.dry = 0; // 1: it ran dry, and nothing came since
    this.tail = null; // what fades where the voice was cut
    this.phase = 0;
    this.before = 0;
    this.next = 0;
    this.energy = 0;
    this.untold = 0;
    if (this.port) this.port.onmessage = ({ data }) => this.take(data);
  }

  /** What the page says. */
  take({ pcm, first, end, flush }) {
    if (pcm) this.add(new Int16Array(pcm), first);
    if (end) this.end();
    if (flush !== undefined) this.flush(flush);
  }

  end() {
    this.ended = true;
    if (this.running || this.queued) return;
    this.underruns -= this.dry; // what looked like one was the end
    this.dry = 0;
    this.port.postMessage({ drained: true });
  }

  add(samples, first) {
    if (first) {
      this.marks.push(this.played + this.queued);
      this.ended = false;
    }
    if (this.queued + samples.length > MOST_QUEUED) {
      this.lost += samples.length;
      return;
    }
    if (!samples.length) return;
    this.queue.push(samples);
    this.queued += samples.length;
    this.dry = 0;
  }

  /** The next sample, of -1 to 1; null: there is none. */
  pull() {
    const head = this.queue[0];
    if (!head) return null;
    if (this.marks.length && this.played >= this.marks[0]) {
      this.marks.shift();
      this.port.postMessage({ started: true });
    }
    const sample = head[this.at++] / 32768;
    if (this.at === head.length) {
      this.queue.shift();
      this.at = 0;
    }
    this.queued -= 1;
    this.played += 1;
    return sample;
  }

  /** The same at the rate of the machine, where that is another one. */
  pullAtRate() {
    if (this.step === 1) return this.pull();
    for (this.phase += this.step; this.phase >= 1; this.phase -= 1) {
      const sample = this.pull();
      if (sample === null) return null;
      [this.before, this.next] = [this.next, sample];
    }
    return this.before + (this.next - this.before) * this.phase;
  }

  /** Has enough come to begin, or has it waited long enough? */
  ready(quantum) {
    if (!this.queued) return false;
    this.waited += quantum;
    return this.ended || this.queued >= PREROLL || this.waited >= PATIENCE;
  }

  process(_inputs, [[out, ...others]]) {
    const made = this.tail ? this.fade(out) : this.fill(out);
    out.fill(0, made);
    for (const other of others) other.set(out);
    this.tell(out.length);
    return true;
  }

  fill(out) {
    if (!this.running && this.ready(out.length * this.step)) [this.running, this.waited] = [true, 0];
    for (let made = 0; this.running && made < out.length; made += 1) {
      const sample = this.pullAtRate();
      if (sample === null) {
        this.runDry();
        return made;
      }
      out[made] = sample;
      this.energy += sample * sample;
    }
    return this.running ? out.length : 0;
  }

  /** A cut would click: the last quantum goes down to nothing. */
  fade(out) {
    const { tail } = this;
    for (let each = 0; each < tail.length; each += 1) out[each] = tail[each] * (1 - each / tail.length);
    this.tail = null;
    return tail.length;
  }

  runDry() {
    this.running = false;
    if (this.ended) this.port.postMessage({ drained: true });
    else this.underruns += this.dry = 1;
  }

  flush(number) {
    if (this.running) {
      const tail = Array.from({ length: QUANTUM }, () => this.pullAtRate()).filter((sample) => sample !== null);
      this.tail = tail.length ? tail : null;
    }
    this.port.postMessage({ flushed: number, at: this.played });
    this.played += this.queued;
    [this.queue, this.marks, this.at, this.queued] = [[], [], 0, 0];
    [this.running, this.ended, this.phase, this.waited, this.dry] = [false, true, 0, 0, 0];
  }

  tell(made) {
    this.untold += made;
    if (this.untold * this.step < TELL_EVERY * RATE) return;
    const level = Math.sqrt(this.energy / this.untold);
    const { played, queued, underruns, lost } = this;
    if (level || queued || this.loud) this.port.postMessage({ played, queued, underruns, lost, level });
    this.loud = level > 0; // its silence is told once
    [this.energy, this.untold] = [0, 0];
  }
}

globalThis.registerProcessor?.("octi-playback", Playback);
