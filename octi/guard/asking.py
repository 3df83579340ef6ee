"""What becomes of a client's event under a policy: written anew with what it may say, or refused by its field. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from octi.errors import BadMessage
from octi.guard.items import allowed_item, not_allowed, said
from octi.guard.policy import Policy, Refuse
from octi.guard.sifting import sifted
from octi.surface import shown

Event = dict[str, Any]
Known = Sequence[Mapping[str, Any]]
SESSION_TYPES = frozenset({"realtime", "transcription"})
# The types of a client's events, with their fields besides `type` and `event_id`.
TEXTS: Mapping[str, frozenset[str]] = {
    "input_audio_buffer.append": frozenset({"audio"}),
    "input_audio_buffer.commit": frozenset(),
    "input_audio_buffer.clear": frozenset(),
    "output_audio_buffer.clear": frozenset(),
    "conversation.item.create": frozenset({"previous_item_id"}),
    "conversation.item.retrieve": frozenset({"item_id"}),
    "conversation.item.truncate": frozenset({"item_id"}),
    "conversation.item.delete": frozenset({"item_id"}),
    "response.create": frozenset(),
    "response.cancel": frozenset({"response_id"}),
    "session.update": frozenset(),
}
NUMBERS = {"conversation.item.truncate": frozenset({"content_index", "audio_end_ms"})}
OBJECTS = {"conversation.item.create": "item", "response.create": "response", "session.update": "session"}
LARGEST_NUMBER = 1 << 53


@attrs.frozen
class Allowed:
    """What may be said of an event, and what could not: names of fields that were left out."""

    event: Event
    left_out: Sequence[str] = ()


def allowed(event: Event, policy: Policy, known: Known) -> Allowed:
    """What may be said. known: the session's configuration, in force and as shown. Raises BadMessage."""
    kind = event["type"]
    if not policy.events.lets(kind):
        raise not_allowed("type", f"send {said(kind)}")
    if kind not in TEXTS:
        return Allowed(event)  # somebody has given it by its name, or everything
    plain = _plain(event, kind, lenient=policy.events.all)
    match kind:
        case "session.update":
            return _session(event, plain, policy, known)
        case "response.create":
            return Allowed({**plain, **_response(event, policy, known)})
        case "conversation.item.create" if not policy.items.all or policy.items.taken:
            return Allowed({**plain, "item": allowed_item(event.get("item"), policy.items)})
        case "conversation.item.create":
            return Allowed(event)
        case _:
            return Allowed(plain)


def _plain(event: Event, kind: str, *, lenient: bool) -> Event:
    """An event without its object: fields that are known, of the types they have."""
    texts, numbers = TEXTS[kind] | {"type", "event_id"}, NUMBERS.get(kind, frozenset())
    plain = {name: value for name, value in event.items() if name != OBJECTS.get(kind)}
    for name, value in plain.items() if not lenient else ():
        if name not in texts and name not in numbers:
            raise not_allowed(shown(name), "say this")
        right = _is_number(value) if name in numbers else value is None or isinstance(value, str)
        if not right:
            raise BadMessage(f"Invalid type for '{name}'.", name, "invalid_type")
    return plain


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER


def _session(event: Event, plain: Event, policy: Policy, known: Known) -> Allowed:
    wish = event.get("session")
    if not isinstance(wish, dict):
        raise BadMessage("Invalid type for 'session': an object.", "session", "invalid_type")
    kind = {"type": wish["type"]} if "type" in wish else {}
    if kind and (not isinstance(kind["type"], str) or kind["type"] not in SESSION_TYPES):
        raise BadMessage("Invalid value for 'session.type'.", "session.type", "invalid_value")
    wished = {name: value for name, value in wish.items() if name != "type"}
    found = sifted(wished, policy.fields, "session", known)
    if found.refused and policy.refuse is Refuse.EVENT:
        raise refused_field(found.refused[0], "none of the update counts")
    told = found.refused if policy.refuse is Refuse.FIELD else ()
    return Allowed({**plain, "session": {**kind, **found.kept}}, told)


def refused_field(name: str, so: str) -> BadMessage:
    """A field that a client may not set."""
    param = shown(name)
    return BadMessage(f"Not allowed: '{param}'. This client may not set it; {so}.", param, "not_allowed")


def _response(event: Event, policy: Policy, known: Known) -> Event:
    """The wish for an answer: one that asks for another than it may get is not answered at all."""
    wish = event.get("response")
    if wish is None:
        return {}
    if not isinstance(wish, dict):
        raise BadMessage("Invalid type for 'response': an object.", "response", "invalid_type")
    found = sifted(wish, policy.fields, "response", [*known, {"conversation": "auto"}])
    if found.refused:
        raise refused_field(found.refused[0], "no answer is asked for")
    return {"response": found.kept} if found.kept else {}
