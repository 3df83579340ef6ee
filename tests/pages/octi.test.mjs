// octi.js without a browser: what it says to octi, what it makes of what octi says, and when it comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backOff, meaning, Position, Refused } from "../static/octi.js";
import { readyScene, scene, settled } from "./scene.mjs";

test("waits grow and have an end, and no two clients wait alike", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map((attempt) => backOff(attempt, 0.5)), [500, 1000, 2000, 4000, 4000]);
  assert.deepEqual([backOff(0, 0), backOff(0, 1)], [375, 625]);
});

test("a close code says whether to come back", () => {
  const told = (code, reason, wasReady = true) => Object.values(meaning(code, reason, wasReady));
  for (const code of [1006, 1011, 1012, 1013]) assert.deepEqual(told(code, ""), ["reconnecting", true]);
  for (const code of [1000, 1001, 1002, 1007, 1008, 1009, 3000, 4000]) assert.deepEqual(told(code, ""), ["ended", false]);
  assert.deepEqual(told(1013, "full", false), ["full", false]);
  assert.deepEqual(told(1013, "rate_limit_exceeded", false), ["full", false]);
  assert.deepEqual(told(1006, "", false), ["gone", false]);
});

test("the position is that of the current answer, less what is still on its way to the ear", () => {
  const position = new Position();
  position.push(24_000);
  position.begin(); // a second answer, queued behind the first
  position.push(48_000);
  position.played = 12_000;
  assert.equal(position.playedMs(), 0);
  position.played = 36_000;
  assert.equal(position.playedMs(), 500);
  assert.equal(position.playedMs(36_000, 120), 380);
  assert.equal(position.playedMs(999_999), 2000);
  assert.equal(position.sentMs(), 2000);
});

test("a secret goes as a sub-protocol and never in the address", async () => {
  const { socket } = await scene({ secret: "ek_1", session: "s-1" });
  assert.equal(socket.url.href, "wss://octi.example/ws/realtime");
  assert.deepEqual(socket.protocols, ["realtime", "openai-insecure-api-key.ek_1"]);
});

test("a session that is found meanwhile is named, and so is push-to-talk", async () => {
  const { socket } = await scene({ holding: true, find: async () => ({ session: "s-1" }) });
  assert.equal(socket.url.search, "?session=s-1&turn_detection=none");
});

test("a spoken turn goes through its states in order", async () => {
  const here = await readyScene();
  here.sound.hears();
  here.socket.says("user_speech_started");
  here.clock.time = 3000;
  here.socket.says("user_speech_stopped");
  here.socket.says("transcript_delta", { text: "Yes." });
  here.socket.speaks(1000);
  here.socket.speaks(500);
  here.socket.says("bot_audio_end");
  here.clock.time = 3100;
  here.sound.onnews({ started: true });
  here.sound.plays(36_000);
  here.sound.onnews({ drained: true });
  here.socket.says("transcript", { text: "Yes." });
  assert.deepEqual(here.states, ["connecting", "listening", "thinking", "speaking", "listening"]);
  assert.deepEqual(here.sound.log, ["flush", "first", "more", "end"]);
  assert.deepEqual(here.socket.kinds, ["start_conversation", "voice"]);
  assert.equal(here.of("latency")[0].ms, 600); // half a second of silence, and a tenth
  assert.equal(here.of("position").at(-1).playedMs, 1500);
  assert.equal(here.of("message").length, 6);
});

test("the user's voice silences the agent before octi says so", async () => {
  const here = await readyScene();
  here.socket.speaks(1000);
  here.sound.onnews({ started: true });
  here.socket.says("user_speech_started");
  assert.equal(here.sound.log.at(-1), "flush");
  assert.equal(here.agent.state, "listening");
});

