"""openai-python's realtime client, unmodified, in a conversation of five steps; see `tests/clients/steps.md`."""

import asyncio
import base64
import json
import sys
import wave

from openai import AsyncOpenAI

CHUNK_MS = 40
RATE = 24_000
COUNTING = "Repeat after me: " + "one two three four five six seven eight nine ten, " * 4
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather at a place.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def said(step, **about):
    print(json.dumps({"step": step, **about}), flush=True)


def pcm(path):
    """A recording as PCM16 at 24 kHz, with the silence that ends a turn behind it."""
    with wave.open(path) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2), path
        return sound.readframes(sound.getnframes()) + bytes(RATE * 2)


async def speak(connection, path):
    sound, step = pcm(path), RATE * 2 * CHUNK_MS // 1000
    for place in range(0, len(sound), step):
        audio = base64.b64encode(sound[place : place + step]).decode()
        await connection.input_audio_buffer.append(audio=audio)
        await asyncio.sleep(CHUNK_MS / 1000)


async def until(connection, *kinds, seen=None):
    """The next event of one of these types; those before it go into `seen`."""
    async with asyncio.timeout(30):
        while True:
            event = await connection.recv()
            if seen is not None:
                seen.append(event)
            if event.type in kinds:
                return event
            if event.type == "error":
                raise RuntimeError(event.error.message)


def words(response):
    messages = [item for item in response.output if item.type == "message"]
    return " ".join(part.transcript or part.text or "" for message in messages for part in message.content)


async def type_text(connection, text):
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()
    return await until(connection, "response.done")


async def converse(url, key, question, stop):
    client = AsyncOpenAI(api_key=key, base_url=url)
    async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
        await until(connection, "session.created")
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await until(connection, "session.updated")
        done = await type_text(connection, "What is two plus three?")
        said("text", heard=words(done.response))

        ears = {"transcription": {"model": "gpt-4o-mini-transcribe"}, "turn_detection": {"type": "server_vad"}}
        session = {"type": "realtime", "output_modalities": ["audio"], "audio": {"input": ears}}
        await connection.session.update(session=session)
        await until(connection, "session.updated")
        seen = []
        speaking = asyncio.create_task(speak(connection, question))
        await until(connection, "response.done", seen=seen)
        await speaking
        transcripts = [event.transcript for event in seen if event.type.endswith("transcription.completed")]
        sound = sum(len(event.delta) for event in seen if event.type == "response.output_audio.delta")
        said("voice", understood=" ".join(transcripts), sound=sound)

        await connection.session.update(session={"type": "realtime", "tools": [TOOL]})
        await until(connection, "session.updated")
        done = await type_text(connection, "What is the weather in Paris?")
        (call,) = [item for item in done.response.output if item.type == "function_call"]
        output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"answer": "sunny, 21 degrees"}'}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        done = await until(connection, "response.done")
        said("function_call", name=call.name, arguments=call.arguments, heard=words(done.response))

        content = [{"type": "input_text", "text": COUNTING}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        first = await until(connection, "response.output_audio.delta")
        speaking = asyncio.create_task(speak(connection, stop))
        await until(connection, "input_audio_buffer.speech_started")
        await connection.conversation.item.truncate(item_id=first.item_id, content_index=0, audio_end_ms=300)
        cut = await until(connection, "conversation.item.truncated")
        await speaking
        said("barge_in", heard_ms=cut.audio_end_ms)
    said("close", code=1000)


if __name__ == "__main__":
    asyncio.run(converse(*sys.argv[1:5]))
