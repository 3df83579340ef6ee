"""Rules of a user who speaks: turns that the server hears by itself, their words, interruptions, silence."""

from typing import Any

from octi.conformance.dialogue import PUSH_TO_TALK, Server, Wire, update
from octi.conformance.rule import Need, NotApplicable, rule
from octi.conformance.rules.buffer import COMMIT
from octi.conformance.rules.items import add, message, retrieved
from octi.conformance.rules.responses import RESPOND, answered, one
from octi.conformance.rules.stopping import LONG, caught
from octi.conformance.values import Event, at, expect, find, same, text, whole
from octi.conformance.voice import PAUSE_MS, append, question, silence

VAD: Event = {"type": "server_vad", "silence_duration_ms": 300}
IDLE_MS = 5000  # the least that is allowed
WORDS = "conversation.item.input_audio_transcription"
TURN = (
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
)


def hearing(**detection: Any) -> Event:
    """The settings of a session that hears turns by itself, and answers in writing."""
    return {"output_modalities": ["text"], "audio": {"input": {"turn_detection": {**VAD, **detection}}}}


async def _turn(wire: Wire) -> list[Event]:
    """Say the question: the events of the turn, in order; those of its words may come among them."""
    already = len(wire.events)
    await wire.speak(question() + silence(PAUSE_MS))
    for kind in TURN:
        await wire.until(kind)
    return [event for event in wire.events[already:] if event["type"] in TURN]


@rule("event order", Need.HEARING)
async def a_spoken_turn_comes_in_order(server: Server) -> Event:
    """Speech begins, ends, is committed, and is an item: in this order, and under one id."""
    async with server.session(**hearing(create_response=False)) as wire:
        events = await _turn(wire)
        item = at(events[0], "item_id")
        for event in events[:3]:
            same(event, "item_id", item)
        for event in events[3:]:
            same(event, "item.id", item)
            same(event, "item.role", "user")
            expect(find(event, "item.content[0].transcript") is None, "the transcript should be null at first", event)
        return events[0]


@rule("input_audio_buffer.speech_started", Need.HEARING)
async def speech_has_its_time(server: Server) -> Event:
    """`audio_start_ms` and `audio_end_ms` are whole milliseconds of the audio that was sent, in order."""
    async with server.session(**hearing(create_response=False)) as wire:
        events = await _turn(wire)
        began, ended = whole(events[0], "audio_start_ms"), whole(events[1], "audio_end_ms")
        sent = len(question() + silence(PAUSE_MS)) // 48
        expect(began < ended <= sent, f"speech from {began} to {ended} ms in {sent} ms of audio", events[1])
        return events[1]


@rule("turn_detection", Need.HEARING)
async def turns_end_by_their_meaning_too(server: Server) -> Event:
    """With `semantic_vad` turns are heard and answered in the same order."""
    async with server.session(**_semantic()) as wire:
        events = await _turn(wire)
        same(events[1], "item_id", at(events[0], "item_id"))
        if not any(event["type"] == "response.created" for event in wire.events):
            await wire.until("response.created")
        return await wire.until("response.done")


def _semantic() -> dict[str, Any]:
    detection = {"type": "semantic_vad", "eagerness": "high"}
    return {"output_modalities": ["text"], "audio": {"input": {"turn_detection": detection}}}


@rule("turn_detection", Need.HEARING)
async def a_turn_is_answered(server: Server) -> Event:
    """With `create_response` an answer follows the turn, unasked, and stands behind it."""
    async with server.session(**hearing()) as wire:
        turn = await _turn(wire)
        if not any(event["type"] == "response.created" for event in wire.events):
            await wire.until("response.created")
        await wire.until("response.done")
        added = [event for event in wire.events if event["type"] == "conversation.item.added"]
        expect(len(added) == 2, f"there are {len(added)} items, not two", wire.last)
        same(added[1], "item.role", "assistant")
        same(added[1], "previous_item_id", at(turn[0], "item_id"))
        return added[1]


