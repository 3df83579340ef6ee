/** The page's language: which it is, and what it says in it. */

import { mark, put } from "./dom.js";
import { WORDS } from "./words.js";

const KEPT = "octi-language";

/** Dispatches `language` when it becomes another. */
export class Speech extends EventTarget {
  language = localStorage.getItem(KEPT) ?? (navigator.language.startsWith("fr") ? "fr" : "en");

  /** A text, with its gaps filled. @param {string} name @param {Record<string, unknown>} [gaps] */
  say(name, gaps = {}) {
    const text = (WORDS[this.language] ?? WORDS.en)[name] ?? WORDS.en[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (gap, key) => (key in gaps ? String(gaps[key]) : gap));
  }

  /** @param {string} language */
  speak(language) {
    this.language = language in WORDS ? language : "en";
    localStorage.setItem(KEPT, this.language);
    this.fill(document);
    this.dispatchEvent(new Event("language"));
  }

  /** Write into a part of the page what it says. @param {ParentNode} part */
  fill(part) {
    document.documentElement.lang = this.language;
    document.title = this.say("title");
    for (const node of part.querySelectorAll("[data-say]")) put(node, this.say(node.getAttribute("data-say") ?? ""));
    for (const node of part.querySelectorAll("[data-say-label]")) mark(node, "aria-label", this.say(node.getAttribute("data-say-label") ?? ""));
    for (const node of part.querySelectorAll("[data-say-hint]")) mark(node, "placeholder", this.say(node.getAttribute("data-say-hint") ?? ""));
  }
}
