"""Rules of the spoken answer, and of `conversation.item.truncate`: so much of it was heard."""

from base64 import b64decode
from binascii import Error as BadBase64

from octi.conformance.dialogue import PUSH_TO_TALK, Server, Wire
from octi.conformance.rule import Need, rule
from octi.conformance.rules.items import add, message, retrieved
from octi.conformance.rules.responses import answer, answered, one, respond
from octi.conformance.values import Broken, Event, at, begins, expect, same, whole
from octi.units import playing_time

HELLO = message("Hello.")
BEFORE = ("response.created", "response.output_item.added", "conversation.item.added", "response.content_part.added")
VOICED = ("response.output_audio.delta", "response.output_audio_transcript.delta")
ENDS = ("response.output_audio.done", "response.output_audio_transcript.done")
AFTER = ("response.content_part.done", "conversation.item.done", "response.output_item.done", "response.done")
LEAST_MS, MOST_MS = 200, 60_000  # of a greeting
FAR_MS = 3_600_000


async def _spoken(wire: Wire) -> list[Event]:
    """The events of a spoken answer."""
    await add(wire, HELLO)
    return await answered(wire)


def _sound(events: list[Event]) -> bytes:
    """The voice in an answer's events. Raises Broken for what is no base64."""
    found = bytearray()
    for event in events:
        if event["type"] == "response.output_audio.delta":
            try:
                found += b64decode(at(event, "delta"), validate=True)
            except (BadBase64, ValueError, TypeError) as error:
                raise Broken(f"`delta` is no base64: {error}", event) from None
    return bytes(found)


@rule("event order", Need.VOICE)
async def a_spoken_answer_comes_in_order(server: Server) -> Event:
    """A spoken answer's events come in order; its sound and its words may alternate, and end in either order."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        events = await _spoken(wire)
        seen = [event["type"] for event in events if event["type"] not in VOICED]
        right = [*BEFORE, *ENDS, *AFTER], [*BEFORE, *reversed(ENDS), *AFTER]
        expect(seen in right, f"the order is {seen}", events[-1])
        voiced = [index for index, event in enumerate(events) if event["type"] in VOICED]
        ended = min(index for index, event in enumerate(events) if event["type"] in ENDS)
        expect(bool(voiced) and voiced[-1] < len(events) - len(AFTER) - 1, "sound or words come too late", events[-1])
        expect(voiced[0] > len(BEFORE) - 1 and ended > voiced[0], "sound or words come too early", events[-1])
        return events[-1]


@rule("response.output_audio", Need.VOICE)
async def the_sound_of_an_answer_is_pcm(server: Server) -> Event:
    """The sound of an answer is base64 of 16-bit samples at 24 kHz: as much as its words may take."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        events = await _spoken(wire)
        sound = _sound(events)
        last = one(events, "response.output_audio.done")
        expect(len(sound) % 2 == 0, "half a sample is left over", last)
        length = playing_time(len(sound))
        expect(LEAST_MS <= length <= MOST_MS, f"a greeting that plays for {length} ms", last)
        return last


@rule("response.output_audio_transcript", Need.VOICE)
async def the_words_of_a_voice_agree(server: Server) -> Event:
    """The transcript's deltas, its end, the part (`audio`) and the item (`output_audio`) have the same words."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        events = await _spoken(wire)
        kind = "response.output_audio_transcript.delta"
        words = "".join(at(event, "delta") for event in events if event["type"] == kind)
        same(one(events, "response.output_audio_transcript.done"), "transcript", words)
        part = one(events, "response.content_part.done")
        same(part, "part.type", "audio")
        same(part, "part.transcript", words)
        item = one(events, "response.output_item.done")
        same(item, "item.content[0].type", "output_audio")
        same(item, "item.content[0].transcript", words)
        same(events[-1], "response.output[0].content[0].transcript", words)
        return item


@rule("response.done", Need.VOICE)
async def a_voice_costs_audio_tokens(server: Server) -> Event:
    """The usage of a spoken answer counts its sound apart from its words."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        event = (await _spoken(wire))[-1]
        expect(whole(event, "response.usage.output_token_details.audio_tokens") > 0, "the sound costs nothing", event)
        return event


