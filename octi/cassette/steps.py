"""One side of a recorded leg as steps: what we send, what they must; and how what they send is compared. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import msgspec

from octi.cassette.format import Goodbye, Side, Way
from octi.cassette.reading import Cassette
from octi.cassette.scrubbing import HIDDEN
from octi.websocket.base import Message

SOUND = "sound"  # what a binary message is called; events go by their type
STREAMS = (".append", ".delta", "_delta")  # types that come in any number
SHOWN = 80  # characters of a value


@attrs.frozen
class Step:
    """What one side does. `ours`: we do it; else we wait until they do."""

    at_s: float  # since the session began
    ours: bool
    message: Message | None = None  # or
    close: Goodbye | None = None

    @property
    def kind(self) -> str:
        """An event's type, or what it is else."""
        return "close" if self.message is None else kind_of(self.message)


def steps_of(cassette: Cassette, side: Side, number: int, ours: Way) -> list[Step]:
    """A leg, played by whoever did what octi saw go this way."""
    return [
        Step(
            each.at / 1000,
            each.way == ours,
            None if each.frame is None else Message(each.frame, each.text),
            each.close,
        )
        for each in cassette.on(side, number)
        if each.frame is not None or each.close is not None
    ]


class _Typed(msgspec.Struct):
    type: str


def kind_of(message: Message) -> str:
    """An event's type; of what has none, what it is."""
    if not message.text:
        return SOUND
    try:
        return msgspec.json.decode(message.data, type=_Typed).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "text without a type"


def streams(kind: str) -> bool:
    """Is such a message a piece of something, so that their number says nothing?"""
    return kind == SOUND or kind.endswith(STREAMS)


def is_piece(kind: str) -> bool:
    """Is such a message a piece of what is told as a whole as well, so that nobody need wait for it?"""
    return kind.endswith("delta")


def difference(wanted: Message, got: Message, *, voices: bool = True) -> str | None:
    """How a message is other than the recorded one; None: it is not. The ids that a client gives its events, secrets
    that were scrubbed and, where they were left out, voices may be any."""
    if wanted.text != got.text or not wanted.text:
        same = wanted.text == got.text and (not voices or wanted.data == got.data)
        return None if same else f"{kind_of(got)} of {len(got.data)} bytes in place of {len(wanted.data)}"
    try:
        return _difference(msgspec.json.decode(wanted.data), msgspec.json.decode(got.data), voices=voices)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None if wanted.data == got.data else f"other text: {_short(got.data.decode(errors='replace'))}"


def _difference(was: Any, came: Any, *, voices: bool) -> str | None:
    if isinstance(was, dict) and isinstance(came, dict):
        was, came = ({name: each for name, each in said.items() if name != "event_id"} for said in (was, came))
        if not voices:
            was, came = _muted(was), _muted(came)
    return next(differences(was, came, ""), None)


def _muted(event: dict[str, Any]) -> dict[str, Any]:
    sounding = {"audio", "delta"} if "audio." in str(event.get("type")) or "append" in str(event.get("type")) else set()
    return {name: each for name, each in event.items() if name not in sounding}


def differences(was: Any, came: Any, path: str) -> Iterator[str]:
    """Where two values differ, each with its path."""
    where = path or "the event"
    if isinstance(was, dict) and isinstance(came, dict):
        for name in [*was, *(name for name in came if name not in was)]:
            below = f"{path}.{name}".lstrip(".")
            if name not in came:
                yield f"{below} is missing (was {_short(was[name])})"
            elif name not in was:
                yield f"{below} is new ({_short(came[name])})"
            else:
                yield from differences(was[name], came[name], below)
    elif isinstance(was, list) and isinstance(came, list) and len(was) == len(came):
        for index, (one, other) in enumerate(zip(was, came, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif was != came and not _hidden_in(was, came):
        yield f"{where} is {_short(came)} (was {_short(was)})"


def _hidden_in(was: Any, came: Any) -> bool:
    if not isinstance(was, str) or HIDDEN not in was or not isinstance(came, str):
        return False
    return bool(re.fullmatch(".*".join(map(re.escape, was.split(HIDDEN))), came, re.DOTALL))


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def unplayed(steps: Sequence[Step]) -> list[str]:
    """The types of what they had still to send, pieces aside."""
    return [step.kind for step in steps if not step.ours and step.message and not streams(step.kind)]
