"""openai-agents' realtime session, unmodified: it runs its function itself, and cuts off what was not heard."""

import asyncio
import json
import sys
import wave

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner

CHUNK_MS = 40
RATE = 24_000
called = []


@function_tool
def get_weather(city: str) -> str:
    """The weather at a place."""
    called.append(city)
    return "sunny, 21 degrees"


def said(step, **about):
    print(json.dumps({"step": step, **about}), flush=True)


def pcm(path):
    """A recording as PCM16 at 24 kHz, with the silence that ends a turn behind it."""
    with wave.open(path) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2), path
        return sound.readframes(sound.getnframes()) + bytes(RATE * 2)


async def speak(session, path):
    sound, step = pcm(path), RATE * 2 * CHUNK_MS // 1000
    for place in range(0, len(sound), step):
        await session.send_audio(sound[place : place + step])
        await asyncio.sleep(CHUNK_MS / 1000)


def history(session, role):
    """What one side said so far."""
    items = [item for item in session._history if item.type == "message" and item.role == role]
    return [" ".join(map(words, item.content)) for item in items]


def words(part):
    return getattr(part, "transcript", None) or getattr(part, "text", None) or ""


class Heard:
    """The session's events, as they come."""

    def __init__(self, session):
        self.session = session
        self.sound = 0

    async def until(self, *kinds):
        async with asyncio.timeout(30):
            async for event in self.session:
                if event.type == "audio":
                    self.sound += len(event.audio.data)
                if event.type == "error":
                    raise RuntimeError(str(event.error))
                if event.type in kinds:
                    return event
        raise RuntimeError("the session is over")


async def converse(url, key, question, stop):
    agent = RealtimeAgent(name="Ada", instructions="You are kind.", tools=[get_weather])
    address = url.replace("http", "ws", 1) + "/realtime?model=gpt-realtime-2.1"
    session = await RealtimeRunner(agent).run(model_config={"api_key": key, "url": address})
    async with session:
        heard = Heard(session)
        await session.send_message("What is two plus three?")
        await heard.until("agent_end")
        await asyncio.sleep(0.5)
        said("text", heard=" ".join(history(session, "assistant")))

        heard.sound = 0
        speaking = asyncio.create_task(speak(session, question))
        await heard.until("audio_end")
        await speaking
        await asyncio.sleep(0.5)
        said("voice", understood=history(session, "user")[-1], sound=heard.sound)

        before = len(history(session, "assistant"))
        await session.send_message("What is the weather in Paris?")
        await heard.until("tool_end")
        answer = []
        while not any(answer):  # the response that made the call may end only now
            await heard.until("agent_end")
            answer = history(session, "assistant")[before:]
        said("function_call", name="get_weather", arguments=json.dumps(called), heard=answer[-1])

        await session.send_message("Repeat after me: " + "one two three four five six seven eight nine ten, " * 4)
        await heard.until("audio")
        speaking = asyncio.create_task(speak(session, stop))
        await heard.until("audio_interrupted")
        await speaking
        said("barge_in")
    said("close", code=1000)


if __name__ == "__main__":
    asyncio.run(converse(*sys.argv[1:5]))
