"""One thing said, for the tests of the readers."""

from octi.extraction.schema import Field, Kind
from octi.extraction.subjects import Subject, subject_of
from octi.extraction.wording import Said, folded
from octi.records import Role, Turn
from octi.units import ItemId, Milliseconds, SessionId


def said(text: str, agent: str = "", day: str = "") -> Said:
    """What the user says, after what the agent said, on a day."""
    nothing = Milliseconds(0)
    turn = Turn(
        session=SessionId("s"),
        item=ItemId("i"),
        position=0,
        role=Role.USER,
        text=text,
        start_ms=nothing,
        end_ms=nothing,
    )
    return Said(turn, folded(text), folded(agent), day)


def about(name: str, kind: Kind = Kind.TEXT, *, description: str = "", choices: tuple[str, ...] = ()) -> Subject:
    """A field to ask for."""
    return subject_of(Field(name=name, kind=kind, description=description, choices=choices))
