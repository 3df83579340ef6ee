"""octi/observe/labels.py: labels have few values, whoever chooses them."""

from prometheus_client import CollectorRegistry, Counter

from octi.observe.labels import LONGEST_NAME, MOST_NAMES, OTHER, Children, Names, method_label, status_label


def test_the_first_names_are_told_apart_and_the_others_are_one() -> None:
    """Those that were first stay themselves."""
    names = Names()
    assert [names.label(f"m{number}") for number in range(MOST_NAMES)] == [f"m{each}" for each in range(MOST_NAMES)]
    assert names.label("one too many") == OTHER
    assert names.label("m0") == "m0"


def test_names_that_are_known_before_have_their_place() -> None:
    """A client that makes up models does not hide the configured one."""
    names = Names(["ours"], most=2)
    assert [names.label(name) for name in ("a", "b", "c", "ours")] == ["a", OTHER, OTHER, "ours"]


def test_a_name_is_short_and_has_no_tricks_in_it() -> None:
    """It stands on every line of a page."""
    names = Names()
    assert names.label("x" * 1000) == "x" * LONGEST_NAME
    assert names.label("a\nb\x00") == "a?b?"
    assert names.label("") == "unknown"


def test_methods_and_statuses_are_few() -> None:
    """Anybody may send one that nobody knows."""
    assert [method_label(method) for method in ("GET", "PROPFIND", "get")] == ["GET", OTHER, OTHER]
    assert [status_label(status) for status in (101, 204, 429, 503, None)] == ["1xx", "2xx", "4xx", "5xx", "none"]


def test_a_child_is_the_same_each_time() -> None:
    """What is counted through it is the metric's."""
    registry = CollectorRegistry()
    children = Children(Counter("seen", "Seen.", ("what",), registry=registry))
    assert children("a") is children("a")
    children("a").inc()
    assert registry.get_sample_value("seen_total", {"what": "a"}) == 1
