"""pipecat-ai's realtime service, unmodified, in a pipeline without a transport. By hand: its environment is 410 MB.

python -m venv PC && PC/bin/pip install 'pipecat-ai[openai]'
PC/bin/python pipecat_realtime.py http://127.0.0.1:8080/v1 sk-any ../../audio/synth-en-hibari-weather.wav \
    ../../audio/synth-en-hibari-stop.wav
"""

import asyncio
import json
import sys
import wave

from loguru import logger
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InputAudioRawFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

RATE = 24_000
CHUNK_MS = 40
COUNTING = "Repeat after me: " + "one two three four five six seven eight nine ten, " * 4
WEATHER = FunctionSchema("get_weather", "The weather at a place.", {"city": {"type": "string"}}, ["city"])


def said(step, **about):
    print(json.dumps({"step": step, **about}), flush=True)


class Ear(FrameProcessor):
    """What the pipeline has heard and said since it was asked last."""

    def __init__(self):
        super().__init__()
        self.words, self.sound, self.transcripts, self.errors = [], 0, [], []
        self.ended, self.started, self.first_sound = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        match frame:
            case TTSTextFrame():
                self.words.append(frame.text)
            case TTSAudioRawFrame():
                self.sound += len(frame.audio)
                self.first_sound.set()
            case TranscriptionFrame():
                self.transcripts.append(frame.text)
            case LLMFullResponseEndFrame():
                self.ended.set()
            case UserStartedSpeakingFrame():
                self.started.set()
            case ErrorFrame():
                self.errors.append(frame.error)
        await self.push_frame(frame, direction)

    def forget(self):
        self.words, self.sound, self.transcripts = [], 0, []
        for event in (self.ended, self.started, self.first_sound):
            event.clear()


async def speak(task, path):
    with wave.open(path) as sound:
        pcm = sound.readframes(sound.getnframes()) + bytes(RATE * 2)
    step = RATE * 2 * CHUNK_MS // 1000
    for place in range(0, len(pcm), step):
        await task.queue_frame(InputAudioRawFrame(pcm[place : place + step], RATE, 1))
        await asyncio.sleep(CHUNK_MS / 1000)


async def converse(url, key, question, stop):
    called = []

    async def get_weather(params):
        called.append((params.function_name, params.arguments))
        await asyncio.sleep(0.5)  # as a real one: what comes before the turn has ended is not asked about
        await params.result_callback("sunny, 21 degrees")

    audio = events.AudioConfiguration(
        input=events.AudioInput(transcription=events.InputAudioTranscription(), turn_detection=events.TurnDetection())
    )
    llm = OpenAIRealtimeLLMService(
        api_key=key,
        base_url=url.replace("http", "ws", 1) + "/realtime",
        settings=OpenAIRealtimeLLMService.Settings(
            model="gpt-realtime-2.1", session_properties=events.SessionProperties(audio=audio)
        ),
    )
    llm.register_function("get_weather", get_weather)
    context = LLMContext(
        [{"role": "user", "content": "What is two plus three?"}], tools=ToolsSchema(standard_tools=[WEATHER])
    )
    pair = LLMContextAggregatorPair(context, realtime_service_mode=True)
    ear, beyond = Ear(), Ear()
    task = PipelineTask(
        Pipeline([pair.user(), beyond, llm, ear, pair.assistant()]),
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
    )
    running = asyncio.create_task(PipelineRunner(handle_sigint=False).run(task))

    await task.queue_frame(LLMRunFrame())
    await asyncio.wait_for(ear.ended.wait(), 30)
    said("text", heard=" ".join(ear.words))

    ear.forget()
    speaking = asyncio.create_task(speak(task, question))
    await asyncio.wait_for(ear.first_sound.wait(), 30)
    await asyncio.wait_for(ear.ended.wait(), 30)
    await speaking
    said("voice", understood=" ".join(ear.transcripts + beyond.transcripts), sound=ear.sound)

    said("function_call", called=called, heard=" ".join(ear.words))

    ear.forget()
    await llm.queue_frame(LLMMessagesAppendFrame([{"role": "user", "content": COUNTING}], run_llm=True))
    await asyncio.wait_for(ear.first_sound.wait(), 30)
    await speak(task, stop)
    await asyncio.sleep(1)
    said("barge_in", started=ear.started.is_set() or beyond.started.is_set(), errors=ear.errors + beyond.errors)
    await task.queue_frame(EndFrame())
    await asyncio.wait_for(running, 30)
    said("close", code=1000)


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="DEBUG")
    asyncio.run(converse(*sys.argv[1:5]))
