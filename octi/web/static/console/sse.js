/**
 * Server-sent events out of a fetched stream. The browser's own EventSource cannot send a key along.
 * @typedef {{type: string, id: string, data: string}} ServerEvent
 */

/** The events of some bytes that came; keeps what is not whole yet. One for each stream. */
export class Events {
  #text = "";
  #decoder = new TextDecoder();

  /** @param {Uint8Array} chunk @returns {ServerEvent[]} */
  take(chunk) {
    const blocks = (this.#text + this.#decoder.decode(chunk, { stream: true })).split("\n\n");
    this.#text = blocks.pop() ?? "";
    return blocks.map(read).filter((event) => event.data !== "");
  }
}

function read(block) {
  const event = { type: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (field === "event") event.type = value;
    else if (field === "id") event.id = value;
    else if (field === "data") event.data += event.data ? `\n${value}` : value;
  }
  return event;
}
