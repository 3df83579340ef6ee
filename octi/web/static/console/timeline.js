/** A conversation as a picture: who spoke when, how long the answers took, where the agent was interrupted. */

import { svg } from "./dom.js";
import { duration, wait } from "./format.js";

/** @typedef {{item: string, role: string, startMs: number, endMs: number, interrupted: boolean, position: number}} Turn */
/** @typedef {{kind: "user"|"agent"|"silence"|"typed", fromMs: number, toMs: number, cut: boolean, item: string}} Bar */

/**
 * Where everything lies on the session's audio timeline. Nothing of one side overlaps: what was only typed has no
 * length, and is set behind what was said before it. Pure.
 * @param {Turn[]} turns by position @returns {{bars: Bar[], lengthMs: number, waits: number[]}}
 */
export function layOut(turns) {
  const bars = /** @type {Bar[]} */ ([]);
  const waits = /** @type {number[]} */ ([]);
  const ends = { user: 0, agent: 0 };
  let asked = /** @type {number|null} */ (null); // where the user's last words ended, if nobody has answered them
  for (const turn of turns) {
    const [item, cut, length] = [turn.item, turn.interrupted, Math.max(0, turn.endMs - turn.startMs)];
    if (turn.role === "user") {
      const fromMs = length ? Math.max(turn.startMs, ends.user) : Math.max(turn.startMs, ends.user, ends.agent);
      bars.push({ kind: length ? "user" : "typed", fromMs, toMs: fromMs + length, cut: false, item });
      ends.user = fromMs + length;
      asked = length ? ends.user : null;
    } else if (turn.role === "assistant") {
      const fromMs = Math.max(turn.startMs, ends.agent, length ? 0 : ends.user);
      if (asked !== null && fromMs > asked) {
        bars.push({ kind: "silence", fromMs: asked, toMs: fromMs, cut: false, item });
        waits.push(fromMs - asked);
      }
      bars.push({ kind: length ? "agent" : "typed", fromMs, toMs: fromMs + length, cut, item });
      ends.agent = fromMs + length;
      asked = null;
    }
  }
  return { bars, waits, lengthMs: Math.max(ends.user, ends.agent) };
}

const [TOP, LANE, GAP, LEFT, RIGHT] = [8, 26, 10, 8, 24];
const BOTTOM = TOP + 2 * LANE + GAP;
const HEIGHT = BOTTOM + 26;
const LEAST_PX_S = 22; // below it answers cannot be told apart: the picture is then wider than its place, and scrolls
const WIDEST = 30_000; // what browsers draw without trouble
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/**
 * The picture. Each part says in words what it is.
 * @param {Turn[]} turns @param {number} width of its place, in pixels @param {import("./speech.js").Speech} speech
 * @returns {SVGElement|null} null: there is nothing to draw
 */
export function picture(turns, width, speech) {
  const { bars, lengthMs, waits } = layOut(turns);
  if (!bars.length) return null;
  const seconds = Math.max(lengthMs / 1000, 5);
  const across = Math.max(Math.min(seconds * LEAST_PX_S, WIDEST), width - LEFT - RIGHT);
  const at = (ms) => LEFT + (ms / 1000 / seconds) * across;
  const mean = waits.length ? waits.reduce((sum, each) => sum + each, 0) / waits.length : null;
  const about = { turns: turns.length, length: duration(lengthMs / 1000), cuts: turns.filter((turn) => turn.interrupted).length, mean: wait(mean, speech.language) };
  const size = { width: across + LEFT + RIGHT, height: HEIGHT, viewBox: `0 0 ${across + LEFT + RIGHT} ${HEIGHT}` };
  return svg(
    "svg",
    { ...size, role: "img", "aria-label": speech.say("timelineOf", about), class: "picture" },
    ...scale(seconds, across, at),
    ...bars.flatMap((bar) => parts(bar, at, speech)),
  );
}

function scale(seconds, across, at) {
  const step = STEPS_S.find((each) => (each / seconds) * across >= 56) ?? STEPS_S[STEPS_S.length - 1];
  const marks = [];
  for (let second = 0; second <= seconds; second += step) {
    const x = at(second * 1000);
    marks.push(svg("line", { class: "tick", x1: x, x2: x, y1: TOP - 4, y2: BOTTOM + 4 }));
    marks.push(svg("text", { class: "hour", x: x + 3, y: HEIGHT - 6 }, duration(second)));
  }
  return marks;
}

function parts(bar, at, speech) {
  const [x, end] = [at(bar.fromMs), at(bar.toMs)];
  const top = bar.kind === "agent" || bar.kind === "silence" ? TOP + LANE + GAP : TOP;
  const told = { at: duration(bar.fromMs / 1000), length: wait(bar.toMs - bar.fromMs, speech.language) };
  const title = () => svg("title", {}, speech.say(`mark_${bar.kind}`, told));
  if (bar.kind === "typed") return [svg("path", { class: "typed", "data-item": bar.item, d: `M${x} ${TOP + LANE / 2 - 6}l6 6-6 6-6-6z` }, title())];
  if (bar.kind === "silence") return silence(bar, x, end, top + LANE / 2, title, speech);
  const rect = { class: bar.kind, "data-item": bar.item, x, y: top, width: Math.max(2, end - x), height: LANE, rx: 4 };
  const drawn = [svg("rect", rect, title())];
  if (bar.kind === "agent") drawn.push(svg("circle", { class: "first", cx: x, cy: top + LANE / 2, r: 4.5 }));
  if (bar.cut) drawn.push(cut(bar, end, top, speech));
  return drawn;
}

function silence(bar, x, end, y, title, speech) {
  const line = svg("line", { class: "silence", "data-item": bar.item, x1: x, x2: end, y1: y, y2: y }, title());
  const room = end - x > 34;
  return [line, ...(room ? [svg("text", { class: "wait", x: (x + end) / 2, y: y - 4 }, wait(bar.toMs - bar.fromMs, speech.language))] : [])];
}

function cut(bar, x, top, speech) {
  const told = speech.say("mark_cut", { at: duration(bar.toMs / 1000) });
  return svg("path", { class: "cut", d: `M${x - 5} ${top - 3}l10 ${LANE + 6}M${x + 5} ${top - 3}l-10 ${LANE + 6}` }, svg("title", {}, told));
}
