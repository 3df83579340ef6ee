"""What can be set of logs, and what is said of a setting that cannot be."""

import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.log_config import LogConfig, LogLevel, LogPart


def test_parts_have_levels_of_their_own() -> None:
    """Capitals, spaces and a comma too many do not matter; of two the last holds."""
    config = read_config({"OCTI_LOG_LEVELS": " Store = DEBUG, http=warning,http=error,"}).log
    assert config.by_part == {LogPart.STORE: LogLevel.DEBUG, LogPart.HTTP: LogLevel.ERROR}


def test_without_any_no_part_has() -> None:
    """And what is said is not logged."""
    assert LogConfig().by_part == {}
    assert not LogConfig().transcripts


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("stores=debug", "should be PART=LEVEL with commas between, such as store=debug; parts are cassette, "),
        ("debug", "should be PART=LEVEL with commas between, such as store=debug; parts are cassette, "),
        ("store", "should be PART=LEVEL with commas between; levels are debug, info, warning, error"),
        ("store=loud", "should be PART=LEVEL with commas between; levels are debug, info, warning, error"),
        ("store=debug=info", "should be PART=LEVEL with commas between; levels are debug, info, warning, error"),
    ],
)
def test_an_unknown_part_or_level_is_a_mistake(said: str, right: str) -> None:
    """With what there is."""
    with pytest.raises(BadConfig) as caught:
        read_config({"OCTI_LOG_LEVELS": said})
    (problem,) = caught.value.problems
    assert problem.startswith(f"OCTI_LOG_LEVELS='{said}': {right}")
