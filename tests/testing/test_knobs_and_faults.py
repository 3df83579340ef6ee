"""Every knob and every fault of a scenario: what a client sees of it, and that it sees the same bytes every time."""

from base64 import b64decode
from typing import Any

import pytest
from trio.testing import MockClock

from octi.simulator.mischief import DELTA
from tests.testing.sessions import DONE, HEARD, SAYS, TURN, WORDS, faulty, gaps, twice

# Knobs


async def test_the_first_sound_takes_its_time(autojump_clock: MockClock) -> None:
    """From the response's beginning; the rest comes in a burst."""
    seen = await twice("latency = { first_audio_ms = 400 }\n" + TURN)
    assert {event.at_s for event in seen.of(DELTA)} == {0.4}


async def test_deltas_come_one_after_the_other(autojump_clock: MockClock) -> None:
    """So many milliseconds apart."""
    assert gaps((await twice("latency = { delta_ms = 30 }\n" + TURN)).of(DELTA)) == [0.03] * 5


async def test_jitter_spreads_by_its_seed(autojump_clock: MockClock) -> None:
    """Another seed, another spread; on both sides, and no further than it says."""
    spread = [
        gaps((await twice(f"seed = {seed}\nlatency = {{ delta_ms = 30, jitter_ms = 20 }}\n" + TURN)).of(DELTA))
        for seed in (1, 2)
    ]
    assert spread[0] != spread[1]
    assert all(0.01 <= gap <= 0.05 for gap in spread[0] + spread[1])
    assert len(set(spread[0])) > 1


@pytest.mark.parametrize(("pace", "gap"), [(1.0, 0.2), (0.5, 0.4), (4.0, 0.05), (0, 0.0)])
async def test_a_voice_is_paced_by_real_time(pace: float, gap: float, autojump_clock: MockClock) -> None:
    """Times so much; 0 is a burst."""
    assert gaps((await twice(f"latency = {{ pace = {pace} }}\n" + TURN)).of(DELTA)) == [gap] * 5


@pytest.mark.parametrize(
    ("transcript_ms", "leads"),
    [(-400, [3, 4, 5, 6, 6, 6]), (0, [1, 2, 3, 4, 5, 6]), (400, [0, 0, 1, 2, 3, 6]), (9000, [0, 0, 0, 0, 0, 6])],
)
async def test_a_transcript_comes_early_or_late(
    transcript_ms: int, leads: list[int], autojump_clock: MockClock
) -> None:
    """Against the voice, by whole words of 200 ms; whole at the voice's end."""
    seen = (await twice(f"latency = {{ pace = 1.0, transcript_ms = {transcript_ms} }}\n" + TURN)).seen
    sounds = [index for index, each in enumerate(seen) if each.kind == DELTA]
    assert [sum(each.kind == WORDS for each in seen[:index]) for index in sounds] == leads
    assert "".join(each.event["delta"] for each in seen if each.kind == WORDS) == SAYS


async def test_what_the_user_said_is_told_when_the_scenario_says(autojump_clock: MockClock) -> None:
    """In its words: nobody recognises anything."""
    turn = '[[turn]]\nhear = "table"\nheard = "A table for two"\nsay = "Yes."\n'
    seen = await twice("latency = { heard_ms = 700 }\n" + turn, voice=True)
    (told,) = seen.of(HEARD)
    assert (told.at_s, told.event["transcript"]) == (0.7, "A table for two")
    assert "Yes." in str(seen.response())


async def test_words_are_as_late_as_their_own_turn_has_them(autojump_clock: MockClock) -> None:
    """And not the next one's."""
    turn = '[[turn]]\nhear = "table"\nheard = "A table for two"\nsay = "Yes."\nlatency = { heard_ms = 700 }\n'
    (told,) = (await twice(turn, voice=True)).of(HEARD)
    assert told.at_s == 0.7


@pytest.mark.parametrize("network", ["lan", "wifi", "4g", "3g", "satellite"])
async def test_a_network_is_a_set_of_knobs(network: str, autojump_clock: MockClock) -> None:
    """Which single ones change."""
    seen = await twice(f'network = "{network}"\n' + TURN)
    assert seen.of(DELTA)[0].at_s >= 0.29
    changed = await twice(f'network = "{network}"\nlatency = {{ first_audio_ms = 0 }}\n' + TURN)
    assert changed.of(DELTA)[0].at_s == 0


async def test_a_turn_has_a_tempo_of_its_own(autojump_clock: MockClock) -> None:
    """Over the scenario's."""
    seen = await twice("latency = { first_audio_ms = 400, delta_ms = 10 }\n" + TURN + "latency.first_audio_ms = 50\n")
    assert seen.of(DELTA)[0].at_s == 0.05
    assert gaps(seen.of(DELTA)) == [0.01] * 5


