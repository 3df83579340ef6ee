"""The page docs/wire.md, from the classes of `octi.realtime.wire` and the table of `octi.errors`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import fill

import msgspec

from octi.error_replies import REPLIES
from octi.errors import ClientFault, OctiError, OperatorFault, ProviderFault
from octi.realtime.octi_messages import ClientMessage
from octi.realtime.wire.answers import OF_ANSWERS
from octi.realtime.wire.client import CLIENT_EVENTS
from octi.realtime.wire.client import IN_TRANSCRIPTION_SESSIONS as ASKED
from octi.realtime.wire.complaints import CODES
from octi.realtime.wire.said import SAID
from octi.realtime.wire.server import OF_SESSIONS
from tests.wire_docs import opening
from tests.wire_docs.showing import Message, example, meaning_of, meaning_of_error, parts_of, rows, tag_of
from tests.wire_docs.words import AUDIO, CLOSES, ENDS, ERRORS, HEAD, OBJECTS, REALTIME, SERVER, TOLD_APART

OCTI_CLIENT: tuple[Message, ...] = ClientMessage.__args__
SERVER_EVENTS: tuple[Message, ...] = (*OF_SESSIONS, *OF_ANSWERS)
WIDTH = 118


def document() -> str:
    """The page."""
    parts = [
        HEAD,
        *octi_table("The client says", OCTI_CLIENT, "binary", "Microphone audio: PCM16, little-endian, 24 kHz, mono."),
        *octi_table("octi says", SAID, "binary", "The agent's voice, in the same format; faster than it is heard."),
        REALTIME,
        *(line for event in CLIENT_EVENTS for line in section(event, client_note(event))),
        SERVER,
        *(line for event in SERVER_EVENTS for line in section(event, server_note(event))),
        OBJECTS,
        *(line for part in parts_of(*CLIENT_EVENTS, *SERVER_EVENTS) for line in object_section(part)),
        AUDIO,
        *complaints(),
        *errors(),
        *closes(),
        *opening.section(),
    ]
    return "".join(parts)


def octi_table(title: str, messages: Iterable[Message], first: str, what: str) -> Iterator[str]:
    """One direction of the OCTI protocol."""
    yield f"\n### {title}\n\n| message | fields | meaning |\n|---|---|---|\n| {first} | | {what} |\n"
    for message in messages:
        told = "; ".join(field_words(message))
        yield f"| `{compact(example(message))}` | {told} | {meaning_of(message)} |\n"


def field_words(message: Message) -> Iterator[str]:
    """Its fields, in a table's cell."""
    for row in rows(message):
        needed = "" if row.required else ", may be left out"
        meaning = f": {row.meaning.rstrip('.')}" if row.meaning else ""
        yield f"`{row.name}`: {row.kind}{needed}{meaning}"


def section(event: Message, note: str) -> Iterator[str]:
    """One event."""
    yield f"\n### `{tag_of(event)}`\n\n{folded(meaning_of(event) + note)}\n"
    yield from fields(event)
    yield f"\n```json\n{written(example(event))}\n```\n"


def object_section(part: Message) -> Iterator[str]:
    """One object inside events."""
    tag = f" `type` is `{tag_of(part)}`." if part.__struct_config__.tag_field else ""
    strict = " Other fields are refused." if part.__struct_config__.forbid_unknown_fields else ""
    yield f"\n### {part.__name__}\n\n{folded(meaning_of(part) + tag + strict)}\n"
    yield from fields(part)


def fields(message: Message) -> Iterator[str]:
    """A table of its fields, but for those that all events have."""
    told = [row for row in rows(message) if not (row.name == "event_id" and message in EVENTS)]
    if told:
        yield "\n| field | | |\n|---|---|---|\n"
    for row in told:
        name = f"`{row.name}`" if row.required else f"`{row.name}`, may be absent"
        yield f"| {name} | {row.kind} | {row.meaning} |\n"


EVENTS: frozenset[Message] = frozenset((*CLIENT_EVENTS, *SERVER_EVENTS))


def client_note(event: Message) -> str:
    """In which sessions it may be sent, if not in both kinds."""
    return " In transcription sessions too." if event in ASKED else ""


def server_note(event: Message) -> str:
    """Who sends it, if not everybody."""
    return " From some providers; octi's engine does not send it." if event in TOLD_APART else ""


def compact(value: object) -> str:
    """As JSON, in one line."""
    return msgspec.json.encode(value).decode()


def written(value: object) -> str:
    """As JSON: in one line if that is short, else over several."""
    line = compact(value)
    return line if len(line) <= WIDTH else msgspec.json.format(line, indent=2)


def folded(text: str) -> str:
    """A paragraph in lines."""
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


# Errors


def complaints() -> Iterator[str]:
    """The codes of `error` events."""
    yield ERRORS
    yield from (f"| `{code}` | {meaning} |\n" for code, meaning in CODES.items())


def errors() -> Iterator[str]:
    """The table of all of octi's own errors."""
    yield ENDS
    for kind, reply in REPLIES.items():
        again = "yes" if may_retry(kind) else "no"
        told = meaning_of_error(kind)
        yield f"| `{reply.code}` | {reply.status} | {reply.close} | {whose(kind)} | {again} | {told} |\n"


def whose(kind: type[OctiError]) -> str:
    """Whose fault it is."""
    owners = {ClientFault: "the client's", ProviderFault: "the provider's", OperatorFault: "the installation's"}
    return next((owner for base, owner in owners.items() if issubclass(kind, base)), "nobody's")


def may_retry(kind: type[OctiError]) -> bool:
    """May the same call work later? For those that know it only each time: as a rule."""
    fields = getattr(kind, "__attrs_attrs__", ())
    return next((field.default for field in fields if field.name == "retryable"), kind.retryable is True)


def closes() -> Iterator[str]:
    """The close codes, with what else they are sent for."""
    yield CLOSES
    by_code: list[tuple[int, str]] = sorted((reply.close, reply.code) for reply in REPLIES.values())
    by_error = {code: [name for _, name in found] for code, found in groupby(by_code, key=lambda pair: pair[0])}
    for code in sorted(by_error.keys() | OTHER_CLOSES.keys()):
        names: Sequence[str] = [f"`{name}`" for name in dict.fromkeys(by_error.get(code, ()))]
        yield f"| {code} | {'; '.join([*OTHER_CLOSES.get(code, ()), *names])} |\n"


OTHER_CLOSES: dict[int, tuple[str, ...]] = {
    1000: ("the client left, or the session is over for good",),
    1001: ("the session reached its maximum length, or octi stops and the client is .NET's",),
    1002: ("the client broke the WebSocket protocol",),
    1007: ("text that is not UTF-8",),
    1009: ("a message that is too large",),
    4000: ("octi's engine, where it is the server: what the address asks for is refused",),
}
