"""octi/metrics_config.py: the settings of metrics."""

from octi.config import read_config


def test_prices_are_octis_own_unless_a_file_is_named() -> None:
    """The path is taken as it is, without the space around it."""
    assert read_config({}).metrics.prices == ""
    assert read_config({"OCTI_PRICES": " /etc/octi/prices.toml "}).metrics.prices == "/etc/octi/prices.toml"
