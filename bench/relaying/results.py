"""The figures of a whole run: medians and spread over its rounds, ratios to the Node relay of the same run. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import attrs
import msgspec

from bench.relaying.figures import Figures
from bench.relaying.machine import Company, Machine

YARDSTICK = "node-raw"


class Row(msgspec.Struct, frozen=True):
    """One figure of one relay under one load. ratio: of the medians, to the raw Node relay's; None: there is none."""

    relay: str
    load: str
    figure: str
    median: float
    min: float
    max: float
    ratio: float | None


class Failure(msgspec.Struct, frozen=True):
    """A relay that did not stand a load, or did not even start."""

    relay: str
    load: str
    why: str


class Results(msgspec.Struct, frozen=True):
    """Everything of a run. skipped: relays by why they were not measured."""

    machine: Machine
    company: Company
    versions: dict[str, str]
    skipped: dict[str, str]
    rounds: int
    seconds: float
    rows: list[Row]
    failures: list[Failure] = []
    minutes: int = 0  # of the long run, 0: there was none

    def figure(self, relay: str, load: str, figure: str) -> float | None:
        """A median; None if it was not measured."""
        return next(
            (row.median for row in self.rows if (row.relay, row.load, row.figure) == (relay, load, figure)), None
        )

    def of(self, relay: str, load: str, figure: str) -> Row | None:
        """A row; None if it was not measured."""
        return next((row for row in self.rows if (row.relay, row.load, row.figure) == (relay, load, figure)), None)

    @property
    def relays(self) -> list[str]:
        """Whoever was measured, in the order of the run."""
        return list(dict.fromkeys(row.relay for row in self.rows))

    @property
    def loads(self) -> list[str]:
        """What they were measured under, in the order of the run."""
        return list(dict.fromkeys(row.load for row in self.rows))


@attrs.frozen
class Measured:
    """What one trial measured."""

    relay: str
    load: str
    figures: Figures


def summed_up(measured: Iterable[Measured]) -> list[Row]:
    """A row for each relay, load and figure, in the order in which they first came."""
    by_name: dict[tuple[str, str, str], list[float]] = {}
    for trial in measured:
        for figure, value in trial.figures.items():
            by_name.setdefault((trial.relay, trial.load, figure), []).append(value)
    medians = {name: median(values) for name, values in by_name.items()}
    return [_row(name, values, medians) for name, values in by_name.items()]


def _row(name: tuple[str, str, str], values: Sequence[float], medians: Mapping[tuple[str, str, str], float]) -> Row:
    relay, load, figure = name
    yardstick = medians.get((YARDSTICK, load, figure))
    ratio = round(medians[name] / yardstick, 3) if yardstick else None
    return Row(relay, load, figure, _short(medians[name]), _short(min(values)), _short(max(values)), ratio)


def _short(value: float) -> float:
    """Four significant digits: more would be noise, and change with every run."""
    return float(f"{value:.4g}")


def as_json(results: Results) -> bytes:
    """A run as a file: a row a line, so that a change can be read."""
    head = msgspec.to_builtins(results)
    rows = head.pop("rows")
    lines = b",\n    ".join(msgspec.json.encode(row) for row in rows)
    body = msgspec.json.format(msgspec.json.encode(head), indent=2).rstrip().removesuffix(b"}").rstrip()
    return body + b',\n  "rows": [\n    ' + lines + b"\n  ]\n}\n"


def read_results(data: bytes) -> Results:
    """The same, read again. Raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=Results)
