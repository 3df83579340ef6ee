"""The settings of what may be spent; `octi.config` puts them with the others."""

import re
from typing import Any

import attrs

from octi.settings import Parse, setting, whole

LONGEST_TEXT = 2000
OFF = "any amount"
OWN_WORDS = "octi's own words, in French where the session's language is French, else in English"


def money(said: str) -> str:
    """An amount, as exact as it is written."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said := said.strip()):
        raise ValueError("an amount such as 5 or 0.25, without a currency: that is the price table's")
    return said


def share(said: str) -> str:
    """A part of a whole."""
    if not re.fullmatch(r"0(\.[0-9]{1,4})?|1(\.0{1,4})?", said := said.strip()):
        raise ValueError("a share from 0 to 1, such as 0.9")
    return said


def words(said: str) -> str:
    """Some sentences."""
    if len(said := said.strip()) > LONGEST_TEXT:
        raise ValueError(f"at most {LONGEST_TEXT} characters")
    return said


def budget(name: str, meaning: str, parse: Parse) -> Any:
    """A budget, off unless it is set."""
    return setting(name, meaning, parse, otherwise=OFF)


MOST = 10**12


@attrs.frozen(kw_only=True)
class BudgetConfig:
    """What everybody may spend whom the file of rules does not name. "" or 0: any amount. A day is one of UTC."""

    session: str = budget("OCTI_BUDGET_SESSION", "What a session may cost, in the price table's currency.", money)
    user_day: str = budget("OCTI_BUDGET_USER_DAY", "What each user's sessions may cost in a day (UTC).", money)
    tenant_day: str = budget("OCTI_BUDGET_TENANT_DAY", "What each tenant's sessions may cost in a day (UTC).", money)
    day: str = budget("OCTI_BUDGET_DAY", "What all sessions on this store may cost in a day (UTC).", money)
    audio_user_day: int = budget(
        "OCTI_AUDIO_SECONDS_USER_DAY",
        "Audio that each user may have in a day (UTC): what is sent and what is spoken.",
        whole(0, MOST),
    )
    audio_tenant_day: int = budget("OCTI_AUDIO_SECONDS_TENANT_DAY", "The same for each tenant.", whole(0, MOST))
    audio_day: int = budget("OCTI_AUDIO_SECONDS_DAY", "The same for all sessions on this store.", whole(0, MOST))
    tokens_user_day: int = budget(
        "OCTI_TOKENS_USER_DAY", "Tokens that each user's sessions may take in a day (UTC).", whole(0, MOST)
    )
    tokens_tenant_day: int = budget("OCTI_TOKENS_TENANT_DAY", "The same for each tenant.", whole(0, MOST))
    tokens_day: int = budget("OCTI_TOKENS_DAY", "The same for all sessions on this store.", whole(0, MOST))
    warn_at: str = setting(
        "OCTI_BUDGET_WARN_AT",
        "The share of a budget at which the agent says that it comes to its end; 1: never.",
        share,
        "0.9",
    )
    warning: str = setting(
        "OCTI_BUDGET_WARNING", "What the agent is told to say then, as an instruction.", words, otherwise=OWN_WORDS
    )
    goodbye: str = setting(
        "OCTI_BUDGET_GOODBYE",
        "What it is told to say when the budget holds no further answer but a last one.",
        words,
        otherwise=OWN_WORDS,
    )
    away_answers: int = setting(
        "OCTI_BUDGET_AWAY_ANSWERS",
        "How many answers a session with a budget may have while what they cost cannot be stored; then it ends.",
        whole(0, 1_000_000),
        "3",
    )
