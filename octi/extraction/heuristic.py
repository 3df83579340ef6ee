"""octi's own extractor, without a model: rules over what the user said, in English and French.

Its reach, honestly: people who say things plainly. It reads names that are introduced, asked for or corrected, numbers
with their units and periods, dates, e-mail addresses and telephone numbers, yes and no, choices, and short free text
after "my … is" or a question. It takes only what the user says of themselves as a fact: not what the agent says, nor
what is denied, wished, asked or said of others. Where a rule is weak the finding is `unsure`; what no rule reads is not
found. It understands no irony, no reference ("the same as my brother's"), nothing spelled letter by letter, and of a
long turn it reads the first 3000 characters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from octi.clock import iso_time
from octi.extraction.amounts import amount_in
from octi.extraction.choices import choice_in, flag_in
from octi.extraction.contact import email_in, phone_in
from octi.extraction.dates import date_in
from octi.extraction.names import Name, names_in
from octi.extraction.phrases import list_in, words_in
from octi.extraction.profile import Evidence, Found, Known, Profile, merged
from octi.extraction.schema import ProfileSchema
from octi.extraction.subjects import Subject, Topic, subject_of
from octi.extraction.wording import Said, Sighting, exchanges
from octi.records import Turn
from octi.units import ItemId

Reader = Callable[[Said, Subject], Sighting | None]
_READERS: Mapping[Topic, Reader] = {
    Topic.EMAIL: email_in,
    Topic.PHONE: phone_in,
    Topic.DATE: date_in,
    Topic.FLAG: flag_in,
    Topic.CHOICE: choice_in,
    Topic.LIST: list_in,
    Topic.WORDS: words_in,
}


def heuristic_findings(
    schema: ProfileSchema, turns: Sequence[Turn], times: Mapping[ItemId, float] | None = None
) -> dict[str, Found]:
    """What the user's turns say of a schema's fields: the last of it, each with the turn and the exact words.

    `turns` are in the order of their conversation. `times` say when items were said, seconds since 1970, UTC; without
    them no evidence has a time, and "tomorrow" is no date.
    """
    subjects = [subject_of(field) for field in schema.fields]
    profile, name = Profile(), Profile()
    for said, at in _dated(turns, times or {}):
        for piece in said.pieces():
            name, profile = _with_names(piece, subjects, name, profile, at)
            profile = _with_others(piece, [s for s in subjects if s.topic is Topic.NUMBER], profile, at)
        profile = _with_others(said, [s for s in subjects if s.topic in _READERS], profile, at)
    return {key: Found(known.value, known.evidence) for key, known in profile.known.items()}


def _with_names(
    said: Said, subjects: Sequence[Subject], name: Profile, profile: Profile, at: float | None
) -> tuple[Profile, Profile]:
    """The name's own parts, and the profile's fields that they fill."""
    for part in names_in(said, *_parts(name)):
        name, _ = merged(name, {key: _found(said, seen, at) for key, seen in _halves(part)})
        profile, _ = merged(profile, _of_names(subjects, name, said, part, at))
    return name, profile


def _with_others(said: Said, subjects: Sequence[Subject], profile: Profile, at: float | None) -> Profile:
    read = {s.field.name: _read(said, s, profile.known.get(s.field.name)) for s in subjects}
    return merged(profile, {key: _found(said, seen, at) for key, seen in read.items() if seen})[0]


def _dated(turns: Sequence[Turn], times: Mapping[ItemId, float]) -> Iterator[tuple[Said, float | None]]:
    for said in exchanges(turns):
        at = times.get(said.turn.item)
        yield Said(said.turn, said.plain, said.agent, iso_time(at)[:10] if at is not None else ""), at


def _read(said: Said, subject: Subject, before: Known | None) -> Sighting | None:
    if subject.topic is Topic.NUMBER:
        return amount_in(said, subject, before)
    sighting = _READERS[subject.topic](said, subject)
    value = subject.field.fitting(sighting.value) if sighting else None
    return sighting._replace(value=value) if sighting and value is not None else None


def _found(said: Said, sighting: Sighting, at: float | None) -> Found:
    words = said.text[sighting.start : sighting.end]
    return Found(sighting.value, Evidence(said.turn.item, words.strip(), at, sighting.unsure))


def _parts(name: Profile) -> tuple[str, str]:
    """The first and the last name as far as they are known."""
    first, last = (name.known.get(part) for part in ("first", "last"))
    return str(first.value) if first else "", str(last.value) if last else ""


def _halves(name: Name) -> Iterator[tuple[str, Sighting]]:
    for part, text in (("first", name.first), ("last", name.last)):
        if text:
            yield part, Sighting(text, name.start, name.end, name.unsure)


def _of_names(
    subjects: Sequence[Subject], known: Profile, said: Said, name: Name, at: float | None
) -> dict[str, Found | None]:
    """The fields that a name fills: its parts, and the whole, which joins what is known with what was just said."""
    first, last = _parts(known)
    texts = {Topic.FIRST_NAME: name.first, Topic.LAST_NAME: name.last, Topic.FULL_NAME: f"{first} {last}".strip()}
    found: dict[str, Found | None] = {}
    for subject in subjects:
        value = subject.field.fitting(texts[subject.topic]) if subject.topic in texts else None
        if value is not None:
            found[subject.field.name] = _found(said, Sighting(value, name.start, name.end, name.unsure), at)
    return found
