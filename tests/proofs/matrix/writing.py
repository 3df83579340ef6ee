"""Writes docs/faults.md from the table that the tests hold octi to.

python -m tests.proofs.matrix.writing
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.proofs.matrix.moments import Moment, Side
from tests.proofs.matrix.outcomes import Elsewhere, NotHere, Outcome
from tests.proofs.matrix.table import FULL_DISK, TABLE, Doors, Row, Stated, cells, elsewhere

COMMAND = "python -m tests.proofs.matrix.writing"
DOCUMENT = Path(__file__).parents[3] / "docs" / "faults.md"
HEAD = f"""# Faults

What comes of each fault at each moment of a session. This page is written by its tests (`{COMMAND}`):
{{played}} cells are played, over the whole stack in memory (`tests/proofs/matrix/`), and {{others}} by tests with real
processes.

Where the doors differ, the OCTI door stands before the stroke and the Realtime door behind it. Where a session or a
provider's leg ends, what was being said is kept as far as it came, marked interrupted. In every cell both peers are
told or dropped, nothing that was complete is lost or kept twice, nothing is left running or open, and the same session
can be taken up again at once.

*Connecting*: an upgrade is asked for and not answered yet, the client's by octi or octi's by the provider.
*Configuring*: the provider has not confirmed the session. *Tool running*: octi's own function at the OCTI door, the
client's at the Realtime door. *Draining*: octi is stopping, and has said so.
"""
TITLES: Mapping[Side, str] = {
    Side.CLIENT: "The client",
    Side.PROVIDER: "The provider",
    Side.STORE: "The store",
    Side.ENGINE: "The embedded engine",
    Side.CLOCK: "The wall clock",
}
NOTES: Mapping[Side, str] = {
    Side.CLIENT: "*Floods*: a megabyte at once. *Byte by byte*: one each 50 ms; of what opens the socket, each 200 ms. "
    "A Realtime client says itself what was heard of an answer: what it did not take counts until it does.",
    Side.PROVIDER: "*Is away for good*: it vanishes, and nobody answers at its address any more.",
    Side.STORE: "What octi could not keep before the end is left to the store, which keeps it as soon as it can. "
    f"A file that is full for real: `{FULL_DISK}`.",
    Side.ENGINE: "Workers are killed for real, at every event of a turn.",
    Side.CLOCK: "Forwards and back. Deadlines go by another clock, and turns are ordered by their positions.",
}


def document() -> str:
    """The page."""
    parts = [HEAD.format(played=len(cells()), others=len(elsewhere()))]
    for side, rows in TABLE.items():
        parts += [f"\n## {TITLES[side]}\n\n", *table(rows), f"\n{NOTES[side]}\n"]
    return "".join([*parts, *legend()])


def table(rows: Mapping[str, Row]) -> Iterator[str]:
    """One side's faults, a line each."""
    yield f"| | {' | '.join(Moment)} |\n"
    yield f"|---{'|---' * len(Moment)}|\n"
    for name, row in rows.items():
        yield f"| {name} | {' | '.join(shown(row.at(moment)) for moment in Moment)} |\n"


def shown(stated: Stated) -> str:
    """A cell."""
    match stated:
        case Outcome():
            return stated.name
        case Doors(octi=octi, realtime=realtime):
            return f"{octi.name} / {realtime.name}"
        case Elsewhere(outcome=outcome):
            return outcome.name
        case NotHere(why=why):
            return f"—: {why}"


def outcomes() -> Iterator[Outcome]:
    """Every outcome that is stated, once."""
    seen: dict[str, Outcome] = {}
    for rows in TABLE.values():
        for row in rows.values():
            for moment in Moment:
                seen |= {outcome.name: outcome for outcome in in_cell(row.at(moment))}
    yield from sorted(seen.values(), key=lambda outcome: outcome.name)


def in_cell(stated: Stated) -> list[Outcome]:
    """The outcomes of one cell."""
    match stated:
        case Outcome():
            return [stated]
        case Doors(octi=octi, realtime=realtime):
            return [octi, realtime]
        case Elsewhere(outcome=outcome):
            return [outcome]
        case NotHere():
            return []


def legend() -> Iterator[str]:
    """What the outcomes mean, and which tests prove what is not played here."""
    yield "\n## The outcomes\n\n| | |\n|---|---|\n"
    for outcome in outcomes():
        yield f"| {outcome.name} | {outcome.says} |\n"
    yield "\nWith real processes:\n\n"
    for test in dict.fromkeys(cell.test for cell in elsewhere()):
        yield f"- `{test}`\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
