/** What is known of the user, as it fills: octi's own page of a session, followed by its events (docs/http.md). */

export class Profile {
  #list;
  #nothing;
  #events = null;
  #known = {};

  /** @param {HTMLElement} list  a `dl` @param {HTMLElement} nothing  what stands there while it is empty */
  constructor(list, nothing) {
    [this.#list, this.#nothing] = [list, nothing];
  }

  /** Follow a session, from its beginning or from where the stream was lost. */
  follow(session) {
    if (this.#events && this.#events.readyState !== EventSource.CLOSED) return;
    this.#events = new EventSource(`/sessions/${encodeURIComponent(session)}/events`);
    this.#events.addEventListener("profile", ({ data }) => this.#show(JSON.parse(data).profile));
  }

  leave() {
    this.#events?.close();
    this.#events = null;
  }

  clear() {
    this.leave();
    this.#show({});
  }

  #show(profile) {
    const fresh = (name) => JSON.stringify(profile[name].value) !== JSON.stringify(this.#known[name]?.value);
    this.#list.replaceChildren(...Object.keys(profile).flatMap((name) => entry(name, profile[name], fresh(name))));
    this.#known = profile;
    this.#nothing.hidden = Object.keys(profile).length > 0;
  }
}

function entry(name, { value, evidence }, isFresh) {
  const [term, known] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name.replaceAll("_", " ");
  known.textContent = Array.isArray(value) ? value.join(", ") : String(value);
  if (isFresh) known.dataset.fresh = "";
  if (evidence?.quote) {
    const quote = document.createElement("q");
    quote.textContent = evidence.quote;
    known.append(quote);
  }
  return [term, known];
}