@rule("turn_detection", Need.HEARING)
async def a_turn_is_not_answered_where_that_is_off(server: Server) -> Event:
    """With `create_response: false` turns are told, and answered when the client asks."""
    async with server.session(**hearing(create_response=False)) as wire:
        await _turn(wire)
        for event in await wire.quiet():
            expect(not event["type"].startswith("response."), "the turn is answered", event)
        return (await answered(wire))[-1]


@rule("turn_detection", Need.HEARING)
async def without_turn_detection_nobody_listens_for_turns(server: Server) -> Event:
    """With `turn_detection: null` speech is not told; what was said is what the client commits."""
    async with server.session() as wire:
        await wire.speak(question() + silence(PAUSE_MS))
        came = await wire.quiet()
        expect(not came, f"audio is answered by {[event['type'] for event in came]}", came[0] if came else None)
        return await wire.ask(COMMIT, "input_audio_buffer.committed")


@rule("input_audio_transcription", Need.HEARING)
async def the_words_of_a_turn_are_told(server: Server) -> Event:
    """Where a transcription is asked for, `completed` has the turn's words, with their cost; its deltas agree."""
    async with server.session(**_transcribed(server)) as wire:
        turn = await _turn(wire)
        event = await words_of(wire)
        same(event, "item_id", at(turn[0], "item_id"))
        same(event, "content_index", 0)
        _check_cost(event)
        deltas = [each for each in wire.events if each["type"] == f"{WORDS}.delta"]
        told = "".join(text(each, "delta") for each in deltas)
        expect(not deltas or _plain(told) == _plain(at(event, "transcript")), f"the deltas say {told!r}", event)
        return event


def _plain(words: str) -> str:
    """Words without what may change between a first look and a last one."""
    return "".join(sign for sign in words.lower() if sign.isalnum())


def _check_cost(event: Event) -> None:
    """Tokens with their details, or seconds. Raises Broken."""
    if find(event, "usage.type") == "duration":
        expect(isinstance(at(event, "usage.seconds"), int | float), "`usage.seconds` should be a number", event)
        return
    same(event, "usage.type", "tokens")
    parts = whole(event, "usage.input_tokens") + whole(event, "usage.output_tokens")
    expect(parts == whole(event, "usage.total_tokens"), "the usage does not add up", event)
    details = "usage.input_token_details"
    both = whole(event, f"{details}.text_tokens") + whole(event, f"{details}.audio_tokens")
    expect(both == whole(event, "usage.input_tokens"), "the usage of the input does not add up", event)


@rule("input_audio_transcription", Need.HEARING)
async def the_words_of_a_turn_are_kept(server: Server) -> Event:
    """When a turn's words are known, `conversation.item.retrieve` tells them."""
    async with server.session(**_transcribed(server)) as wire:
        turn = await _turn(wire)
        words = at(await words_of(wire), "transcript")
        event = await retrieved(wire, at(turn[0], "item_id"))
        same(event, "item.content[0].type", "input_audio")
        same(event, "item.content[0].transcript", words)
        return event


@rule("input_audio_transcription", Need.HEARING)
async def what_is_committed_is_transcribed(server: Server) -> Event:
    """A turn that the client commits has its words told as well."""
    heard = {"turn_detection": None, "transcription": {"model": server.transcription_model}}
    async with server.session(output_modalities=["text"], audio={"input": heard}) as wire:
        await wire.speak(question())
        committed = await wire.ask(COMMIT, "input_audio_buffer.committed")
        event = await words_of(wire)
        same(event, "item_id", at(committed, "item_id"))
        return event


async def words_of(wire: Wire) -> Event:
    """What was understood of a turn. Raises NotApplicable where the server has no means for it."""
    ends = (f"{WORDS}.completed", f"{WORDS}.failed")
    already = [event for event in wire.events if event["type"] in ends]
    event = already[0] if already else await wire.until(*ends)
    if event["type"] == f"{WORDS}.failed":
        raise NotApplicable(f"the server cannot transcribe: {find(event, 'error.message')}")
    expect(bool(text(event, "transcript").strip()), "nothing was understood", event)
    return event


def _transcribed(server: Server) -> dict[str, Any]:
    settings = dict(hearing(create_response=False))
    heard = {**settings["audio"]["input"], "transcription": {"model": server.transcription_model}}
    return {**settings, "audio": {"input": heard}}


