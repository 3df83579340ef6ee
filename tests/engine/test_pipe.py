"""The codec between pool and worker."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.engine.pipe import (
    LENGTHS,
    MOST_BYTES,
    Failed,
    Garbled,
    Heard,
    Message,
    Missing,
    Packet,
    Ready,
    Recognise,
    Spoken,
    Synthesise,
    Unpacker,
    fits,
    pack,
)

JOBS = st.integers(min_value=0, max_value=2**63 - 1)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Recognise, JOBS),
    st.builds(Synthesise, JOBS, st.text(), st.text(), st.floats(allow_nan=False)),
    st.builds(Ready),
    st.builds(Missing, st.text(), st.text(), st.text()),
    st.builds(Heard, JOBS, st.text()),
    st.builds(Spoken, JOBS),
    st.builds(Failed, JOBS, st.text()),
)
PACKETS = st.lists(st.builds(Packet, MESSAGES, st.binary(max_size=100)))


@given(PACKETS, st.integers(min_value=1, max_value=40))
def test_packets_arrive_as_they_were_sent_however_they_are_cut(packets: list[Packet], size: int) -> None:
    """A pipe knows no packets, only bytes."""
    stream = b"".join(map(pack, packets))
    unpacker = Unpacker()
    arrived = [unpacker.feed(stream[at : at + size]) for at in range(0, len(stream), size)]
    assert [packet for some in arrived for packet in some] == packets


@pytest.mark.parametrize("stream", [b"\xff" * 8, LENGTHS.pack(MOST_BYTES, 1), LENGTHS.pack(1, 0) + b"\xc1"])
def test_what_is_no_packet_is_refused_at_once(stream: bytes) -> None:
    """Before much of it has been stored."""
    with pytest.raises(Garbled):
        Unpacker().feed(stream)


@given(st.binary())
def test_noise_never_raises_anything_else(noise: bytes) -> None:
    """Whatever comes, it is packets, or not yet, or Garbled."""
    with suppress(Garbled):
        Unpacker().feed(LENGTHS.pack(len(noise), 0) + noise)


def test_an_answer_fits_its_own_request_only() -> None:
    """By kind and by number; failing fits both kinds."""
    hear, speak = Recognise(1), Synthesise(1, "hello", "alloy", 1.0)
    assert all(fits(answer, hear) for answer in (Heard(1, ""), Failed(1, "")))
    assert all(fits(answer, speak) for answer in (Spoken(1), Failed(1, "")))
    assert not any(fits(answer, hear) for answer in (Heard(2, ""), Failed(2, ""), Spoken(1), Ready(), hear))
    assert not any(fits(answer, speak) for answer in (Spoken(2), Failed(2, ""), Heard(1, ""), Ready(), speak))
