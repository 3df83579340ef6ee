"""What is known of a user, each field with the words it came from; and how new findings change it."""

from collections.abc import Mapping

import attrs
import msgspec

from octi.errors import BadMessage
from octi.extraction.schema import JsonObject, ProfileSchema, Value
from octi.units import ItemId


@attrs.frozen
class Evidence:
    """Where a value was said. `at`: seconds since 1970, UTC. `unsure`: the words may mean something else."""

    item: ItemId
    quote: str
    at: float | None = None
    unsure: bool = False


@attrs.frozen
class Found:
    """A value that somebody read in a conversation."""

    value: Value
    evidence: Evidence


@attrs.frozen
class Known:
    """A field of a profile: its value, the words behind it, and the value that it replaced."""

    value: Value
    evidence: Evidence
    replaced: Value | None = None


@attrs.frozen
class Profile:
    """What is known, by field. A field that is not there is not known."""

    known: Mapping[str, Known] = attrs.field(factory=dict)

    def values(self, schema: ProfileSchema) -> JsonObject:
        """Every field of the schema with its value, null where nothing is known, ready for JSON."""
        known = {field.name: self.known.get(field.name) for field in schema.fields}
        return {name: msgspec.to_builtins(entry.value) if entry else None for name, entry in known.items()}


@attrs.frozen
class Change:
    """One field before and after. With equal values it is the evidence that became sure."""

    field: str
    old: Known | None
    new: Known

    @property
    def is_of_value(self) -> bool:
        """Whether the value is another one, or the first."""
        return self.old is None or not is_same(self.old.value, self.new.value)


def merged(profile: Profile, found: Mapping[str, Found | None]) -> tuple[Profile, tuple[Change, ...]]:
    """The profile with what was found, and what that changed.

    Nothing found never overwrites. An equal value keeps its first evidence, unless that was unsure and the new one is
    not. Another value replaces the old one, which is remembered, unless the new one is unsure and the old one is not.
    """
    changes = tuple(
        Change(name, old, new)
        for name, seen in found.items()
        if seen and (new := _after(old := profile.known.get(name), seen)) != old
    )
    if not changes:
        return profile, ()
    return Profile({**profile.known, **{change.field: change.new for change in changes}}), changes


def _after(old: Known | None, seen: Found) -> Known:
    if old is None:
        return Known(seen.value, seen.evidence)
    same = is_same(old.value, seen.value)
    if same and old.evidence.unsure and not seen.evidence.unsure:
        return attrs.evolve(old, evidence=seen.evidence)
    if same or (seen.evidence.unsure and not old.evidence.unsure):
        return old
    return Known(seen.value, seen.evidence, replaced=old.value)


def is_same(one: Value, other: Value) -> bool:
    """Equality of values. 3000 is 3000.0, but `true` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def profile_json(profile: Profile) -> JsonObject:
    """The profile with all its evidence, as JSON's own values."""
    return {name: msgspec.to_builtins(known) for name, known in profile.known.items()}


def read_profile(value: object) -> Profile:
    """The profile that `profile_json` gave. Raises BadMessage if it is none."""
    try:
        return Profile(msgspec.convert(value, dict[str, Known]))
    except msgspec.ValidationError as error:
        raise BadMessage(str(error), "profile") from None
