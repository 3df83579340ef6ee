"""G.711 by tables, against the codes' own arithmetic."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as some

from octi.engine.g711 import ALL_SAMPLES, LAWS, alaw_code, alaw_sample, ulaw_code, ulaw_sample

CODES = bytes(range(256))


@pytest.mark.parametrize(
    ("kind", "sample_of", "code_of"),
    [("audio/pcmu", ulaw_sample, ulaw_code), ("audio/pcma", alaw_sample, alaw_code)],
)
def test_the_tables_are_what_the_arithmetic_says(kind: str, sample_of: object, code_of: object) -> None:
    """For every code and every sample."""
    assert callable(sample_of)
    assert callable(code_of)
    law = LAWS[kind]()
    assert list(array("h", law.decode(CODES))) == [sample_of(code) for code in CODES]
    assert law.encode(ALL_SAMPLES) == bytes(map(code_of, ALL_SAMPLES))


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("audio/pcmu", {0x00: -32124, 0x7F: 0, 0x80: 32124, 0xFF: 0, 0x8F: 16764}),
        ("audio/pcma", {0x55: -8, 0xD5: 8, 0x2A: -32256, 0xAA: 32256}),
    ],
)
def test_known_codes_mean_what_the_standard_says(kind: str, known: dict[int, int]) -> None:
    """Silence, the loudest, and one between."""
    samples = array("h", LAWS[kind]().decode(bytes(known)))
    assert list(samples) == list(known.values())


@pytest.mark.parametrize("kind", LAWS)
def test_what_was_decoded_is_encoded_as_it_was(kind: str) -> None:
    """But for mu-law's second zero."""
    law = LAWS[kind]()
    again = law.encode(array("h", law.decode(CODES)))
    assert [code for code in CODES if again[code] != code] == ([0x7F] if kind == "audio/pcmu" else [])


@given(some.binary(max_size=200))
def test_any_bytes_are_some_sound(noise: bytes) -> None:
    """Nothing is refused."""
    for law in LAWS.values():
        assert len(law().decode(noise)) == 2 * len(noise)


@given(some.integers(-32768, 32767))
def test_a_sample_comes_back_nearly_as_it_was(sample: int) -> None:
    """Within a step, which is at most a sixteenth of it."""
    for law in LAWS.values():
        (again,) = array("h", law().decode(law().encode([sample])))
        assert abs(again - sample) <= max(16, abs(sample) / 16)