test("an interruption tells what was heard, and what is still on its way is not played", async () => {
  const here = await readyScene();
  here.socket.speaks(2000);
  here.sound.onnews({ started: true });
  here.sound.plays(18_000);
  await here.agent.interrupt();
  assert.deepEqual(here.socket.sent.at(-1), { type: "interrupt", played_ms: 750 });
  here.socket.speaks(500);
  assert.deepEqual(here.sound.log, ["first", "flush"]);
  here.socket.says("interrupted");
  here.socket.says("transcript", { text: "Ye" });
  here.socket.speaks(500);
  assert.deepEqual(here.sound.log.at(-1), "first");
});

test("an answer that octi takes for heard is silenced without a word, and the next one is played", async () => {
  const here = await readyScene();
  here.socket.speaks(1000);
  here.sound.onnews({ started: true });
  here.socket.says("bot_audio_end");
  here.socket.says("transcript", { text: "Yes." });
  await here.agent.interrupt();
  assert.deepEqual(here.socket.kinds, ["start_conversation"]);
  here.socket.speaks(100);
  assert.deepEqual(here.sound.log, ["first", "end", "flush", "first"]);
});

test("what was flushed does not count as heard", async () => {
  const here = await readyScene();
  here.socket.speaks(2000);
  here.sound.plays(2400);
  await here.agent.interrupt();
  here.sound.plays(48_000); // the place jumps over it
  assert.equal(here.of("position").at(-1).playedMs, 0);
});

test("a typed message interrupts first, and is asked at once", async () => {
  const here = await readyScene();
  here.socket.speaks(1000);
  await here.agent.say("stop");
  assert.deepEqual(here.socket.kinds, ["start_conversation", "interrupt", "user_text"]);
  assert.equal(here.agent.state, "thinking");
});

test("an answer that does not come is not awaited for ever", async () => {
  const here = await readyScene();
  await here.agent.say("hello");
  await here.clock.pass(19_999);
  assert.equal(here.agent.state, "thinking");
  await here.clock.pass(1);
  assert.equal(here.agent.state, "listening");
});

test("words that are only written end the turn as well", async () => {
  const here = await readyScene();
  await here.agent.say("hello");
  here.socket.says("transcript_delta", { text: "Hi." });
  here.socket.says("transcript", { text: "Hi." });
  assert.equal(here.agent.state, "listening");
});

test("a turn that is held before octi is ready is kept, in order, and ends when it is said", async () => {
  const here = await scene();
  here.agent.hold();
  here.sound.hears(400);
  here.agent.release();
  await here.clock.pass(200);
  here.socket.says("ready");
  await settled();
  assert.deepEqual(here.socket.kinds, ["start_conversation", "voice", "user_audio_commit"]);
  assert.equal(here.socket.sent.filter((each) => each instanceof ArrayBuffer).length, 10);
  assert.equal(here.agent.state, "thinking");
});

test("between turns that are held nothing is sent, and a turn too short for octi is forgotten", async () => {
  const here = await readyScene({ holding: true });
  here.sound.hears(400);
  here.agent.hold();
  await settled();
  here.sound.hears(40);
  const released = here.agent.release();
  await here.clock.pass(200);
  assert.equal(await released, false);
  assert.deepEqual(here.socket.kinds, ["start_conversation", "voice", "user_audio_clear"]);
  assert.equal(here.agent.state, "listening");
});

test("push-to-talk in a conversation without it takes the session up anew, and loses no sound", async () => {
  const here = await readyScene({ session: "s-1" });
  here.socket.speaks(1000);
  here.agent.hold();
  here.sound.hears(); // before the interruption is out
  await settled();
  assert.deepEqual([here.sockets[0].closed, here.sockets[0].kinds], [1000, ["start_conversation", "interrupt"]]);
  assert.equal(here.socket.url.search, "?session=s-1&turn_detection=none");
  here.sound.hears();
  here.socket.says("ready");
  assert.equal(here.socket.sent.filter((each) => each instanceof ArrayBuffer).length, 2);
  here.agent.handsFree();
  assert.equal(here.socket.url.search, "?session=s-1");
});

test("whoever is muted sends silence, so that what was said before has an end", async () => {
  const here = await readyScene();
  here.agent.muted = true;
  here.sound.hears();
  assert.deepEqual(here.socket.kinds, ["start_conversation", "silence"]);
  assert.equal(here.of("level").at(-1).user, 0);
});

