/** The console's texts, by language and name. */

import { ENGLISH } from "./english.js";
import { FRENCH } from "./french.js";

/** @type {Record<string, Record<string, string>>} */
export const WORDS = { en: ENGLISH, fr: FRENCH };
