"""The capacity sheet's plots, by matplotlib: python -m bench.relaying.plots RESULTS FOLDER."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot

OCTI = ("octi", "octi-own")
STRONG, PALE, SECOND = "#0b6e4f", "#9aa5b1", "#52606d"
Rows = dict[tuple[str, str, str], dict[str, float]]


def main(results: str, folder: str) -> None:
    """Draw all of them."""
    rows = rows_in(json.loads(Path(results).read_text(encoding="utf-8")))
    to = Path(folder)
    to.mkdir(parents=True, exist_ok=True)
    # the same figures give the same file
    pyplot.rcParams.update(
        {
            "svg.hashsalt": "octi",
            "svg.fonttype": "none",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    bars(
        rows,
        [("sat", "cpu_us_message"), ("p100", "cpu_us_message"), ("p400", "cpu_us_message")],
        "us of CPU for each message",
        to / "cpu.svg",
    )
    bars(
        rows,
        [("p100", "p50_ms"), ("p100", "p99_ms"), ("p400", "p99_ms")],
        "round trip, ms",
        to / "latency.svg",
        log=True,
    )
    bars(
        rows,
        [("p100", "kib_session_idle"), ("p100", "kib_session_active")],
        "KiB for each of 100 sessions",
        to / "memory.svg",
    )
    bars(rows, [("opens", "opens_cpu_s")], "sessions opened for each second of CPU", to / "opens.svg")
    lines(rows, to / "flat.svg")


def rows_in(results: dict[str, Any]) -> Rows:
    """The file's rows by relay, load and figure."""
    return {(row["relay"], row["load"], row["figure"]): row for row in results["rows"]}


def bars(rows: Rows, groups: Sequence[tuple[str, str]], title: str, file: Path, *, log: bool = False) -> None:
    """A panel for each load and figure, a bar for each relay, with the least and the most of the rounds."""
    there = [group for group in groups if any((load, figure) == group for _, load, figure in rows)]
    if not there:
        return
    drawn, panels = pyplot.subplots(1, len(there), figsize=(3.4 * len(there), 2.6), squeeze=False, sharey=True)
    relays = list(dict.fromkeys(relay for relay, load, figure in rows if (load, figure) in there))[::-1]
    for panel, (load, figure) in zip(panels[0], there, strict=True):
        one_panel(panel, rows, relays, load, figure)
        if log:
            panel.set_xscale("log")
    drawn.suptitle(title)
    save(drawn, file)


def one_panel(panel: Any, rows: Rows, relays: Sequence[str], load: str, figure: str) -> None:
    """One load's bars."""
    here = [(relay, rows[relay, load, figure]) for relay in relays if (relay, load, figure) in rows]
    medians = [max(row["median"], 0) for _, row in here]
    spread = [
        [max(row["median"] - row["min"], 0) for _, row in here],
        [max(row["max"] - row["median"], 0) for _, row in here],
    ]
    colours = [STRONG if relay in OCTI else PALE for relay, _ in here]
    panel.barh([relay for relay, _ in here], medians, xerr=spread, color=colours, ecolor=SECOND, height=0.7)
    panel.set_title(
        f"{load}, {figure.removesuffix('_ms')}" if figure.endswith("_ms") else f"{load}{idle(figure)}", fontsize=9
    )


def idle(figure: str) -> str:
    """Whose memory it is, if it is memory."""
    return f", {figure.rpartition('_')[2]}" if figure.startswith("kib_session") else ""


def lines(rows: Rows, file: Path) -> None:
    """The cost of a message by the number of sessions."""
    loads = sorted({load for _, load, _ in rows if load.startswith("f")}, key=lambda load: int(load[1:]))
    if not loads:
        return
    drawn, panel = pyplot.subplots(figsize=(7, 3))
    for relay in dict.fromkeys(relay for relay, _, _ in rows):
        points = [
            (int(load[1:]), rows[relay, load, "cpu_us_message"]["median"])
            for load in loads
            if (relay, load, "cpu_us_message") in rows
        ]
        if points:
            panel.plot(*zip(*points, strict=True), marker="o", label=relay, linewidth=2 if relay in OCTI else 1)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    panel.set_xlabel("sessions that share 2,500 pieces of sound a second")
    panel.set_ylabel("us of CPU for each message")
    panel.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    save(drawn, file)


def save(drawn: Any, file: Path) -> None:
    """Write it, without the day."""
    drawn.tight_layout()
    drawn.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(drawn)


if __name__ == "__main__":
    main(*sys.argv[1:])
