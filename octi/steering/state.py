"""What steers one session's agent, as a value: read from what the store keeps, and kept as what changed. No I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import uuid4

import attrs
import msgspec

from octi.errors import BadMessage, StoreFailed
from octi.extraction.composer import (
    Instructions,
    LayerName,
    changed_layers,
    difference,
    history_layer,
    instructions_json,
    profile_layer,
    read_instructions,
)
from octi.extraction.profile import Change, Found, Profile, merged, profile_json, read_profile
from octi.extraction.schema import DEFAULT_SCHEMA, JsonObject, ProfileSchema, read_schema
from octi.records import Development, DevelopmentKind, SessionRecord, Turn
from octi.store.storable import storable_text
from octi.units import SessionId

T = TypeVar("T")


@attrs.frozen
class State:
    """What is known of a user, and what the agent is told."""

    profile: Profile = attrs.field(factory=Profile)
    instructions: Instructions = attrs.field(factory=Instructions)

    def saying(self, texts: Mapping[LayerName, str]) -> "State":
        """With new texts for some layers, as a store can hold them."""
        storable = {name: storable_text(text) for name, text in texts.items()}
        return attrs.evolve(self, instructions=self.instructions.saying(storable))

    def knowing(self, found: Mapping[str, Found], schema: ProfileSchema) -> "State":
        """With what was found merged into the profile, and the layer that tells it."""
        profile, _ = merged(self.profile, found)
        return attrs.evolve(self, profile=profile).saying({LayerName.PROFILE: profile_layer(profile, schema)})

    def renewed(self, turns: Sequence[Turn], schema: ProfileSchema) -> "State":
        """With all that an agent must be told that has heard none of it: what was said, and what is known."""
        texts = {LayerName.HISTORY: history_layer(turns)}
        if self.profile.known:
            texts[LayerName.PROFILE] = profile_layer(self.profile, schema)
        return self.saying(texts)


def schema_of(record: SessionRecord) -> ProfileSchema:
    """What is wanted of a session's user. Raises BadMessage if the session was kept with what is no schema."""
    if not record.schema:
        return DEFAULT_SCHEMA
    try:
        return read_schema(msgspec.json.decode(record.schema))
    except msgspec.DecodeError:
        raise BadMessage("is not JSON", "schema") from None


def read_state(developments: Sequence[Development], prompt: str) -> State:
    """Where a session's developments, in their order, have led; with the base prompt alone if there are none.

    Raises StoreFailed for one that octi did not write so.
    """
    last = {development.kind: development for development in developments}
    profile, instructions = (last.get(kind) for kind in (DevelopmentKind.PROFILE, DevelopmentKind.INSTRUCTIONS))
    return State(
        _read(profile, "profile", read_profile) if profile else Profile(),
        _read(instructions, "layers", read_instructions)
        if instructions
        else State().saying({LayerName.BASE: prompt}).instructions,
    )


def _read(development: Development, key: str, read: Callable[[object], T]) -> T:
    try:
        return read(msgspec.json.decode(development.body, type=dict[str, object]).get(key))
    except (msgspec.DecodeError, BadMessage):
        why = f"the {development.kind} {development.id} of session {development.session} cannot be read"
        raise StoreFailed(why, retryable=False) from None


def developed(session: SessionId, old: State, new: State, at: float) -> list[Development]:
    """What is to be kept of a change, together; empty if nothing changed."""
    rows = []
    if changes := [_change_json(change) for change in _changes(old.profile, new.profile)]:
        body: JsonObject = {"profile": profile_json(new.profile), "changes": changes}
        rows.append(_development(session, DevelopmentKind.PROFILE, at, body))
    if new.instructions != old.instructions:
        rows.append(instructed(session, old.instructions, new.instructions, at))
    return rows


def instructed(session: SessionId, old: Instructions, new: Instructions, at: float) -> Development:
    """Instructions as they are kept: whole, layer by layer, and what changed."""
    body: JsonObject = {
        "layers": instructions_json(new),
        "changed": changed_layers(old, new),
        "diff": difference(old, new),
        "text": new.text,
    }
    return _development(session, DevelopmentKind.INSTRUCTIONS, at, body)


def _development(session: SessionId, kind: DevelopmentKind, at: float, body: JsonObject) -> Development:
    return Development(session=session, id=uuid4().hex, kind=kind, at=at, body=msgspec.json.encode(body).decode())


def _changes(old: Profile, new: Profile) -> Iterator[Change]:
    for name, known in new.known.items():
        before = old.known.get(name)
        if before != known:
            yield Change(name, before, known)


def _change_json(change: Change) -> JsonObject:
    """A field before and after, with the words for both."""
    old, new = change.old, change.new
    return {
        "field": change.field,
        "old": old and old.value,
        "new": new.value,
        "item": new.evidence.item,
        "quote": new.evidence.quote,
        "oldItem": old and old.evidence.item,
        "oldQuote": old and old.evidence.quote,
    }
