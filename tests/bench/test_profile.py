"""Samples of a profile, counted."""

from bench.relaying.profile import folded, told

STACKS = """\
thread (1): MainThread;main (octi/serve.py:10);send (octi/websocket/link.py:7) 6
thread (1): MainThread;main (octi/serve.py:12);send (octi/websocket/link.py:9) 2
thread (1): MainThread;main (octi/serve.py:12);<lambda> 1
thread (2): octi store;run (octi/store/writer.py:3) 1
thread (3): Trio thread 0;WorkerThread._work (trio/_core/_thread_cache.py:9) 90"""


def test_samples_are_counted_by_function_whatever_the_line() -> None:
    """Those in it, and those in what it called."""
    profile = folded(STACKS.splitlines())
    assert profile.samples == 10
    assert profile.own["send (websocket/link.py)"] == 8
    assert profile.whole["main (octi/serve.py)"] == 9


def test_threads_that_wait_do_not_count() -> None:
    """They would be most of it."""
    assert folded(STACKS.splitlines()).threads == {"MainThread": 9, "octi store": 1}


def test_shares_are_of_what_ran() -> None:
    """The thread's, and each function's."""
    lines = list(told(folded(STACKS.splitlines())))
    assert lines[0] == "90.0%  thread MainThread"
    assert "80.0%  80.0%  send (websocket/link.py)" in lines
    assert "80.0%  websocket/link.py" in lines


def test_no_samples_make_no_lines() -> None:
    """Nor an error."""
    assert list(told(folded([]))) == ["   own  file", "   own  whole  function"]
