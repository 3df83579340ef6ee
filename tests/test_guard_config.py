"""The settings of who may do what."""

import pytest

from octi.config import read_config
from octi.errors import BadConfig


def test_the_file_of_rules_is_one_that_octi_can_read() -> None:
    """Without one there are none but the settings'."""
    assert read_config({}).guard.rules == ""
    assert read_config({"OCTI_RULES": "rules.toml"}).guard.rules == "rules.toml"
    with pytest.raises(BadConfig, match=r"OCTI_RULES='rules.toml': should be a file"):
        read_config({"OCTI_RULES": "rules.toml"}, can_read=lambda path: False)