@rule("turn_detection", Need.HEARING)
async def who_speaks_interrupts_the_answer(server: Server) -> Event:
    """With `interrupt_response` an answer in progress is cancelled when the user speaks: `turn_detected`."""
    settings = {"output_modalities": ["audio"], "audio": {"input": {"turn_detection": VAD}}}
    async with server.session(**settings) as wire:
        await add(wire, message(LONG))
        event = await caught(lambda: _interrupted(wire))
        same(event, "response.status_details.type", "cancelled")
        same(event, "response.status_details.reason", "turn_detected")
        started = [index for index, each in enumerate(wire.events) if each["type"] == TURN[0]]
        expect(started[-1] < wire.events.index(event), "the answer ends before speech began", event)
        return event


async def _interrupted(wire: Wire) -> Event | None:
    """The end of an answer over which somebody speaks; None if it was over by then."""
    await wire.send(RESPOND)
    await wire.until("response.created")
    await wire.speak(question())
    event = await wire.until("response.done")
    if at(event, "response.status") == "cancelled":
        return event
    await wire.speak(silence(PAUSE_MS))
    await wire.until("response.done")
    return None


@rule("turn_detection", Need.HEARING)
async def nobody_is_interrupted_where_that_is_off(server: Server) -> Event:
    """With `interrupt_response: false` an answer is completed, whoever speaks meanwhile."""
    detection = {**VAD, "interrupt_response": False, "create_response": False}
    settings = {"output_modalities": ["audio"], "audio": {"input": {"turn_detection": detection}}}
    async with server.session(**settings) as wire:
        await add(wire, message(LONG))
        await wire.send(RESPOND)
        await wire.until("response.created")
        await wire.speak(question())
        event = await wire.until("response.done")
        same(event, "response.status", "completed")
        return event


@rule("turn_detection", Need.HEARING)
async def a_long_silence_is_answered(server: Server) -> Event:
    """With `idle_timeout_ms` a silence after an answer is told, is an empty turn of its own, and is answered."""
    async with server.session(**hearing()) as wire:
        detection = {**VAD, "idle_timeout_ms": IDLE_MS}
        event = await wire.ask(update(audio={"input": {"turn_detection": detection}}), "session.updated")
        same(event, "session.audio.input.turn_detection.idle_timeout_ms", IDLE_MS)
        await answered(wire)
        event = await wire.until("input_audio_buffer.timeout_triggered", within_s=IDLE_MS / 1000 + wire.patience_s)
        expect(whole(event, "audio_start_ms") <= whole(event, "audio_end_ms"), "it ends before it begins", event)
        same(await wire.until("input_audio_buffer.committed"), "item_id", at(event, "item_id"))
        same(await wire.until("conversation.item.added"), "item.id", at(event, "item_id"))
        await wire.until("response.done")
        return event


@rule("conversation.item.create", Need.HEARING)
async def a_recording_can_be_an_item(server: Server) -> Event:
    """A user's item may hold audio; the audio itself is not told again, and an answer to it comes."""
    async with server.session(output_modalities=["text"], audio=PUSH_TO_TALK) as wire:
        sound = append(question())["audio"]
        item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": sound}]}
        event = await add(wire, item)
        expect("transcript" in at(event, "item.content[0]"), "an `input_audio` part should have `transcript`", event)
        expect("audio" not in at(event, "item.content[0]"), "the audio should not be told again", event)
        same(one(await answered(wire), "response.done"), "response.status", "completed")
        return event


RULES = (
    a_spoken_turn_comes_in_order,
    speech_has_its_time,
    turns_end_by_their_meaning_too,
    a_turn_is_answered,
    a_turn_is_not_answered_where_that_is_off,
    without_turn_detection_nobody_listens_for_turns,
    the_words_of_a_turn_are_told,
    the_words_of_a_turn_are_kept,
    what_is_committed_is_transcribed,
    who_speaks_interrupts_the_answer,
    nobody_is_interrupted_where_that_is_off,
    a_long_silence_is_answered,
    a_recording_can_be_an_item,
)