@rule("response.create", Need.VOICE)
async def an_answer_may_have_a_format_of_its_own(server: Server) -> Event:
    """One response can be asked for in G.711; it says so, and is a sixth as many bytes."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        pcm = len(_sound(await _spoken(wire)))
        await add(wire, HELLO)
        events = await answered(wire, respond(audio={"output": {"format": {"type": "audio/pcmu"}}}))
        same(events[-1], "response.audio.output.format.type", "audio/pcmu")
        expect(0 < len(_sound(events)) < pcm, f"{len(_sound(events))} bytes in place of some {pcm // 6}", events[-1])
        return events[-1]


@rule("conversation.item.truncate", Need.VOICE)
async def a_spoken_item_can_be_truncated(server: Server) -> Event:
    """`conversation.item.truncate` is acknowledged with the same item, part and time; the words go with the sound."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        item = at((await _spoken(wire))[-1], "response.output[0].id")
        place = {"item_id": item, "content_index": 0, "audio_end_ms": 0}
        event = await wire.ask({"type": "conversation.item.truncate", **place}, "conversation.item.truncated")
        for name, value in place.items():
            same(event, name, value)
        kept = await retrieved(wire, item)
        words = at(kept, "item.content[0]").get("transcript")
        expect(not words, f"of nothing that was heard {words!r} is kept", kept)
        return event


@rule("conversation.item.truncate", Need.VOICE)
async def nothing_is_truncated_behind_its_end(server: Server) -> Event:
    """To truncate at more than a sound lasts is refused with `invalid_value`, or told with what it lasts."""
    async with server.session(audio=PUSH_TO_TALK) as wire:
        item = at((await _spoken(wire))[-1], "response.output[0].id")
        place = {"item_id": item, "content_index": 0, "audio_end_ms": FAR_MS}
        event = await wire.refused_or({"type": "conversation.item.truncate", **place}, "conversation.item.truncated")
        if event["type"] != "error":  # a gateway may know better than its client how much there is
            expect(whole(event, "audio_end_ms") < FAR_MS, "more is truncated than there is", event)
            return event
        same(event, "error.code", "invalid_value")
        begins(event, "error.message", "Audio content of ")
        expect(f"is already shorter than {FAR_MS}ms" in at(event, "error.message"), "the words are others", event)
        return event


@rule("conversation.item.truncate")
async def only_the_voice_of_the_agent_is_truncated(server: Server) -> Event:
    """A user's item and a written answer cannot be truncated; a time that is negative or no whole number neither."""
    async with server.session() as wire:
        typed = at(await add(wire, HELLO), "item.id")
        written = at(await answer(wire), "response.output[0].id")
        for item in (typed, written):
            place = {"item_id": item, "content_index": 0, "audio_end_ms": 0}
            same(await wire.refused({"type": "conversation.item.truncate", **place}), "error.type", _INVALID)
        for wrong in (-1, 1.5):
            place = {"item_id": written, "content_index": 0, "audio_end_ms": wrong}
            event = await wire.refused({"type": "conversation.item.truncate", **place})
            same(event, "error.param", "audio_end_ms")
        return event


_INVALID = "invalid_request_error"

RULES = (
    a_spoken_answer_comes_in_order,
    the_sound_of_an_answer_is_pcm,
    the_words_of_a_voice_agree,
    a_voice_costs_audio_tokens,
    an_answer_may_have_a_format_of_its_own,
    a_spoken_item_can_be_truncated,
    nothing_is_truncated_behind_its_end,
    only_the_voice_of_the_agent_is_truncated,
)
