// openai-node's two realtime classes, unmodified: `ws` (the npm package) or `browser` (the platform's own WebSocket,
// with a client secret as a sub-protocol), in a conversation of five steps.
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { COUNTING, Ear, TOOL, said, speak, words } from './talking.mjs';

const [kind, url, key, question, stop] = process.argv.slice(2);
const model = 'gpt-realtime-2.1';

async function open() {
  const server = new OpenAI({ apiKey: key, baseURL: url });
  if (kind === 'ws') return new OpenAIRealtimeWS({ model }, server);
  const secret = await server.realtime.clientSecrets.create({ session: { type: 'realtime', model } });
  const client = new OpenAI({ apiKey: secret.value, baseURL: url, dangerouslyAllowBrowser: true });
  return new OpenAIRealtimeWebSocket({ model, dangerouslyAllowBrowser: true }, client);
}

const realtime = await open();
const ear = new Ear();
realtime.on('event', (event) => ear.hear(event));
realtime.on('error', (error) => ear.hear({ type: 'error', error: error.error ?? String(error) }));
const closed = new Promise((resolve) => realtime.socket.addEventListener('close', (event) => resolve(event.code)));

const update = async (session) => {
  realtime.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  await ear.until('session.updated');
};
const type = (text) => {
  const content = [{ type: 'input_text', text }];
  realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  realtime.send({ type: 'response.create' });
};
const say = (path) =>
  speak(path, (sound) => realtime.send({ type: 'input_audio_buffer.append', audio: sound.toString('base64') }));

await ear.until('session.created');
await update({ output_modalities: ['text'] });
type('What is two plus three?');
said('text', { heard: words((await ear.until('response.done')).event.response) });

const input = { transcription: { model: 'gpt-4o-mini-transcribe' }, turn_detection: { type: 'server_vad' } };
await update({ output_modalities: ['audio'], audio: { input } });
const asking = say(question);
const { before } = await ear.until('response.done');
await asking;
said('voice', {
  understood: before.filter((e) => e.type.endsWith('transcription.completed')).map((e) => e.transcript).join(' '),
  sound: before.filter((e) => e.type === 'response.output_audio.delta').reduce((sum, e) => sum + e.delta.length, 0),
});

await update({ tools: [TOOL] });
type('What is the weather in Paris?');
const call = (await ear.until('response.done')).event.response.output.find((item) => item.type === 'function_call');
realtime.send({
  type: 'conversation.item.create',
  item: { type: 'function_call_output', call_id: call.call_id, output: '{"answer": "sunny, 21 degrees"}' },
});
realtime.send({ type: 'response.create' });
const answer = words((await ear.until('response.done')).event.response);
said('function_call', { name: call.name, arguments: call.arguments, heard: answer });

type(COUNTING);
const first = (await ear.until('response.output_audio.delta')).event;
const interrupting = say(stop);
await ear.until('input_audio_buffer.speech_started');
realtime.send({ type: 'conversation.item.truncate', item_id: first.item_id, content_index: 0, audio_end_ms: 300 });
const cut = await ear.until('conversation.item.truncated');
await interrupting;
said('barge_in', { heard_ms: cut.event.audio_end_ms });

realtime.close({ code: 1000, reason: 'done' });
said('close', { code: await closed });
