"""What stands under deploy/ for Prometheus and Grafana: it speaks of metrics and labels that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from octi.engine.pool import Statistics
from octi.observe.base import Observer
from octi.observe.metrics import Metrics
from octi.store.writer import WriterStatistics
from tests.exposed import Exposed, page, tell_all
from tests.web.standins import StandIn

DEPLOY = Path(__file__).parent.parent / "deploy"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
ALERTS = DEPLOY / "alerts.yaml"

# Those that the scraper itself adds.
TARGETS = {"instance", "job"}
SCRAPED = {"up": TARGETS}
WORDS = {"and", "or", "unless", "bool", "offset", "on", "ignoring", "by", "without", "group_left", "group_right"}
TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<range>\[[^\]]*\])|(?P<name>[a-zA-Z_:][\w:]*)|(?P<number>[0-9.]+(?:e[+-]?\d+)?)"""
    r"""|(?P<sign>[{}()=!~<>,+*/%^-])|\s+"""
)
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}


@attrs.frozen
class Use:
    """A metric in an expression, and the labels that are asked of it."""

    metric: str
    labels: frozenset[str]


@attrs.define
class Reading:
    """One PromQL expression: its metrics, and the labels that it groups by."""

    uses: list[Use] = attrs.field(factory=list)
    grouped: set[str] = attrs.field(factory=set)


def read(expression: str) -> Reading:
    """Take an expression apart as far as names go. Fails for what is no token of the language."""
    tokens, reading = list(tokens_of(expression)), Reading()
    at = 0
    while at < len(tokens):
        kind, said = tokens[at]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if kind != "name":
            at += 1
        elif said in GROUPING:
            end = next(n for n in range(at, len(tokens)) if tokens[n][1] == ")")
            reading.grouped |= {name for kind, name in tokens[at + 1 : end] if kind == "name"}
            at = end
        elif said in WORDS or following == "(" or following in GROUPING:  # a function, or `sum by (…)`
            at += 1
        elif following == "{":
            end = next(n for n in range(at, len(tokens)) if tokens[n][1] == "}")
            reading.uses.append(Use(said, frozenset(name for kind, name in tokens[at + 1 : end] if kind == "name")))
            at = end
        else:
            reading.uses.append(Use(said, frozenset()))
            at += 1
    return reading


def tokens_of(expression: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(expression):
        found = TOKEN.match(expression, at)
        assert found, f"no token of PromQL: {expression[at:]!r}"
        if found.lastgroup:
            yield found.lastgroup, found.group()
        at = found.end()


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def in_dashboard() -> list[tuple[str, str]]:
    """Title and expression."""
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h"))
        for panel in panels()
        for target in panel.get("targets", ())
    ]


def in_alerts() -> list[tuple[str, str]]:
    """Name and expression: of YAML only what this file uses."""
    found: list[tuple[str, str]] = []
    name, folded = "", False
    for line in ALERTS.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s+- alert: (\w+)$", line):
            name = match.group(1)
        elif match := re.match(r"\s+expr: (.*)$", line):
            folded = match.group(1) == ">-"
            found.append((name, "" if folded else match.group(1)))
        elif folded and line.startswith(" " * 10):
            found[-1] = (name, f"{found[-1][1]} {line.strip()}")
        else:
            folded = False
    return found


async def everything() -> Exposed:
    """A page on which every metric stands, with all of its labels."""
    metrics = Metrics()
    tell_all(metrics)
    pool = Statistics(workers=1, ready=1, queued=0, done=0, restarts=0, last_loss=None)
    writer = WriterStatistics(rows_waiting=0, rows_left=0, rows_kept=0, rows_failed=0, batches=0)
    store = {**attrs.asdict(writer), "reads_running": 0, "connections": 1, "connections_most": 5}
    octi = StandIn(
        observer=Observer(meter=metrics, counted=metrics.families),
        gauges=lambda: {"store": store, "speech": attrs.asdict(pool), "warm": {"waiting": 1}},
    )
    return page(await (await octi.client.get("/metrics")).get_data(as_text=True))


@pytest.mark.parametrize("told", [in_dashboard, in_alerts])
async def test_every_metric_and_label_that_is_asked_for_exists(told: Any) -> None:
    """A name that changed would leave a panel empty, and an alert silent, for ever."""
    there = await everything()
    asked = told()
    assert len(asked) > 15
    for title, expression in asked:
        reading = read(expression)
        assert reading.uses, f"{title}: {expression}"
        known: set[str] = set(TARGETS)
        for use in reading.uses:
            labels = SCRAPED.get(use.metric) or there.labels(use.metric)
            assert use.metric in SCRAPED or use.metric in there.names, f"{title}: there is no {use.metric}"
            known |= labels
            assert use.labels <= labels | TARGETS, f"{title}: {use.metric} has no {use.labels - labels - TARGETS}"
        assert reading.grouped <= known, f"{title}: {reading.grouped - known}"


async def test_every_metric_of_octis_is_shown() -> None:
    """What nobody looks at need not be counted."""
    shown = {re.sub(r"_(bucket|count|sum)$", "", use.metric) for _, each in in_dashboard() for use in read(each).uses}
    shown |= {re.sub(r"_(bucket|count|sum)$", "", use.metric) for _, each in in_alerts() for use in read(each).uses}
    there = {name.removesuffix("_total") for name in shown}
    own = {family.name for family in (await everything()).families if family.name.startswith("octi_")}
    assert own - there == set()


def test_legends_and_texts_name_labels_that_are_left() -> None:
    """A legend of a label that was summed away is empty."""
    for panel in panels():
        for target in panel.get("targets", ()):
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            reading = read(target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h"))
            assert used <= reading.grouped | TARGETS, f"{panel['title']}: {used}"


def test_a_dashboard_can_be_imported_anywhere() -> None:
    """Its data source is a variable, and no id of somebody's installation stands in it."""
    text = DASHBOARD.read_text(encoding="utf-8")
    board = json.loads(text)
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "instance"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    assert board.get("id") is None
    used = [target["datasource"] for panel in panels() for target in panel.get("targets", ())]
    assert {source["uid"] for source in used} == {"${datasource}"}


def test_each_alert_has_its_own_name_and_says_what_is_wrong() -> None:
    """With a severity, a summary, and a description that somebody can act on."""
    text = ALERTS.read_text(encoding="utf-8")
    rules = re.split(r"\n\s+- alert: ", text)[1:]
    names = [rule.split("\n", 1)[0] for rule in rules]
    assert len(names) == len(set(names)) == len(in_alerts())
    for rule in rules:
        assert re.search(r"labels: \{severity: (critical|warning|info)\}", rule), rule
        assert re.search(r"summary: \S", rule), rule
        assert re.search(r"description: \S", rule), rule


def test_expressions_are_taken_apart() -> None:
    """Metrics with their labels; functions, words and strings are none."""
    reading = read('sum by (le, a) (rate(m_bucket{b=~"x|by", c!="d"}[5m])) > 2e3 and on (job) n / max(o) or p{}')
    assert reading.uses == [
        Use("m_bucket", frozenset({"b", "c"})),
        Use("n", frozenset()),
        Use("o", frozenset()),
        Use("p", frozenset()),
    ]
    assert reading.grouped == {"le", "a", "job"}
    with pytest.raises(AssertionError, match="no token"):
        read("a ; b")


async def test_the_documentation_has_every_metric() -> None:
    """By its name on the page."""
    text = (DEPLOY.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    for family in (await everything()).families:
        name = family.name + ("_total" if family.type == "counter" else "")
        assert f"`{name}`" in text, name
    for name, _ in in_alerts():
        assert f"`{name}`" in text, name
