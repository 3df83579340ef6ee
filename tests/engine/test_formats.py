"""The wire's formats."""

import pytest

from octi.engine.formats import PCM, SHOWN, SPELLED, open_inlet, open_outlet
from octi.realtime.audio import BYTES_PER_MS
from octi.units import pcm_bytes
from tests.engine.wire import audio_format


def test_every_format_is_shown_as_clients_know_it() -> None:
    """And is measured."""
    assert SHOWN.keys() == SPELLED.keys() == BYTES_PER_MS.keys()
    for shown in SHOWN.values():
        audio_format(shown)


@pytest.mark.parametrize("kind", SHOWN)
def test_a_format_is_as_long_as_its_bytes_say(kind: str) -> None:
    """Both ways, for a hundred milliseconds."""
    assert len(open_inlet(kind)(bytes(100 * BYTES_PER_MS[kind]))) == pcm_bytes(100)
    assert len(open_outlet(kind)(bytes(pcm_bytes(100)))) == 100 * BYTES_PER_MS[kind]


def test_the_engines_own_format_passes_as_it_is() -> None:
    """Byte for byte."""
    assert open_inlet(PCM)(b"ab") == open_outlet(PCM)(b"ab") == b"ab"


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_no_sample_is_lost_between_pieces(kind: str) -> None:
    """A piece that makes no whole byte waits for the next."""
    outlet = open_outlet(kind)
    sizes = [len(outlet(bytes(2 * samples))) for samples in (1, 1, 1, 2, 4)]
    assert sizes == [0, 0, 1, 0, 2]