# Faults


@pytest.mark.parametrize("kind", ["rate_limit", "invalid_request", "content_filter", "session_expired", "error"])
async def test_an_error_comes_out_of_the_blue(kind: str, autojump_clock: MockClock) -> None:
    """And the session goes on."""
    seen = await twice(faulty(f'kind = "{kind}"'))
    wanted = {"rate_limit": "rate_limit_exceeded", "invalid_request": "invalid_value", "error": "server_error"}
    assert seen.error() == wanted.get(kind, kind)
    assert seen.response()["status"] == "completed"


async def test_an_error_has_the_scenarios_words(autojump_clock: MockClock) -> None:
    """Its code and its message."""
    seen = await twice(faulty('kind = "error", code = "insufficient_quota", message = "Pay."'))
    assert seen.of("error")[0].event["error"]["message"] == "Pay."
    assert seen.error() == "insufficient_quota"


@pytest.mark.parametrize(
    ("fault", "status", "details"),
    [
        ('kind = "failed"', "failed", {"error": {"type": "server_error", "code": "server_error"}}),
        ('kind = "incomplete"', "incomplete", {"reason": "max_output_tokens"}),
        ('kind = "incomplete", reason = "content_filter"', "incomplete", {"reason": "content_filter"}),
        ('kind = "cancelled"', "cancelled", {"reason": "client_cancelled"}),
    ],
)
async def test_a_response_ends_otherwise(
    fault: str, status: str, details: dict[str, Any], autojump_clock: MockClock
) -> None:
    """Before a word, or after some."""
    for after in ("", ", after_audio_ms = 600"):
        seen = await twice(faulty(fault + after))
        response = seen.response()
        assert response["status"] == status
        response["status_details"].get("error", {}).pop("message", None)
        assert response["status_details"] == {"type": status, **details}
        assert len(seen.of(DELTA)) == (3 if after else 0)


@pytest.mark.parametrize(("fault", "code"), [("", 1011), (", code = 4001", 4001)])
async def test_a_socket_is_closed_in_mid_voice(fault: str, code: int, autojump_clock: MockClock) -> None:
    """When it has sounded so long."""
    seen = await twice(faulty(f'kind = "close", after_audio_ms = 400{fault}', before="latency = { pace = 1.0 }\n"))
    assert len(seen.of(DELTA)) == 2
    assert seen.closed == (0.2, code)


async def test_a_connection_is_half_open_and_breaks(autojump_clock: MockClock) -> None:
    """Nothing more comes; after a minute, or as long as is said, it is gone."""
    for more, gone_s in (("", 60.0), (", stall_s = 5", 5.0)):
        seen = await twice(faulty(f'kind = "half_open", after_audio_ms = 400{more}'))
        assert (len(seen.of(DELTA)), seen.of(DONE)) == (2, [])
        assert seen.closed
        assert seen.closed[0] == gone_s


async def test_a_voice_stalls(autojump_clock: MockClock) -> None:
    """In its middle; what comes after it waits, and nothing is missing."""
    seen = await twice(faulty('kind = "stall", stall_s = 3, after_audio_ms = 600'))
    assert gaps(seen.of(DELTA)) == [0, 3, 0, 0, 0]
    assert seen.response()["status"] == "completed"


async def test_a_delta_is_lost(autojump_clock: MockClock) -> None:
    """One of six."""
    assert len((await twice(faulty('kind = "lost"'))).of(DELTA)) == 5


async def test_a_delta_is_doubled(autojump_clock: MockClock) -> None:
    """The same event twice."""
    sounds = (await twice(faulty('kind = "doubled"'))).of(DELTA)
    assert len(sounds) == 7
    assert sounds[0].data == sounds[1].data


async def test_a_delta_is_out_of_order(autojump_clock: MockClock) -> None:
    """It comes after what should follow it."""
    seen = (await twice(faulty('kind = "reordered"'))).seen
    order = [(each.event["event_id"], each.kind) for each in seen]
    assert order != sorted(order)
    assert [kind for _, kind in order].count(DELTA) == 6


async def test_an_event_is_of_an_unknown_type(autojump_clock: MockClock) -> None:
    """It is beside the others."""
    seen = await twice(faulty('kind = "unknown"'))
    assert len(seen.of("octi.simulated.unknown")) == 1
    assert seen.response()["status"] == "completed"


async def test_an_event_is_cut_in_its_middle(autojump_clock: MockClock) -> None:
    """It is no JSON."""
    seen = await twice(faulty('kind = "malformed"'))
    assert [each.kind for each in seen.seen].count("") == 1
    assert len(seen.of(DELTA)) == 5


