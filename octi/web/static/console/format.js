/** Figures as people read them. Pure, but for the browser's own tables of languages. */

const UNITS = ["B", "kB", "MB", "GB"];

/** Milliseconds of one answer's wait. @param {number|null|undefined} ms */
export function wait(ms, language) {
  if (ms === null || ms === undefined) return "–";
  return `${decimal(ms / 1000, ms < 10_000 ? 2 : 1, language)} s`;
}

/** How long something lasts: 0:07, 12:40, 1:02:03. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${hours ? String(minutes).padStart(2, "0") : minutes}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}

/** @param {number} count bytes */
export function bytes(count, language) {
  const power = Math.min(UNITS.length - 1, count > 0 ? Math.floor(Math.log(count) / Math.log(1000)) : 0);
  return `${decimal(count / 1000 ** power, power ? 1 : 0, language)} ${UNITS[power]}`;
}

/** @param {number} count */
export function whole(count, language) {
  return new Intl.NumberFormat(language).format(count);
}

/** A moment: the time where it was today, else the date as well. @param {string} iso @param {number} [now] */
export function moment(iso, language, now = Date.now()) {
  const at = new Date(iso);
  const sameDay = at.toDateString() === new Date(now).toDateString();
  const date = sameDay ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(language, { ...date, hour: "2-digit", minute: "2-digit", second: sameDay ? "2-digit" : undefined, hourCycle: "h23" }).format(at);
}

/** Whose a session is, in a word: its user, else what proved him, else where he comes from. */
export function who(session) {
  return session.user || session.key || session.peer || "–";
}

/** The beginning of an id, which is enough for eyes. @param {string} id */
export function short(id) {
  return id.slice(0, 8);
}

function decimal(value, digits, language) {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}
