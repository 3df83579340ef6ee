"""octi/pricing/portions.py: each token counted once, in the class it is billed in."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.pricing.portions import (
    AUDIO,
    INPUT,
    MODALITIES,
    OUTPUT,
    TEXT,
    UNKNOWN,
    Portion,
    portions_of,
    seconds_of,
)

# As the Realtime API told it to somebody who asked in a forum what it means.
PUBLISHED = {
    "total_tokens": 821,
    "input_tokens": 789,
    "output_tokens": 32,
    "input_token_details": {
        "text_tokens": 313,
        "audio_tokens": 476,
        "cached_tokens": 640,
        "cached_tokens_details": {"text_tokens": 256, "audio_tokens": 384},
    },
    "output_token_details": {"text_tokens": 9, "audio_tokens": 23},
}
TRANSCRIPTION = {
    "total_tokens": 40,
    "input_tokens": 27,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 27},
    "output_tokens": 13,
}

counts = st.integers(0, 10_000)


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    """A count as a provider tells it, in which the parts add up to the totals."""
    inputs = {modality: draw(counts) for modality in MODALITIES}
    cached = {modality: draw(st.integers(0, count)) for modality, count in inputs.items()}
    outputs = {modality: draw(counts) for modality in (TEXT, AUDIO)}
    return {
        "input_tokens": sum(inputs.values()),
        "output_tokens": sum(outputs.values()),
        "input_token_details": {
            **{f"{modality}_tokens": count for modality, count in inputs.items()},
            "cached_tokens": sum(cached.values()),
            "cached_tokens_details": {f"{modality}_tokens": count for modality, count in cached.items()},
        },
        "output_token_details": {f"{modality}_tokens": count for modality, count in outputs.items()},
    }


def tokens(portions: list[Portion], direction: str, **about: Any) -> int:
    """How many there are that fit."""
    return sum(
        portion.tokens
        for portion in portions
        if portion.direction == direction and all(getattr(portion, name) == value for name, value in about.items())
    )


def test_a_published_count_comes_apart() -> None:
    """What is cached is taken from what came in, and not added to it."""
    assert portions_of(PUBLISHED) == [
        Portion(INPUT, TEXT, False, 57),
        Portion(INPUT, AUDIO, False, 92),
        Portion(INPUT, TEXT, True, 256),
        Portion(INPUT, AUDIO, True, 384),
        Portion(OUTPUT, TEXT, False, 9),
        Portion(OUTPUT, AUDIO, False, 23),
    ]


def test_what_comes_out_of_a_transcription_is_text() -> None:
    """Its count does not say so; of a response's that would not be known."""
    assert portions_of(TRANSCRIPTION, written=True)[-1] == Portion(OUTPUT, TEXT, False, 13)
    assert portions_of(TRANSCRIPTION)[-1] == Portion(OUTPUT, UNKNOWN, False, 13)


@pytest.mark.slow
@given(told())
def test_the_sums_agree_with_the_providers_totals(usage: dict[str, Any]) -> None:
    """In each direction, of what is cached and of each modality; and no portion is empty."""
    portions, details = portions_of(usage), usage["input_token_details"]
    assert tokens(portions, INPUT) == usage["input_tokens"]
    assert tokens(portions, OUTPUT) == usage["output_tokens"]
    assert tokens(portions, INPUT, cached=True) == details["cached_tokens"]
    for modality in MODALITIES:
        assert tokens(portions, INPUT, modality=modality) == details[f"{modality}_tokens"]
        cached = tokens(portions, INPUT, modality=modality, cached=True)
        assert cached == details["cached_tokens_details"][f"{modality}_tokens"]
    assert all(portion.tokens > 0 for portion in portions)
    assert len({portion[:3] for portion in portions}) == len(portions)


@pytest.mark.slow
@given(told(), st.sampled_from(["cached_tokens_details", "text_tokens", "audio_tokens", "all"]))
def test_what_is_not_broken_down_is_still_counted_once(usage: dict[str, Any], left_out: str) -> None:
    """A provider that leaves details out: the totals hold, and cached tokens stay cached."""
    details = usage["input_token_details"]
    cached = details["cached_tokens"]
    if left_out == "all":
        details.clear()
        details["cached_tokens"] = cached
    else:
        del details[left_out]
    portions = portions_of(usage)
    assert tokens(portions, INPUT) == usage["input_tokens"]
    assert tokens(portions, INPUT, cached=True) == cached


numbers = st.integers(-5, 100) | st.none() | st.text(max_size=2) | st.booleans() | st.floats()
names = ["input_tokens", "output_tokens", "text_tokens", "audio_tokens", "image_tokens", "cached_tokens", "seconds"]
nested = ["input_token_details", "output_token_details", "cached_tokens_details", "input_tokens_details"]


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.recursive(
        st.dictionaries(st.sampled_from(names), numbers),
        lambda inner: st.dictionaries(st.sampled_from(names + nested), inner | numbers),
        max_leaves=12,
    )
)
def test_no_count_is_too_odd(usage: dict[str, Any]) -> None:
    """Whatever a provider says, nothing is below zero, and nothing is less than its parts."""
    portions = portions_of(usage)
    assert all(portion.tokens > 0 for portion in portions)
    total = usage.get("input_tokens")
    if isinstance(total, int) and not isinstance(total, bool):
        assert tokens(portions, INPUT) >= total
    assert seconds_of(usage) >= 0


def test_the_responses_apis_names_are_known_as_well() -> None:
    """It has `tokens_details` where the Realtime API has `token_details`."""
    usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}}
    assert portions_of(usage) == [Portion(INPUT, UNKNOWN, False, 6), Portion(INPUT, UNKNOWN, True, 4)]


@pytest.mark.parametrize(
    ("usage", "seconds"),
    [
        ({"seconds": 2.5}, Decimal("2.5")),
        ({"seconds": 3}, Decimal(3)),
        ({"seconds": 2.5, "input_tokens": 1}, Decimal(0)),
        ({"seconds": -1}, Decimal(0)),
        ({"seconds": True}, Decimal(0)),
        ({"seconds": float("nan")}, Decimal(0)),
        ({}, Decimal(0)),
    ],
)
def test_audio_is_billed_by_its_length_where_no_tokens_are(usage: dict[str, Any], seconds: Decimal) -> None:
    """Never by both."""
    assert seconds_of(usage) == seconds
