"""Any sound at all, and any amount of it, sent to a conversation."""

import random
from copy import deepcopy

import pytest
from trio.testing import MockClock

from octi.engine.items import LONGEST_SOUND, sound_in
from octi.engine.pool import open_pool
from tests.engine.fakes import CLEAR, COMMIT, RESPOND, FakeSpeech, append, conversation, every, only, silence, update
from tests.engine.test_fuzz import FORMATS, RESET, still_talks
from tests.engine.test_lost_workers import talking
from tests.engine.wire import Event
from tests.recordings import SYNTHETIC, word_error_rate

ITEM: Event = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_audio"}]},
}


def with_sound(event: Event, audio: str) -> Event:
    """The event, with a sound where it has its sounds."""
    event = deepcopy(event)
    (event["item"]["content"][0] if "item" in event else event)["audio"] = audio
    return event


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
async def test_fifteen_mib_are_taken_and_more_is_refused(kind: str, autojump_clock: MockClock) -> None:
    """In one event, in the buffer and in an item; the error names the field and the limit.

    Half an hour of the telephone's is only looked at, as it takes that long to hear it.
    """
    async with conversation() as client:
        await client.ask(update(audio={"input": {"format": {"type": kind}, "turn_detection": None}}))
        for place, event in (("audio", {"type": "input_audio_buffer.append"}), ("item.content[0].audio", ITEM)):
            too_long = "A" * (LONGEST_SOUND + 4)
            error = await client.refused(with_sound(event, too_long))
            assert (error["code"], error["param"]) == ("string_above_max_length", place)
            assert "15 MiB" in error["message"]
        assert len(sound_in("A" * LONGEST_SOUND, "audio", kind=kind)) == 15 << 20
        if kind == FORMATS[0]:
            long = {"type": "input_audio_buffer.append", "audio": "A" * LONGEST_SOUND}
            assert await client.ask(long) == []
            told = await client.ask(with_sound(ITEM, "A" * LONGEST_SOUND), COMMIT)
            assert [event["type"] for event in told].count("conversation.item.done") == 2
        await still_talks(client)


async def test_items_full_of_sound_are_refused_before_they_fill_the_memory(autojump_clock: MockClock) -> None:
    """Until those before them are recognised; nothing of a refused one is kept."""
    item, asked = with_sound(ITEM, "A" * LONGEST_SOUND), with_sound(ITEM, "A" * LONGEST_SOUND)["item"]
    async with conversation(FakeSpeech(takes_s=5)) as client:
        for event in (item, item):
            assert len(await client.ask(event)) == 2
        for param, event in (("item", item), ("response.input", {**RESPOND, "response": {"input": [asked]}})):
            error = await client.refused(event)
            assert (error["code"], error["param"]) == ("too_much_audio", param)
        await client.pass_time(1000)
        assert len(await client.ask(item)) == 2
        await client.pass_time(1000)


NOISES = {
    "silence": bytes(48_000),
    "clipped": b"\xff\x7f\x00\x80" * 12_000,
    "white noise": random.Random(1).randbytes(96_000),
    "one click": bytes(24_000) + b"\xff\x7f" + bytes(24_000),
    "as loud as it gets": b"\xff\x7f" * 24_000,
}


@pytest.mark.engine
@pytest.mark.slow
async def test_real_ears_and_models_take_any_noise() -> None:
    """In each format, in pieces of odd lengths, committed again and again; then a person is understood."""
    spoken = SYNTHETIC[0]
    async with open_pool(1) as pool, talking(pool) as client:
        for kind, step in zip(FORMATS, (2 * 317, 331, 1), strict=True):
            detect = {"format": {"type": kind}, "turn_detection": None}
            await client.ask(update(audio={"input": detect}))
            for name, noise in NOISES.items():
                size = step if len(noise) // step < 400 else len(noise) // 40 * 2 + step - 1
                for start in range(0, len(noise), size):
                    client.send(append(noise[start : start + size]))
                client.send(COMMIT)
                events = await client.until("conversation.item.input_audio_transcription.completed")
                assert not every(events, "error"), (kind, name)
        await client.ask(RESET, CLEAR, append(spoken.pcm(24_000)), silence(900))
        heard = only(await client.answered(), "conversation.item.input_audio_transcription.completed")
    assert word_error_rate(spoken.text, heard["transcript"]) < 0.25