test("a lost connection is tried anew, at growing distances, and counts from the beginning once it was there", async () => {
  const here = await readyScene({ session: "s-1" });
  here.socket.ends(1006);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await here.clock.pass(here.of("state").at(-1).retryInMs);
    here.socket.ends(1006);
  }
  const waits = here.of("state").flatMap(({ retryInMs }) => retryInMs ?? []);
  assert.equal(waits.length, 4);
  assert.ok(waits.every((wait, at) => wait >= 0.75 * Math.min(4000, 500 * 2 ** at) && wait <= 5000));
  await here.clock.pass(waits.at(-1));
  here.socket.says("ready");
  assert.equal(here.agent.state, "listening");
  assert.equal(here.socket.url.search, "?session=s-1");
  here.socket.ends(1006);
  assert.ok(here.of("state").at(-1).retryInMs <= 625);
});

test("it is given up after so many tries, and can go on in the same session", async () => {
  const here = await readyScene({ session: "s-1", tries: 2 });
  const microphone = here.sound;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    here.socket.ends(1006);
    await here.clock.pass(5000);
  }
  assert.deepEqual(here.states, ["connecting", "listening", "reconnecting", "reconnecting", "gone"]);
  assert.ok(microphone.closed);
  here.agent.start();
  await settled();
  here.socket.says("ready");
  assert.deepEqual([here.agent.state, here.socket.url.search], ["listening", "?session=s-1"]);
});

test("whoever does not want to wait can have it tried at once, and only once", async () => {
  const here = await readyScene();
  here.socket.ends(1012, "octi is restarting");
  here.agent.retry();
  await here.clock.pass(14_999);
  assert.equal(here.sockets.length, 2);
});

test("a connection that comes to nothing within 15 s is a lost one", async () => {
  const here = await scene();
  await here.clock.pass(15_000);
  assert.deepEqual(here.states, ["connecting", "gone"]);
});

test("a network that takes nothing for ten seconds of speech is gone, whatever it says", async () => {
  const here = await readyScene();
  here.socket.bufferedAmount = 480_001;
  here.sound.hears();
  assert.equal(here.agent.state, "reconnecting");
});

test("an answer that broke off with its connection is played to its end", async () => {
  const here = await readyScene();
  here.socket.speaks(1000);
  here.sound.onnews({ started: true });
  here.socket.ends(1006);
  assert.deepEqual(here.sound.log, ["first", "end"]);
});

test("no microphone, no conversation", async () => {
  for (const [name, state] of [["NotAllowedError", "refused"], ["NotFoundError", "no-microphone"]]) {
    const here = await scene({}, new DOMException("", name));
    assert.deepEqual([here.states, here.sockets.length], [["connecting", state], 0]);
    assert.ok(here.sound.closed);
  }
});

test("no session, no conversation", async () => {
  const refusals = [[new Refused("", 503, "full"), "full"], [new Refused("", 429), "full"], [new Refused(""), "gone"]];
  for (const [error, state] of [...refusals, [new Refused("", 401, "invalid_api_key"), "ended"]]) {
    const find = async () => {
      throw error;
    };
    assert.deepEqual((await scene({ find })).states, ["connecting", state]);
  }
});

test("after the end nothing is heard, said or tried any more", async () => {
  const here = await readyScene();
  const { socket, sound } = here;
  here.agent.end();
  socket.says("user_speech_started");
  socket.ends(1006);
  await here.clock.pass(60_000);
  assert.deepEqual(here.states, ["connecting", "listening", "ended"]);
  assert.deepEqual([socket.closed, sound.closed, here.sockets.length], [1000, true, 1]);
});

test("whoever leaves while the microphone is asked for is not connected", async () => {
  const here = await scene({ find: () => settled().then(() => ({})) });
  here.agent.end();
  await settled();
  assert.deepEqual([here.states, here.sockets.length], [["connecting", "ended"], 0]);
});
