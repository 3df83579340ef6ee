"""The settings of redaction; `octi.config` puts them with the others."""

from enum import StrEnum

import attrs

from octi.settings import setting, text


class Redacted(StrEnum):
    """What octi recognises by itself. CARD and IBAN: only with the right check digits."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"


def kinds(said: str) -> tuple[Redacted, ...]:
    """Names with commas between them."""
    try:
        return tuple(Redacted(name.strip().lower()) for name in said.split(",") if name.strip())
    except ValueError:
        raise ValueError(f"some of {', '.join(Redacted)}, with commas between them") from None


@attrs.frozen(kw_only=True)
class RedactConfig:
    """What is taken out of rows before they are stored."""

    kinds: tuple[Redacted, ...] | str = setting(
        "OCTI_REDACT",
        "What is replaced, as by [email], in all that is said before it is stored: email, phone, card, iban, with "
        "commas between them.",
        kinds,
    )
    file: str = setting(
        "OCTI_REDACT_FILE", 'A TOML file with more to replace, a line each: name = "regular expression".', text
    )
