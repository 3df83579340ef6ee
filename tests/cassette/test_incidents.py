"""What went wrong, read off a recording: a scenario is played and recorded, retold, and the result played again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from trio.testing import MockClock

from octi.cassette.format import Goodbye
from octi.cassette.incidents import Watch, faults_of, kind_of_error
from octi.cassette.reading import Cassette, Happening
from octi.cassette.retelling import as_scenario
from octi.simulator.reading import read_text
from tests.cassette.conversing import recorded
from tests.cassette.tapes import HEADER
from tests.fakes import agent_turn

LONG = """
latency = { first_audio_ms = 400, pace = 2.0 }
[[turn]]
hear = "hello"
say = "Good morning to you all, my friends and others too."
faults = [{ kind = "stall", after_audio_ms = 600, stall_s = 2.5 }]
[[turn]]
hear = "two"
say = "One two three four five six."
latency = { first_audio_ms = 1500 }
faults = [{ kind = "failed", after_audio_ms = 600, code = "oops", message = "It broke." }]
[[turn]]
hear = "three"
say = "Let me look."
call = { name = "look", arguments = { a = 1 } }
faults = [{ kind = "unknown" }, { kind = "rate_limit", on = "response.done" }]
[[turn]]
on = "look"
say = "It is there, and it is very large."
faults = [{ kind = "incomplete", after_audio_ms = 400 }, { kind = "doubled", after_audio_ms = 200 }]
[[turn]]
hear = "four"
say = "Never heard."
faults = [{ kind = "cancelled" }]
[[turn]]
hear = "five"
say = "What you hear now will be cut in two."
faults = [{ kind = "close", code = 4321, reason = "bye", after_audio_ms = 800 }]
"""
SHORT = """
[[turn]]
hear = "hello"
say = "One two three four five six seven."
latency = { pace = 1.0 }
"""


async def retold_twice(scenario: str, words: list[str], shelf: Path) -> tuple[list[list[str]], list[str]]:
    """What a client hears of a scenario, and of what is retold of that; and what is retold of each."""
    heard, told = [], [scenario]
    for turn in ("first", "second"):
        kinds, cassette = await recorded(told[-1], words, shelf / turn)
        heard.append(kinds)
        told.append(as_scenario(cassette))
    return heard, told[1:]


async def test_an_incident_becomes_a_test(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The same events in the same order, faults and all; and of the second recording the same is told."""
    words = ["Hello?", "Two.", "Three!", '{"x":1}', "four", "five"]
    (first, second), (told, again) = await retold_twice(LONG, words, tmp_path)
    assert first == second
    assert told == again
    assert second[-1] == "closed with 4321: bye"
    assert 'faults = [{ kind = "stall", stall_s = 2.5, after_audio_ms = 600 }]' in told
    assert "latency = { first_audio_ms = 400, pace = 2.0 }" in told
    assert "latency = { first_audio_ms = 1500 }" in told


@pytest.mark.parametrize(
    "fault",
    [
        'kind = "malformed", after_audio_ms = 800',
        'kind = "malformed", on = "response.content_part.added"',
        'kind = "half_open", stall_s = 60, after_audio_ms = 600',
        'kind = "session_end", after_audio_ms = 400',
        'kind = "session_end", code = 4001, reason = "over", on = "response.created"',
        'kind = "empty_audio", after_audio_ms = 400',
        'kind = "doubled", on = "response.content_part.added"',
        'kind = "close", code = 1006',
        'kind = "close", code = 1011, on = "response.done"',
        'kind = "error", code = "odd", on = "response.output_item.added"',
        'kind = "error", message = "Odd.", on = "session.created"',
        'kind = "content_filter", after_audio_ms = 400',
        'kind = "invalid_request", after_audio_ms = 1400',
        'kind = "unknown", at_s = 1.5',
        'kind = "failed"',
        'kind = "incomplete", reason = "content_filter", on = "response.content_part.added"',
    ],
)
async def test_each_kind_of_fault_is_retold(fault: str, tmp_path: Path, autojump_clock: MockClock) -> None:
    """Where it was, and as it was."""
    scenario = f"{SHORT}\n[[faults]]\n" + fault.replace(", ", "\n")
    (first, second), (told, again) = await retold_twice(scenario, ["Hello!"], tmp_path)
    assert first == second
    assert told == again
    assert fault.split(",")[0] in told


async def test_an_agent_that_hangs_up_is_no_fault(tmp_path: Path, autojump_clock: MockClock) -> None:
    """It says so in its turn."""
    _, (told, again) = await retold_twice(f"{SHORT}hang_up = true", ["Hello!"], tmp_path)
    assert "hang_up = true" in told
    assert "faults" not in told
    assert told == again


async def test_where_all_is_well_nothing_is_wrong(tmp_path: Path, autojump_clock: MockClock) -> None:
    """No faults are found."""
    (first, second), (told, _) = await retold_twice(SHORT, ["Hello!"], tmp_path)
    assert "faults" not in told
    assert first == second


