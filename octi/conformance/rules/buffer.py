"""Rules of the input audio buffer, while the client says when a turn is over."""

from base64 import b64encode

from octi.conformance.dialogue import PUSH_TO_TALK, Left, Server, Wire, update
from octi.conformance.rule import Need, rule
from octi.conformance.values import Event, at, begins, expect, same
from octi.conformance.voice import append, silence

COMMIT: Event = {"type": "input_audio_buffer.commit"}
CLEAR: Event = {"type": "input_audio_buffer.clear"}
TOO_SMALL = "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio"
TOO_MUCH_BYTES = (15 << 20) + 2  # of audio in one event


@rule("input_audio_buffer.append", Need.HEARING)
async def append_is_not_acknowledged(server: Server) -> Event:
    """`input_audio_buffer.append` is answered by nothing."""
    async with server.session() as wire:
        await wire.speak(silence(400))
        came = await wire.quiet()
        expect(not came, f"audio is answered by {[event['type'] for event in came]}", came[0] if came else None)
        return wire.events[-1]


@rule("input_audio_buffer.append", Need.HEARING)
async def append_takes_base64_alone(server: Server) -> Event:
    """Audio that is no base64 is refused, and the error names `audio`."""
    async with server.session() as wire:
        event = await wire.refused({"type": "input_audio_buffer.append", "audio": "!no base64!"})
        same(event, "error.param", "audio")
        return event


@rule("input_audio_buffer.append", Need.HEARING)
async def a_long_append_is_taken(server: Server) -> Event:
    """One event may hold a mebibyte of audio and more."""
    async with server.session() as wire:
        await wire.send(append(silence(24_000)))
        return await wire.ask(COMMIT, "input_audio_buffer.committed")


@rule("input_audio_buffer.append", Need.HEARING)
async def too_long_an_append_is_refused_clearly(server: Server) -> Event | None:
    """More than 15 MiB of audio in one event is refused by an error, or the socket is closed with 1009."""
    async with server.session() as wire:
        await wire.send({"type": "input_audio_buffer.append", "audio": b64encode(bytes(TOO_MUCH_BYTES)).decode()})
        return await _refused_or_closed(wire)


async def _refused_or_closed(wire: Wire) -> Event | None:
    try:
        event = await wire.until("error")
    except Left as left:
        expect(left.code == 1009, f"the server closed with {left.code}, not 1009", left.event)
        return left.event
    same(event, "error.type", "invalid_request_error")
    return event


@rule("input_audio_buffer.commit", Need.HEARING)
async def an_empty_buffer_cannot_be_committed(server: Server) -> Event:
    """A commit of nothing is refused with `input_audio_buffer_commit_empty`, and says how much there is."""
    async with server.session() as wire:
        event = await wire.refused(COMMIT)
        same(event, "error.code", "input_audio_buffer_commit_empty")
        same(event, "error.message", f"{TOO_SMALL}, but buffer only has 0.00ms of audio.")
        return event


@rule("input_audio_buffer.commit", Need.HEARING)
async def less_than_100_ms_cannot_be_committed(server: Server) -> Event:
    """A commit of 60 ms is refused like one of nothing; with 60 ms more it is taken."""
    async with server.session() as wire:
        await wire.speak(silence(60))
        event = await wire.refused(COMMIT)
        same(event, "error.code", "input_audio_buffer_commit_empty")
        begins(event, "error.message", TOO_SMALL)
        await wire.speak(silence(60))
        await wire.ask(COMMIT, "input_audio_buffer.committed")
        return event


@rule("input_audio_buffer.commit", Need.HEARING)
async def a_commit_makes_an_item(server: Server) -> Event:
    """`committed`, `conversation.item.added` and `.done` tell of one user's item, whose transcript is not known yet."""
    async with server.session() as wire:
        await wire.speak(silence(300))
        committed = await wire.ask(COMMIT, "input_audio_buffer.committed")
        for kind in ("conversation.item.added", "conversation.item.done"):
            event = await wire.until(kind)
            same(event, "item.id", at(committed, "item_id"))
            same(event, "item.role", "user")
            same(event, "item.status", "completed")
            same(event, "item.content", [{"type": "input_audio", "transcript": None}])
            same(event, "previous_item_id", at(committed, "previous_item_id"))
        return event


@rule("input_audio_buffer.commit", Need.HEARING)
async def a_commit_asks_for_no_answer(server: Server) -> Event:
    """Who commits asks for the answer by `response.create`, or gets none."""
    async with server.session() as wire:
        await wire.speak(silence(300))
        await wire.ask(COMMIT, "conversation.item.done")
        for event in await wire.quiet():
            expect(not event["type"].startswith("response."), "a commit is answered", event)
        return wire.events[-1]


@rule("input_audio_buffer.commit", Need.HEARING)
async def committed_items_stand_behind_one_another(server: Server) -> Event:
    """The second committed item names the first one as the one before it; a buffer is committed once."""
    async with server.session() as wire:
        await wire.speak(silence(300))
        first = await wire.ask(COMMIT, "input_audio_buffer.committed")
        await wire.until("conversation.item.done")
        same(await wire.refused(COMMIT), "error.code", "input_audio_buffer_commit_empty")
        await wire.speak(silence(300))
        event = await wire.ask(COMMIT, "input_audio_buffer.committed")
        same(event, "previous_item_id", at(first, "item_id"))
        return event


@rule("input_audio_buffer.clear", Need.HEARING)
async def clear_empties_the_buffer(server: Server) -> Event:
    """`input_audio_buffer.clear` is acknowledged, and nothing is left to commit; an empty buffer may be cleared."""
    async with server.session() as wire:
        await wire.ask(CLEAR, "input_audio_buffer.cleared")
        await wire.speak(silence(300))
        event = await wire.ask(CLEAR, "input_audio_buffer.cleared")
        same(await wire.refused(COMMIT), "error.code", "input_audio_buffer_commit_empty")
        return event


@rule("input_audio_buffer.append", Need.HEARING)
async def the_telephone_can_be_heard(server: Server) -> Event:
    """In G.711 a byte is an eighth of a millisecond: 50 ms are too few to commit, 200 ms are enough."""
    async with server.session() as wire:
        phone = {"format": {"type": "audio/pcmu"}, **PUSH_TO_TALK["input"]}
        await wire.ask(update(audio={"input": phone}), "session.updated")
        await wire.send(append(b"\xff" * 8 * 50))
        same(await wire.refused(COMMIT), "error.code", "input_audio_buffer_commit_empty")
        await wire.send(append(b"\xff" * 8 * 150))
        return await wire.ask(COMMIT, "input_audio_buffer.committed")


RULES = (
    append_is_not_acknowledged,
    append_takes_base64_alone,
    a_long_append_is_taken,
    too_long_an_append_is_refused_clearly,
    an_empty_buffer_cannot_be_committed,
    less_than_100_ms_cannot_be_committed,
    a_commit_makes_an_item,
    a_commit_asks_for_no_answer,
    committed_items_stand_behind_one_another,
    clear_empties_the_buffer,
    the_telephone_can_be_heard,
)
