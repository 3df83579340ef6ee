"""How a relay is loaded. A load is named by a word: `sat`, `p100`, `f1000`, `opens`, each perhaps with `+tls`. Pure.

sat       32 sessions, the next piece of sound follows the answer to the last one: what a core carries
pN        N voices in real time: 40 ms of sound both ways 25 times a second, a word of transcript with every fifth
fN        N sessions that share 2500 pieces a second, so that only their number differs
opens     eight at a time that come, hear the first event, and leave
…+tls     the same, with TLS between the relay and the provider
"""

import re
from collections.abc import Iterable

import attrs

SATURATING, OPENING = 32, 8
PIECE_MS, PIECE_BYTES = 40, 1920  # 24 kHz, 16 bits
FLAT_PIECES_S = 2500.0
FLAT = ("f10", "f30", "f100", "f300", "f1000")
DEFAULT = ("sat", "p100", "p400", "opens", "sat+tls", "p100+tls", *FLAT)
QUICK = ("sat", "p100", "opens", "sat+tls")
ALIASES = {"flat": FLAT, "default": DEFAULT, "quick": QUICK}
SHAPE = re.compile(r"(sat|opens|p[1-9][0-9]{0,3}|f[1-9][0-9]{0,3})(\+tls)?")


class BadLoad(ValueError):
    """There is no load of this name."""


@attrs.frozen
class Load:
    """A load. interval_ms: between a session's pieces; 0: closed loop, or none at all."""

    name: str
    sessions: int
    interval_ms: float = 0.0
    opens: bool = False
    tls: bool = False

    @property
    def offered_s(self) -> float | None:
        """The pieces of sound that are to come each second; None: as many as are answered."""
        return self.sessions * 1000 / self.interval_ms if self.interval_ms else None

    def arguments(self, *, seconds: float, warm_s: float, windows: int = 1) -> list[str]:
        """What the load generator is told, but for whom to load."""
        if self.opens:
            return ["opens", "-n", str(self.sessions), "-t", f"{seconds:g}"]
        pace = ["-i", f"{self.interval_ms:g}"] if self.interval_ms else ["-C"]
        times = ["-w", f"{warm_s:g}", "-t", f"{seconds:g}", "-r", str(windows)]
        return ["load", "-n", str(self.sessions), "-s", str(PIECE_BYTES), *pace, *times]


def load_named(name: str) -> Load:
    """The load that a word stands for. Raises BadLoad."""
    found = SHAPE.fullmatch(name)
    if not found:
        raise BadLoad(f"{name!r} is no load; there are sat, p100, f100, opens, each also with +tls, and flat for all f")
    kind, tls = found[1], bool(found[2])
    if kind == "sat":
        return Load(name, SATURATING, tls=tls)
    if kind == "opens":
        return Load(name, OPENING, opens=True, tls=tls)
    sessions = int(kind[1:])
    return Load(name, sessions, PIECE_MS if kind[0] == "p" else 1000 * sessions / FLAT_PIECES_S, tls=tls)


def loads_named(names: Iterable[str]) -> list[Load]:
    """Several, each once, in their order; an alias stands for its own. Raises BadLoad."""
    words = [word for name in names for word in ALIASES.get(name, (name,))]
    return [load_named(word) for word in dict.fromkeys(words)]
