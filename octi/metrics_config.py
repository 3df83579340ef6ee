"""The settings of metrics; `octi.config` puts them with the others."""

import attrs

from octi.settings import setting, text


@attrs.frozen(kw_only=True)
class MetricsConfig:
    """What is counted, and at which prices."""

    prices: str = setting(
        "OCTI_PRICES",
        "A TOML file with what models cost, laid over the prices that octi knows; docs/operations.md shows one.",
        text,
    )
