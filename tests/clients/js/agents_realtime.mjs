// @openai/agents-realtime over a WebSocket, unmodified: it runs its function itself and truncates what was not heard.
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';
import { COUNTING, Ear, pause, said, speak } from './talking.mjs';

const [url, key, question, stop] = process.argv.slice(2);
const called = [];
const weather = tool({
  name: 'get_weather',
  description: 'The weather at a place.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => (called.push(city), 'sunny, 21 degrees'),
});
const agent = new RealtimeAgent({ name: 'Ada', instructions: 'You are kind.', tools: [weather] });
const transport = new OpenAIRealtimeWebSocket({
  url: url.replace('http', 'ws') + '/realtime?model=gpt-realtime-2.1',
  useInsecureApiKey: true,
});
const session = new RealtimeSession(agent, { transport });
const ear = new Ear();
session.on('transport_event', (event) => ear.hear(event));
for (const kind of ['agent_tool_end', 'audio_interrupted'])
  session.on(kind, () => ear.hear({ type: kind }));
session.on('error', (error) => ear.hear({ type: 'error', error: error.error ?? String(error) }));

const spoken = (role) =>
  session.history
    .filter((item) => item.type === 'message' && item.role === role)
    .map((item) => item.content.map((part) => part.transcript ?? part.text ?? '').join(' '));
const say = (path) => speak(path, (sound) => session.sendAudio(sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.length)));

await session.connect({ apiKey: key });
session.sendMessage('What is two plus three?');
await ear.until('response.done');
await pause(200);
said('text', { heard: spoken('assistant').at(-1) });

const asking = say(question);
const { before } = await ear.until('response.output_audio.done');
await asking;
await ear.until('response.done');
await pause(200);
said('voice', {
  understood: spoken('user').at(-1),
  sound: ear.events.filter((e) => e.type === 'response.output_audio.delta').length,
});

session.sendMessage('What is the weather in Paris?');
await ear.until('agent_tool_end');
await ear.until('response.output_audio.done');
await ear.until('response.done');
await pause(200);
said('function_call', { name: 'get_weather', arguments: JSON.stringify(called), heard: spoken('assistant').at(-1) });

session.sendMessage(COUNTING);
await ear.until('response.output_audio.delta');
const interrupting = say(stop);
await ear.until('audio_interrupted');
const cut = (await ear.until('conversation.item.truncated')).event;
await interrupting;
said('barge_in', { heard_ms: cut.audio_end_ms });

session.close();
said('close', { code: 1000 });
