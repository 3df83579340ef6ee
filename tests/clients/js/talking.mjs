// What the clients in this folder share: recordings as PCM16 at 24 kHz, and what they print.
import { readFileSync } from 'node:fs';

export const CHUNK_MS = 40;
export const TOOL = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather at a place.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
export const COUNTING = 'Repeat after me: ' + 'one two three four five six seven eight nine ten, '.repeat(4);

export const said = (step, about) => console.log(JSON.stringify({ step, ...about }));
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The samples of a WAV file at 24 kHz, with the silence that ends a turn behind them.
export function pcm(path) {
  const file = readFileSync(path);
  if (file.readUInt32LE(24) !== 24000) throw new Error(`${path} is not at 24 kHz`);
  const start = file.indexOf('data') + 8;
  return Buffer.concat([file.subarray(start), Buffer.alloc(48000)]);
}

export async function speak(path, send) {
  const sound = pcm(path), step = (48000 * CHUNK_MS) / 1000;
  for (let place = 0; place < sound.length; place += step) {
    send(sound.subarray(place, place + step));
    await pause(CHUNK_MS);
  }
}

// Hears a client's events: `until` resolves with the next one of a type, and keeps all that came before it.
export class Ear {
  events = [];
  #waiting = null;
  #next = 0;

  hear(event) {
    this.events.push(event);
    this.#waiting?.();
  }

  async until(...kinds) {
    const late = Date.now() + 30000;
    const began = this.#next;
    for (;;) {
      while (this.#next < this.events.length) {
        const event = this.events[this.#next++];
        if (event.type === 'error') throw new Error(JSON.stringify(event.error));
        if (kinds.includes(event.type)) return { event, before: this.events.slice(began, this.#next) };
      }
      if (Date.now() > late) throw new Error(`no ${kinds} within 30 s; last: ${this.events.at(-1)?.type}`);
      await new Promise((resolve) => {
        this.#waiting = resolve;
        setTimeout(resolve, 1000);
      });
    }
  }
}

export const words = (response) =>
  response.output
    .filter((item) => item.type === 'message')
    .flatMap((item) => item.content)
    .map((part) => part.transcript ?? part.text ?? '')
    .join(' ');
