"""livekit-plugins-openai's realtime model, unmodified, without a room. By hand: its environment is 400 MB.

python -m venv LK && LK/bin/pip install livekit-agents livekit-plugins-openai
LK/bin/python livekit_realtime.py http://127.0.0.1:8080/v1 sk-any ../../audio/synth-en-hibari-weather.wav \
    ../../audio/synth-en-hibari-stop.wav
"""

import asyncio
import json
import sys
import wave

import aiohttp
from livekit import rtc
from livekit.agents import llm
from livekit.plugins import openai

RATE = 24_000
CHUNK_MS = 40
COUNTING = "Repeat after me: " + "one two three four five six seven eight nine ten, " * 4


@llm.function_tool
async def get_weather(city: str) -> str:
    """The weather at a place."""
    return "sunny, 21 degrees"


def said(step, **about):
    print(json.dumps({"step": step, **about}), flush=True)


async def speak(session, path):
    with wave.open(path) as sound:
        pcm = sound.readframes(sound.getnframes()) + bytes(RATE * 2)
    step = RATE * 2 * CHUNK_MS // 1000
    for place in range(0, len(pcm), step):
        piece = pcm[place : place + step]
        session.push_audio(rtc.AudioFrame(piece, RATE, 1, len(piece) // 2))
        await asyncio.sleep(CHUNK_MS / 1000)


async def ask(session, text):
    context = session.chat_ctx.copy()
    context.add_message(role="user", content=text)
    await session.update_chat_ctx(context)
    return await asyncio.wait_for(session.generate_reply(), 30)


async def size_of(stream):
    return sum([len(frame.data) async for frame in stream])


async def follow(generation):
    """The words, the bytes of sound and the calls of one answer."""
    words, sound = "", 0
    async for message in generation.message_stream:
        hearing = asyncio.create_task(size_of(message.audio_stream))
        async for piece in message.text_stream:
            words += str(piece)
        sound += await hearing
    calls = [call async for call in generation.function_stream]
    return words, sound, calls


async def converse(url, key, question, stop):
    async with aiohttp.ClientSession() as http:
        model = openai.realtime.RealtimeModel(base_url=url, api_key=key, model="gpt-realtime-2.1", http_session=http)
        session = model.session()
        generations, transcripts, errors, started = asyncio.Queue(), [], [], asyncio.Event()
        session.on("generation_created", lambda e: None if e.user_initiated else generations.put_nowait(e))
        session.on("input_audio_transcription_completed", lambda e: e.is_final and transcripts.append(e.transcript))
        session.on("input_speech_started", lambda e: started.set())
        session.on("error", lambda e: errors.append(str(e)))
        words, _, _ = await follow(await ask(session, "What is two plus three?"))
        said("text", heard=words)

        speaking = asyncio.create_task(speak(session, question))
        words, sound, _ = await follow(await asyncio.wait_for(generations.get(), 30))
        await speaking
        said("voice", understood=" ".join(transcripts), sound=sound)

        await session.update_tools([get_weather])
        words, _, calls = await follow(await ask(session, "What is the weather in Paris?"))
        context = session.chat_ctx.copy()
        (call,) = calls
        output = llm.FunctionCallOutput(
            call_id=call.call_id, name=call.name, output="sunny, 21 degrees", is_error=False
        )
        context.items.append(output)
        await session.update_chat_ctx(context)
        words, _, _ = await follow(await asyncio.wait_for(session.generate_reply(), 30))
        said("function_call", name=call.name, arguments=call.arguments, heard=words)

        started.clear()
        generation = await ask(session, COUNTING)
        async for message in generation.message_stream:
            await anext(aiter(message.audio_stream))
            break
        speaking = asyncio.create_task(speak(session, stop))
        await asyncio.wait_for(started.wait(), 30)
        session.truncate(message_id=message.message_id, modalities=["audio", "text"], audio_end_ms=300)
        await speaking
        said("barge_in", heard_ms=300, errors=errors)
        await session.aclose()
    said("close", code=1000)


if __name__ == "__main__":
    asyncio.run(converse(*sys.argv[1:5]))
