"""Rules of sessions that only transcribe: `?intent=transcription`."""

from octi.conformance.dialogue import Server, Wire, update
from octi.conformance.rule import Need, rule
from octi.conformance.rules.buffer import COMMIT
from octi.conformance.rules.hearing import VAD, words_of
from octi.conformance.rules.items import create, message
from octi.conformance.values import Event, at, expect, has, same, text, whole
from octi.conformance.voice import PAUSE_MS, question, silence

NOT_FOR_IT = ("output_modalities", "instructions", "tools", "tool_choice", "max_output_tokens")


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_transcription_session_is_of_its_own_kind(server: Server) -> Event:
    """Its `session.created` shows a transcription session: what is heard, and nothing about answers."""
    async with server.door(_INTENT) as wire:
        event = await wire.until("session.created")
        same(event, "session.type", "transcription")
        same(event, "session.object", "realtime.transcription_session")
        text(event, "session.id")
        whole(event, "session.expires_at")
        has(event, "session.audio.input", ("format", "transcription", "noise_reduction", "turn_detection"))
        found = [name for name in NOT_FOR_IT if name in at(event, "session")]
        expect(not found, f"a transcription session has no {', '.join(found)}", event)
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_transcription_session_can_be_updated(server: Server) -> Event:
    """Its updates bear the type `transcription`; the model that hears is named in them."""
    async with server.transcribing() as wire:
        event = wire.events[-1]
        same(event, "session.type", "transcription")
        same(event, "session.audio.input.transcription.model", server.transcription_model)
        none = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
        event = await wire.ask({"type": "session.update", "session": none}, "session.updated")
        same(event, "session.audio.input.turn_detection", None)
        same(event, "session.audio.input.transcription.model", server.transcription_model)
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_transcription_session_takes_no_realtime_update(server: Server) -> Event:
    """An update of the type `realtime` is refused in the words that clients know."""
    async with server.transcribing() as wire:
        event = await wire.refused(update())
        same(
            event,
            "error.message",
            "Passing a realtime session update event to a transcription session is not allowed.",
        )
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_transcription_session_takes_no_settings_of_answers(server: Server) -> Event:
    """Instructions, tools and the like are refused as unknown parameters."""
    async with server.transcribing() as wire:
        event = await wire.refused(
            {"type": "session.update", "session": {"type": "transcription", "instructions": "Be brief."}}
        )
        same(event, "error.code", "unknown_parameter")
        same(event, "error.param", "session.instructions")
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_transcription_session_answers_nothing(server: Server) -> Event:
    """Responses and items of the client's are refused in it."""
    async with server.transcribing() as wire:
        for odd in ({"type": "response.create"}, create(message("Hello."))):
            event = await wire.refused(odd)
            same(event, "error.type", "invalid_request_error")
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def a_model_goes_not_with_the_intent(server: Server) -> Event:
    """An address with both `model` and `intent=transcription` is told `invalid_model`, and closed with 4000."""
    async with server.door({"intent": "transcription"}) as wire:
        event = await wire.next()
        expect(event["type"] == "error", "a session opens for an address with a model and an intent", event)
        same(event, "error.code", "invalid_model")
        code, _ = await wire.closed()
        expect(code == 4000, f"the server closed with {code}, not 4000", event)
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def what_is_committed_is_written_down(server: Server) -> Event:
    """What the client commits is an item, and its words are told; there are no responses and no rate limits."""
    async with server.transcribing(turn_detection=None) as wire:
        await wire.speak(question())
        committed = await wire.ask(COMMIT, "input_audio_buffer.committed")
        event = await words_of(wire)
        same(event, "item_id", at(committed, "item_id"))
        _no_answers(wire)
        return event


@rule("transcription sessions", Need.TRANSCRIPTION)
async def turns_are_written_down(server: Server) -> Event:
    """With a turn detection the server hears turns by itself, as in a realtime session, and tells their words."""
    async with server.transcribing(turn_detection=VAD) as wire:
        await wire.speak(question() + silence(PAUSE_MS))
        started = await wire.until("input_audio_buffer.speech_started")
        for kind in ("input_audio_buffer.speech_stopped", "input_audio_buffer.committed"):
            same(await wire.until(kind), "item_id", at(started, "item_id"))
        event = await words_of(wire)
        same(event, "item_id", at(started, "item_id"))
        _no_answers(wire)
        return event


_INTENT = {"model": None, "intent": "transcription"}


def _no_answers(wire: Wire) -> None:
    for event in wire.events:
        odd = event["type"].startswith("response.") or event["type"] == "rate_limits.updated"
        expect(not odd, "a transcription session answers", event)


RULES = (
    a_transcription_session_is_of_its_own_kind,
    a_transcription_session_can_be_updated,
    a_transcription_session_takes_no_realtime_update,
    a_transcription_session_takes_no_settings_of_answers,
    a_transcription_session_answers_nothing,
    a_model_goes_not_with_the_intent,
    what_is_committed_is_written_down,
    turns_are_written_down,
)
