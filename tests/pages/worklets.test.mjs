// The audio threads' halves of octi.js: every sample is counted, and a cut is silent within one quantum.

import assert from "node:assert/strict";
import { test } from "node:test";

const QUANTUM = 128;
globalThis.AudioWorkletProcessor = class {
  port = { told: [], postMessage: (message) => this.port.told.push(message) };
};
const { MOST_QUEUED, Playback } = await import("../static/playback.js");
const { Capture, PIECE, pcm16, Resampler } = await import("../static/capture.js");

const loud = (samples) => new Int16Array(samples).fill(16_384).buffer;

/** Play so many quanta; what came out. */
function sounds(player, quanta) {
  const out = [];
  for (let quantum = 0; quantum < quanta; quantum += 1) {
    const block = new Float32Array(QUANTUM).fill(9); // whatever the browser left there
    player.process([], [[block]]);
    out.push(...block);
  }
  return out;
}

const told = (player, name) => player.port.told.filter((message) => name in message);

test("what comes is played, sample by sample, and then silence", () => {
  const player = new Playback();
  player.take({ pcm: loud(1500), first: true });
  player.take({ pcm: loud(500), first: false });
  player.take({ end: true });
  const out = sounds(player, 20);
  assert.equal(out.filter((sample) => sample === 0.5).length, 2000);
  assert.ok(out.slice(2000).every((sample) => sample === 0));
  assert.deepEqual([player.played, player.queued, player.underruns], [2000, 0, 0]);
  assert.deepEqual([told(player, "started").length, told(player, "drained").length], [1, 1]);
});

test("an answer begins when 40 ms of it are there, or 100 ms have passed, or there is no more", () => {
  const begins = (samples, end) => {
    const player = new Playback();
    player.take({ pcm: loud(samples), first: true });
    if (end) player.take({ end: true });
    return sounds(player, 30).findIndex((sample) => sample !== 0) / QUANTUM;
  };
  assert.equal(begins(960, false), 0);
  assert.equal(begins(100, true), 0);
  assert.equal(begins(100, false), Math.ceil(2400 / QUANTUM) - 1);
});

test("a flush is silent after one quantum, which fades, and says exactly where it was", () => {
  const player = new Playback();
  player.take({ pcm: loud(24_000), first: true });
  sounds(player, 10);
  player.take({ flush: 7 });
  const [fading, ...rest] = [sounds(player, 1), ...sounds(player, 3)];
  assert.ok(fading[0] === 0.5 && fading.at(-1) < 0.01 && fading.every((each, at) => at === 0 || each < fading[at - 1]));
  assert.ok(rest.every((sample) => sample === 0));
  assert.deepEqual(told(player, "flushed"), [{ flushed: 7, at: 11 * QUANTUM }]);
});

test("after a flush places go on behind all that came, and the next answer is played whole", () => {
  const player = new Playback();
  player.take({ pcm: loud(24_000), first: true });
  sounds(player, 10);
  player.take({ flush: 0 });
  player.take({ pcm: loud(1000), first: true }); // comes before the quantum that fades
  player.take({ end: true });
  const out = sounds(player, 20).slice(QUANTUM);
  assert.equal(out.filter((sample) => sample === 0.5).length, 1000);
  assert.equal(player.played, 25_000);
  assert.equal(told(player, "started").length, 2);
});

test("running dry in the middle is counted; at the end it is none, even if the end is told late", () => {
  const player = new Playback();
  player.take({ pcm: loud(1000), first: true });
  sounds(player, 10);
  assert.equal(player.underruns, 1);
  player.take({ pcm: loud(1000), first: false });
  sounds(player, 10);
  assert.equal(player.underruns, 2);
  player.take({ end: true });
  assert.deepEqual([player.underruns, told(player, "drained").length], [1, 1]);
});

test("what is queued has a bound, and what goes beyond it is counted", () => {
  const player = new Playback();
  player.take({ pcm: loud(MOST_QUEUED), first: true });
  player.take({ pcm: loud(10), first: false });
  assert.deepEqual([player.queued, player.lost], [MOST_QUEUED, 10]);
});

test("news comes about every 20 ms while there is sound, and not in silence", () => {
  const player = new Playback();
  sounds(player, 100);
  assert.equal(player.port.told.length, 0);
  player.take({ pcm: loud(12_000), first: true });
  player.take({ end: true });
  sounds(player, 200);
  const news = told(player, "level");
  assert.ok(news.length >= 22 && news.length <= 28, String(news.length));
  assert.ok(Math.abs(news[3].level - 0.5) < 1e-6);
  assert.equal(news.at(-1).level, 0);
});

test("a machine of another rate plays the same sound for as long", () => {
  globalThis.sampleRate = 48_000;
  const player = new Playback();
  delete globalThis.sampleRate;
  player.take({ pcm: loud(1200), first: true });
  player.take({ end: true });
  const out = sounds(player, 30);
  assert.ok(Math.abs(out.filter((sample) => sample !== 0).length - 2400) <= 4);
  assert.equal(player.played, 1200);
});

test("the microphone comes in pieces of 40 ms of PCM16", () => {
  const capture = new Capture();
  for (let quantum = 0; quantum < 15; quantum += 1) capture.process([[new Float32Array(QUANTUM).fill(-0.25)]]);
  assert.equal(capture.port.told.length, 2);
  const [{ pcm, level }] = capture.port.told;
  assert.deepEqual([new Int16Array(pcm).length, new Int16Array(pcm)[0], level], [PIECE, -8192, 0.25]);
  assert.ok(capture.process([[]]) && capture.process([]), "no microphone is connected");
});

test("samples out of range are cut, not wrapped", () => {
  assert.deepEqual([pcm16(2), pcm16(-2), pcm16(1), pcm16(-1), pcm16(0)], [32_767, -32_768, 32_767, -32_768, 0]);
});

for (const rate of [44_100, 48_000, 16_000]) {
  const tone = (hz) => {
    const resampler = new Resampler(rate);
    const out = [];
    for (let at = 0; at < rate; at += QUANTUM) {
      const block = Float32Array.from({ length: QUANTUM }, (_, each) => Math.sin((2 * Math.PI * hz * (at + each)) / rate));
      out.push(...resampler.push(block));
    }
    const middle = out.slice(2000, 22_000);
    return [out.length, Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length)];
  };

  test(`${rate} Hz become 24 000, with speech as loud as it was`, () => {
    for (const hz of [200, 1000, 3400]) {
      const [length, loudness] = tone(hz);
      assert.ok(Math.abs(length - 24_000) < 120, `${length} samples`);
      assert.ok(Math.abs(loudness - Math.SQRT1_2) < 0.01, `${hz} Hz: ${loudness}`);
    }
  });

  test(`of ${rate} Hz nothing comes back as a sound that was not there`, { skip: rate < 40_000 }, () => {
    assert.ok(tone(16_000)[1] < 0.01);
  });
}