def watched(*events: dict[str, Any], ours: Iterable[int] = ()) -> Watch:
    """`ours`: which of them the client has sent."""
    mine = set(ours)
    watch = Watch()
    watch.follow(
        (
            Happening(at * 100, "provider", 1, "out" if at in mine else "in", msgspec.json.encode(event))
            for at, event in enumerate(events)
        ),
        "in",
    )
    return watch


def kinds(watch: Watch) -> list[str]:
    return [incident.fields["kind"] for incident in watch.incidents]


CANCELLED = {"type": "response.done", "response": {"id": "resp_1", "status": "cancelled", "conversation_id": "c"}}


def test_what_the_user_or_the_client_has_cancelled_is_no_fault() -> None:
    """It will be cancelled again. Without them it is the provider's doing."""
    begun = agent_turn("a", "Good")[:5]
    spoken = {"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 1}
    cancel = {"type": "response.cancel"}
    assert kinds(watched(*begun, spoken, CANCELLED)) == []
    assert kinds(watched(*begun, cancel, CANCELLED, ours=[len(begun)])) == []
    assert kinds(watched(*begun, CANCELLED)) == ["cancelled"]


def test_what_the_simulator_refuses_by_itself_is_a_note() -> None:
    """Else the client would be refused twice."""
    error = {"type": "invalid_request_error", "code": "response_cancel_not_active", "message": "No."}
    watch = watched({"type": "error", "error": error})
    assert (kinds(watch), len(watch.notes)) == ([], 1)


def test_a_provider_that_falls_silent_was_half_open() -> None:
    """An answer is under way, and nothing of it comes until octi leaves."""
    for silent_ms, found in ((9000, []), (60_000, ["half_open"])):
        watch = watched(*agent_turn("a", "Good")[:5])
        watch.follow([Happening(silent_ms + 500, "provider", 1, "out", close=Goodbye(1000))], "in")
        assert kinds(watch) == found


def test_faults_belong_to_their_answers() -> None:
    """Or to none."""
    error = {"type": "error", "error": {"type": "server_error", "code": "x", "message": "y"}}
    watch = watched({"type": "session.created", "session": {}}, error, *agent_turn("a", "Hi."))
    assert list(faults_of(watch, watch.listener.exchanges[0])) == []
    assert list(faults_of(watch, None)) == [{"kind": "error", "code": "x", "message": "y", "on": "session.created"}]


@pytest.mark.parametrize(
    ("kind", "code", "name"),
    [
        ("server_error", "x", "error"),
        ("rate_limit_error", "x", "rate_limit"),
        ("requests", "rate_limit_exceeded", "rate_limit"),
        ("invalid_request_error", "session_expired", "session_expired"),
        ("invalid_request_error", "content_filter", "content_filter"),
        ("invalid_request_error", "x", "invalid_request"),
    ],
)
def test_errors_have_their_names(kind: str, code: str, name: str) -> None:
    """By code, or by type."""
    assert kind_of_error(kind, code) == name


def test_what_is_too_long_for_a_scenario_is_cut() -> None:
    """An error may be a bare sentence, of any length."""
    (fault,) = faults_of(watched({"type": "error", "error": "x" * 30_000}), None)
    assert (fault["kind"], len(fault["message"])) == ("error", 20_000)


def test_what_makes_no_sense_is_no_reason_to_fail() -> None:
    """Whatever a provider sends, a scenario comes of it."""
    odd: list[Any] = [None, [], {"id": {}}, "x", 1]
    kinds = ("response.created", "response.output_audio.delta", "response.done", "error")
    fields = ("response", "response_id", "item", "delta", "error")
    events = [{"type": kind, **dict.fromkeys(fields, each)} for each in odd for kind in kinds]
    said = tuple(Happening(0, "provider", 1, "in", msgspec.json.encode(event)) for event in events)
    assert read_text(as_scenario(Cassette(HEADER, said, "complete"))).scenario


@pytest.mark.parametrize(("code", "told"), [(1006, 1006), (4321, 4321), (1005, 1011), (1015, 1011), (2500, 1011)])
def test_a_close_code_that_cannot_be_sent_is_another_one(code: int, told: int) -> None:
    """Providers that close without any have left with 1005. A note says so."""
    said = [Happening(0, "provider", 1, "in", b'{"type":"session.created"}')]
    said += [Happening(9000, "provider", 1, "in", close=Goodbye(code))]
    text = as_scenario(Cassette(HEADER, tuple(said), "complete"))
    assert f"code = {told}" in text
    assert (f"# the provider left with {code}, which cannot be sent" in text) == (code != told)
    assert read_text(text).mischief[0].code == told


def test_what_comes_too_late_for_a_scenario_comes_as_late_as_it_can() -> None:
    """A day."""
    error = msgspec.json.encode({"type": "error", "error": {"type": "server_error", "code": "x", "message": "y"}})
    said = [Happening(0, "provider", 1, "in", b'{"type":"session.created"}')]
    said += [Happening(2e8, "provider", 1, "in", error)]
    assert read_text(as_scenario(Cassette(HEADER, tuple(said), "complete"))).mischief[0].at_s == 86_400
