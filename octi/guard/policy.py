"""What a client may say and see: as a rule writes it, and as it holds. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import attrs

from octi.guard.part import Part
from octi.policy_config import May

TAKEN = "-"  # before a name: what the level gives is taken away


class Hide(StrEnum):
    """What can be withheld from a client."""

    INSTRUCTIONS = "instructions"  # with the prompt, and messages of the system's
    TOOLS = "tools"  # that there are any, and whose they are
    TOOL_CALLS = "tool_calls"  # calls, and what they gave
    USAGE = "usage"  # tokens, and what is left of the provider's limits


class Refuse(StrEnum):
    """What becomes of a `session.update` that asks for something refused."""

    EVENT = "event"  # none of it counts, as with the provider; an error names the field
    FIELD = "field"  # the rest counts; an error names the field
    QUIETLY = "quietly"  # the rest counts, and `session.updated` shows what does


ITEMS = (
    "user_text",
    "user_audio",
    "user_image",
    "system",
    "assistant",
    "function_call",
    "function_call_output",
    "mcp_approval_response",
)
_EVENT, _FIELD = re.compile(r"[a-z_]+(\.[a-z_]+)*"), re.compile(r"(session|response)(\.[a-z_]+)+")


@attrs.frozen
class Grant:
    """Which names are given, and which taken away. A name with dots gives, and takes, what is below it."""

    given: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    all: bool = False

    def lets(self, name: str) -> bool:
        """Is it given, whole or as a part of something? The longest name that says so counts."""
        said = next((each for each in _with_ancestors(name) if each in self.given or each in self.taken), None)
        return self.all if said is None else said in self.given

    def splits(self, name: str) -> bool:
        """Is something below it another case than it is?"""
        return any(other.startswith(f"{name}.") for other in self.given | self.taken)

    def altered(self, said: tuple[str, ...]) -> "Grant":
        """With what a rule adds, and without what it takes away."""
        taken = frozenset(name.removeprefix(TAKEN) for name in said if name.startswith(TAKEN))
        added = frozenset(name for name in said if not name.startswith(TAKEN))
        return attrs.evolve(self, given=(self.given | added) - taken, taken=self.taken | taken)


def _with_ancestors(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


SPEAKING = Grant(
    frozenset(
        {
            "session.update",
            "input_audio_buffer.append",
            "input_audio_buffer.commit",
            "input_audio_buffer.clear",
            "output_audio_buffer.clear",
            "conversation.item.create",
            "conversation.item.retrieve",
            "conversation.item.truncate",
            "response.create",
            "response.cancel",
        }
    )
)
SOUND = Grant(
    frozenset(
        {
            "session.output_modalities",
            "session.audio.input.format",
            "session.audio.input.noise_reduction",
            "session.audio.input.turn_detection",
            "session.audio.output.format",
            "session.audio.output.speed",
            "session.audio.output.voice",
            "response.output_modalities",
            "response.metadata",
        }
    )
)
OWN_WORDS = frozenset({"user_text", "user_audio", "user_image"})


@attrs.frozen(kw_only=True)
class Policy:
    """What a client may say and see, as it holds for one session."""

    may: May
    events: Grant = SPEAKING
    fields: Grant = SOUND
    items: Grant = Grant(OWN_WORDS)
    hide: frozenset[Hide] = frozenset()
    refuse: Refuse = Refuse.EVENT

    @property
    def restricts(self) -> bool:
        """Is there anything that a client may not say?"""
        return any(not grant.all or grant.taken for grant in (self.events, self.fields, self.items))

    @property
    def is_full(self) -> bool:
        """Is there nothing to watch?"""
        return not self.restricts and not self.hide


ALL = Grant(all=True)
FULL = Policy(may=May.EVERYTHING, events=ALL, fields=ALL, items=ALL)
LEVELS: Mapping[May, Policy] = {
    May.SPEAK: Policy(may=May.SPEAK, hide=frozenset({Hide.INSTRUCTIONS, Hide.TOOLS, Hide.TOOL_CALLS})),
    May.TOOLS: Policy(
        may=May.TOOLS, items=Grant(OWN_WORDS | {"function_call_output"}), hide=frozenset({Hide.INSTRUCTIONS})
    ),
    May.EVERYTHING: FULL,
}


class PolicyRule(Part, frozen=True):
    """What a client may say and see. Names in the lists are added to those of `may`; with a `-` before: taken away.

    events: types of a client's events. fields: of `session.update` and `response.create`, dotted: `session.audio`.
    items: kinds that it may add to the conversation. hide: what it is not shown.
    """

    may: May | None = None
    events: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    items: tuple[str, ...] | None = None
    hide: tuple[str, ...] | None = None
    refuse: Refuse | None = None

    def __post_init__(self) -> None:
        """Raises ValueError that names what is not known."""
        _check("events", self.events, lambda name: bool(_EVENT.fullmatch(name)), "types of events")
        _check("fields", self.fields, lambda name: bool(_FIELD.fullmatch(name)), "such as session.audio.output.voice")
        _check("items", self.items, ITEMS.__contains__, ", ".join(ITEMS))
        _check("hide", self.hide, set(Hide).__contains__, ", ".join(Hide))

    def holding(self, may: May) -> Policy:
        """What holds. may: the level where the rule names none."""
        level = LEVELS[self.may or may]
        hidden = Grant(frozenset(level.hide)).altered(self.hide or ()).given
        return attrs.evolve(
            level,
            events=level.events.altered(self.events or ()),
            fields=level.fields.altered(self.fields or ()),
            items=level.items.altered(self.items or ()),
            hide=frozenset(map(Hide, hidden)),
            refuse=self.refuse or level.refuse,
        )


def _check(field: str, names: tuple[str, ...] | None, known: Callable[[str], bool], right: str) -> None:
    strange = [name for name in names or () if not known(name.removeprefix(TAKEN))]
    if strange:
        raise ValueError(f"{field}: {strange[0]!r} is not known; should be {right}")