async def test_an_event_is_too_large(autojump_clock: MockClock) -> None:
    """To the byte as large as is said."""
    seen = await twice(faulty('kind = "oversize", size = 100000'))
    assert [len(each.data) for each in seen.of("octi.simulated.oversize")] == [100_000]


async def test_a_delta_is_empty(autojump_clock: MockClock) -> None:
    """It has no sound."""
    assert [each.event["delta"] for each in (await twice(faulty('kind = "empty_audio"'))).of(DELTA)].count("") == 1


async def test_a_voice_has_another_rate_than_is_told(autojump_clock: MockClock) -> None:
    """All of it, or from some moment on: two thirds of its samples, or as many as is said."""
    for more, lengths in (
        ("", [6400] * 6),
        (", after_audio_ms = 1000, rate_hz = 48000", [9600] * 4 + [19200] * 2),
        (", times = 1", [6400] + [9600] * 5),
    ):
        seen = await twice(faulty(f'kind = "wrong_rate"{more}'))
        assert [len(b64decode(each.event["delta"])) for each in seen.of(DELTA)] == lengths
        assert seen.response()["audio"]["output"]["format"]["rate"] == 24_000


async def test_a_session_ends_early(autojump_clock: MockClock) -> None:
    """As the provider ends it after an hour: an error, and 1001."""
    seen = await twice(TURN + '[[faults]]\nkind = "session_end"\nat_s = 12\n')
    assert (seen.error(), seen.closed) == ("session_expired", (12.0, 1001))


# When


async def test_a_fault_is_at_a_turn_by_name_or_number(autojump_clock: MockClock) -> None:
    """And not at another."""
    for which, met in (('"first"', True), ("1", True), ("2", False)):
        turns = TURN + '[[turn]]\nsay = "Second."\n'
        seen = await twice(turns + f'[[faults]]\nkind = "failed"\nturn = {which}\n')
        assert (seen.response()["status"] == "failed") is met


async def test_a_fault_is_at_an_event_by_its_number(autojump_clock: MockClock) -> None:
    """Counted from the session's beginning."""
    seen = await twice(TURN + '[[faults]]\nkind = "lost"\nevent = 2\n')
    assert [each.event["event_id"] for each in seen.seen][:2] == ["event_000001", "event_000003"]


async def test_a_fault_is_at_events_of_a_type(autojump_clock: MockClock) -> None:
    """As often as is said."""
    seen = await twice(TURN + f'[[faults]]\nkind = "doubled"\non = "{WORDS}"\ntimes = 3\n')
    assert len(seen.of(WORDS)) == 9


async def test_a_fault_is_at_a_time(autojump_clock: MockClock) -> None:
    """At once where it needs no event; else at the next one that fits."""
    paced = "latency = { pace = 1.0 }\n" + TURN
    seen = await twice(paced + '[[faults]]\nkind = "close"\nat_s = 0.5\n')
    assert seen.closed == (0.5, 1011)
    seen = await twice(paced + '[[faults]]\nkind = "lost"\nat_s = 0.5\n')
    assert gaps(seen.of(DELTA)) == [0.2, 0.2, 0.4, 0.2]


async def test_a_fault_has_a_chance(autojump_clock: MockClock) -> None:
    """By the seed; for each event, as often as it likes, or as is said."""
    lost = [
        6 - len((await twice(f"seed = {seed}\n" + TURN + '[[faults]]\nkind = "lost"\nchance = 0.5\n')).of(DELTA))
        for seed in range(8)
    ]
    assert len(set(lost)) > 2
    once = TURN + '[[faults]]\nkind = "lost"\nchance = 0.9\ntimes = 1\n'
    assert [len((await twice(f"seed = {seed}\n" + once)).of(DELTA)) for seed in range(4)] == [5, 5, 5, 5]


async def test_a_branch_has_faults_of_its_own(autojump_clock: MockClock) -> None:
    """They happen if it is taken."""
    for word, status in (("hello", "failed"), ("goodbye", "completed")):
        branch = f'[[turn.branch]]\nhear = "{word}"\nsay = "{SAYS}"\nfaults = [{{ kind = "failed" }}]\n'
        assert (await twice(TURN + branch)).response()["status"] == status


async def test_silence_is_answered_after_its_time(autojump_clock: MockClock) -> None:
    """From the agent's last word on; and the agent may hang up."""
    silence = '[[turn]]\nsilence_s = 5\nsay = "Still there?"\n[[turn]]\nsilence_s = 7\nsay = "Bye."\nhang_up = 4000\n'
    seen = await twice(TURN + silence)
    assert [each.at_s for each in seen.of(DONE)] == [0, 5, 12]
    assert seen.closed == (12.0, 4000)
