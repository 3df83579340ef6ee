"""octi/limit_config.py: what may be set, and what holds where nothing is."""

import attrs
import pytest

from octi.config import read_config
from octi.errors import BadConfig
from octi.limit_config import DEFAULTS, LimitConfig

FIELDS = [field.name for field in attrs.fields(LimitConfig)]


def test_every_setting_has_a_default() -> None:
    names = [field.metadata["setting"].name for field in attrs.fields(LimitConfig)]
    assert names == list(DEFAULTS)


@pytest.mark.parametrize("field", FIELDS)
def test_on_loopback_without_keys_nothing_is_limited_unasked(field: str) -> None:
    """What is said counts, here as there."""
    assert LimitConfig().of(field, exposed=False) == 0
    assert LimitConfig(**{field: 3}).of(field, exposed=False) == 3


@pytest.mark.parametrize("field", FIELDS)
def test_where_others_may_come_there_are_limits_until_somebody_lifts_them(field: str) -> None:
    """With 0."""
    assert LimitConfig().of(field, exposed=True) == list(DEFAULTS.values())[FIELDS.index(field)] > 0
    assert LimitConfig(**{field: 0}).of(field, exposed=True) == 0


def test_settings_are_read_as_numbers() -> None:
    assert read_config({"OCTI_ADDRESS_SESSIONS": "7"}).client_limits.address_sessions == 7
    with pytest.raises(BadConfig, match="OCTI_IDLE_SECONDS='never': should be a whole number"):
        read_config({"OCTI_IDLE_SECONDS": "never"})
