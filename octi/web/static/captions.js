/** What both said, as it is said: the voice page's log. Whatever comes in is text, and never becomes markup. */

/**
 * An answer's words, told apart: those that were heard, and those that were cut off.
 * @param {string} whole  all of its words @param {string} heard  as octi told at the end
 * @returns {[string, string]}
 */
export function heardAndCut(whole, heard) {
  const wanted = heard.match(/\S+/g) ?? [];
  let end = 0;
  for (const { 0: word, index } of whole.matchAll(/\S+/g)) {
    if (!wanted.length || word !== wanted[0]) break;
    wanted.shift();
    end = index + word.length;
  }
  if (wanted.length) return [heard, ""]; // octi knows other words than it told: those count
  return [whole.slice(0, end), whole.slice(end)];
}

/** How much of a text was spoken, where so much of its sound was: whole words. */
export function spokenUpTo(text, share) {
  if (share >= 1) return text.length;
  const space = text.indexOf(" ", Math.floor(text.length * share));
  return space < 0 ? text.length : space;
}

const NEAR = 48; // pixels from the end
const LETTER_MS = 60; // of speech, for each letter

export class Captions {
  #log;
  #user = []; // turns of the user whose words are not all there, oldest first
  #agent = null; // the answer that is being spoken
  #latency = "";
  #follows = true; // whoever reads further up is left there

  /** @param {HTMLElement} log */
  constructor(log) {
    this.#log = log;
    log.addEventListener("scroll", () => {
      this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    });
    new ResizeObserver(() => this.#follow()).observe(log);
  }

  clear() {
    this.#log.replaceChildren();
    [this.#user, this.#agent, this.#latency] = [[], null, ""];
  }

  /** The user begins to speak; the words follow. */
  userBegins() {
    const last = this.#user.at(-1);
    if (last && !last.textContent && last === this.#log.lastElementChild) return;
    const turn = this.#add("user");
    turn.dataset.partial = "";
    this.#user.push(turn);
  }

  /** There was nothing in it. */
  userIsSilent() {
    if (this.#user.length && !this.#user.at(-1).textContent) this.#user.pop().remove();
  }

  userDelta(words) {
    if (!this.#user.length) this.userBegins();
    this.#user[0].textContent += words;
    this.#follow();
  }

  userSaid(words) {
    if (!this.#user.length && words) this.userBegins();
    const turn = this.#user.shift();
    if (!turn) return;
    turn.textContent = words;
    delete turn.dataset.partial;
    if (!words) turn.remove();
    this.#follow();
  }

  userTyped(words) {
    this.#add("user").textContent = words;
    this.#follow();
  }

  agentDelta(words) {
    if (this.#agent?.orphaned) this.agentIsSilent();
    const agent = (this.#agent ??= this.#newAnswer());
    agent.words += words;
    agent.ahead.textContent += words;
    this.#follow();
  }

  /** All of the answer's sound is here. */
  agentWasSent() {
    if (this.#agent) this.#agent.whole = true;
  }

  /** So much of its sound, in ms, was heard, of so much that came: roughly that share of its words is not ahead now. */
  agentSpoke(playedMs, sentMs) {
    if (!this.#agent) return;
    const { words, said, ahead, whole } = this.#agent;
    const all = whole ? sentMs : Math.max(sentMs, words.length * LETTER_MS); // words come before their sound
    const upTo = Math.max(said.textContent.length, playedMs ? spokenUpTo(words, playedMs / all) : 0);
    if (upTo === said.textContent.length) return;
    [said.textContent, ahead.textContent] = [words.slice(0, upTo), words.slice(upTo)];
  }

  /** The answer is over; these of its words were heard. */
  agentSaid(heard) {
    if (!this.#agent && !heard) return;
    const { turn, said, ahead, words } = this.#agent ?? this.#newAnswer();
    const [kept, cut] = heardAndCut(words, heard);
    said.textContent = kept;
    ahead.remove();
    delete turn.dataset.partial;
    if (cut.trim()) {
      turn.dataset.cut = "";
      const struck = document.createElement("s");
      struck.textContent = cut;
      turn.append(struck);
    }
    this.#agent = null;
    this.#follow();
  }

  /**
   * The connection is another one, or none: of what was under way octi says no more. An answer may yet sound.
   * @param {boolean} held  the user's last turn is not said yet
   */
  connectionIsLost(held = false) {
    for (const turn of this.#user.splice(0, this.#user.length - Number(held))) {
      delete turn.dataset.partial;
      if (!turn.textContent) turn.remove();
    }
    if (this.#agent) this.#agent.orphaned = true;
  }

  /** Nothing sounds any more. */
  agentIsSilent() {
    if (this.#agent?.orphaned) this.agentSaid(this.#agent.said.textContent);
  }

  /** How long the user waited for the answer that begins now. */
  tookMs(ms) {
    const turn = this.#agent?.turn;
    if (turn) turn.dataset.latency = `${ms} ms`;
    else this.#latency = `${ms} ms`;
  }

  #newAnswer() {
    const turn = this.#add("agent");
    const [said, ahead] = [document.createElement("span"), document.createElement("span")];
    ahead.className = "ahead";
    turn.append(said, ahead);
    turn.dataset.partial = "";
    if (this.#latency) turn.dataset.latency = this.#latency;
    this.#latency = "";
    return { turn, said, ahead, words: "", whole: false, orphaned: false };
  }

  #add(who) {
    const turn = document.createElement("p");
    turn.className = `turn ${who}`;
    this.#log.append(turn);
    this.#follow();
    return turn;
  }

  /** Keep the end in sight. */
  #follow() {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }
}
