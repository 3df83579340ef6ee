"""The settings of who may talk, say and spend; `octi.config` puts them with the others."""

import attrs

from octi.settings import setting, text


@attrs.frozen(kw_only=True)
class GuardConfig:
    """Who may do what."""

    rules: str = setting(
        "OCTI_RULES",
        "File with what each tenant and key may say, do at once and spend (TOML, see docs/security.md).",
        text,
        otherwise="what the settings say, for everybody",
    )
