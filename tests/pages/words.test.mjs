// What the voice page writes: its own words in both languages, and those that were heard apart from those that were not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { heardAndCut, spokenUpTo } from "../static/captions.js";
import { chosen, WORDS } from "../static/words.js";

const STATES = "idle connecting listening thinking speaking reconnecting ended refused no-microphone full gone".split(" ");

test("all is said in both languages, with the same figures in it", () => {
  const figures = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  assert.deepEqual(Object.keys(WORDS.fr), Object.keys(WORDS.en));
  for (const name of Object.keys(WORDS.en)) assert.deepEqual(figures(WORDS.fr[name]), figures(WORDS.en[name]), name);
});

test("each state has words of its own", () => {
  for (const words of Object.values(WORDS)) {
    const said = STATES.map((state) => words[`state-${state}`]);
    assert.ok(said.every(Boolean));
    assert.equal(new Set(said).size, STATES.length);
  }
});

test("the page speaks what its reader reads, or what octi speaks", () => {
  assert.equal(chosen(["de-DE", "fr-CA", "en"], "en"), "fr");
  assert.equal(chosen(["de-DE"], "fr"), "fr");
  assert.equal(chosen([], "it"), "en");
});

test("what was cut is what follows what was heard", () => {
  assert.deepEqual(heardAndCut("I cannot look  that up.", "I cannot look"), ["I cannot look", "  that up."]);
  assert.deepEqual(heardAndCut("All of it.", "All of it."), ["All of it.", ""]);
  assert.deepEqual(heardAndCut("None of it.", ""), ["", "None of it."]);
});

test("where octi has other words than it told before, they count", () => {
  assert.deepEqual(heardAndCut("Well, 3 euros", "Well, three euros"), ["Well, three euros", ""]);
  assert.deepEqual(heardAndCut("", "Late words."), ["Late words.", ""]);
});

test("words are spoken whole", () => {
  assert.equal("to be or not".slice(0, spokenUpTo("to be or not", 0.3)), "to be");
  assert.equal(spokenUpTo("to be or not", 1), 12);
  assert.equal(spokenUpTo("", 0.5), 0);
});
