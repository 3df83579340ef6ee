"""How fast a provider was."""

import pytest

from octi.cassette.exchanges import Asked, Exchange
from octi.cassette.latencies import latency_of, stalls_in, unusual, usual_latency

VOICE, TEXT = "response.output_audio.delta", "response.output_text.delta"


def answer(*gaps_ms: float, kind: str = VOICE, sounds_ms: float = 200.0) -> Exchange:
    """An answer whose pieces come after these times."""
    exchange, at_ms = Exchange(0.0), 0.0
    for gap_ms in gaps_ms:
        at_ms += gap_ms
        exchange.add(kind, at_ms, gap_ms, sounds_ms if kind == VOICE else 0.0)
    return exchange


@pytest.mark.parametrize(
    ("exchange", "latency"),
    [
        (answer(), {}),
        (answer(437, 100, 100), {"first_audio_ms": 440, "pace": 2.0}),
        (answer(437, 66, 67, 65), {"first_audio_ms": 440, "pace": 3.0}),
        (answer(3, 1, 1, 1), {"first_audio_ms": 0, "pace": 0.0}),
        (answer(5), {"first_audio_ms": 0}),
        (answer(300, 42, 38, 44, kind=TEXT), {"first_audio_ms": 300, "delta_ms": 40}),
        (answer(300, 200, 200, 5000, 0, 0, 0), {"first_audio_ms": 300, "pace": 1.0}),
    ],
)
def test_an_answers_speed_is_measured(exchange: Exchange, latency: dict[str, float]) -> None:
    """By ten milliseconds; a voice against real time; what comes behind a stall does not count."""
    assert latency_of(exchange) == latency


def test_a_piece_without_sound_says_nothing_of_speed() -> None:
    """It would look slow."""
    exchange = answer(100, 200)
    exchange.add(VOICE, 500, 200, 0)
    exchange.add(VOICE, 700, 200, 200)
    assert latency_of(exchange)["pace"] == 1.0


@pytest.mark.parametrize(
    ("exchange", "stalled"),
    [
        (answer(3000, 100, 100), 0),
        (answer(100, 100, 100, 1500, 0), 1),
        (answer(100, 100, 900, 100), 0),
        (answer(100, 1500, 1500, 1500, sounds_ms=1500), 0),
        (answer(100, 1900, sounds_ms=1000), 0),
    ],
)
def test_a_stall_is_far_longer_than_what_is_usual(exchange: Exchange, stalled: int) -> None:
    """Longer than a second, than its neighbours, and than what there was to hear; before the first sound it is none."""
    assert len(stalls_in(exchange)) == stalled


def test_the_median_is_usual() -> None:
    """Of paces a burst is the fastest; what is nothing is left out."""
    answers = [answer(400, 100, 100), answer(420, 100, 100), answer(2000, 1, 1)]
    answers[0].asked = [Asked(heard_ms=212), Asked()]
    assert usual_latency(answers) == {"first_audio_ms": 420, "pace": 2.0, "heard_ms": 210}
    assert usual_latency([answer(3, 1, 1)]) == {}


def test_a_turn_has_its_own_time_to_its_words() -> None:
    """If anything was said in it: a turn that waits for a function's output has none."""
    slow, output = answer(400), answer(400)
    slow.asked = [Asked(heard_ms=900)]
    output.asked = [Asked(heard_ms=900), Asked(output_of="f")]
    assert unusual(slow, {"first_audio_ms": 400.0, "heard_ms": 210.0}) == {"heard_ms": 900}
    assert latency_of(output) == {"first_audio_ms": 400}


def test_nothing_takes_longer_than_a_scenario_can_say() -> None:
    """Which is an hour."""
    assert latency_of(answer(4_000_000)) == {"first_audio_ms": 3_600_000}


def test_only_what_is_far_off_is_unusual() -> None:
    """An answer's own latency is written where it is."""
    usual = {"first_audio_ms": 400.0, "pace": 2.0}
    assert unusual(answer(440, 100, 100), usual) == {}
    assert unusual(answer(900, 200, 200), usual) == {"first_audio_ms": 900, "pace": 1.0}
    assert unusual(answer(390, 1, 1), usual) == {"pace": 0.0}
    assert unusual(answer(120, 10, kind=TEXT), {"first_audio_ms": 50.0}) == {}
