"""The settings of how much clients may do at once and how often; `octi.config` puts them with the others.

They hold for whoever comes without a server key of his own: for those rules say it (OCTI_RULES, `[key.NAME.limits]`).
"""

from collections.abc import Mapping
from typing import Any

import attrs

from octi.settings import setting, whole

# What holds where others than whoever sits at this computer may come, or where they are asked who they are. No honest
# client should ever meet one of these.
DEFAULTS: Mapping[str, int] = {
    # One IPv4 address may be a school, an office, or a street behind a carrier's NAT: a few dozen of them talk at once.
    "OCTI_ADDRESS_SESSIONS": 100,
    # All of them come back at once when octi restarts, and then now and then: two a second may go on for ever.
    "OCTI_ADDRESS_NEW_SESSIONS": 120,
    # Each session takes some three requests (made, renewed, its profile); a page that is reloaded takes them again.
    "OCTI_ADDRESS_REQUESTS": 600,
    # One person has one mouth; a telephone, a desktop and what is left of a page that was reloaded are three.
    "OCTI_USER_SESSIONS": 5,
    "OCTI_USER_NEW_SESSIONS": 30,
    # Audio comes in pieces of 20 ms (50 a second), of 10 ms (100), or, from a page that sends each quantum of an audio
    # worklet on (128 samples), 187 a second at 24 kHz and 375 at 48 kHz. The burst is 20 s of this, 10 000: at 50 a
    # second what waited through a stall of more than three minutes.
    "OCTI_CLIENT_MESSAGES": 500,
    # Speech as the Realtime API wants it is 48 kB/s, 64 as base64, some 70 with its JSON: this is 14 times as much. The
    # burst is 64 s of this, 64 MB: four messages of 15 MB, as the official clients send them at most, or a quarter of
    # an hour of recorded speech at once. What is more than that only takes longer.
    "OCTI_CLIENT_BYTES": 1_000_000,
    # Refused twice a second for a minute a client is broken, or looks for holes. What a healthy one is refused are
    # races, such as to cut off an answer that is just over: one or two in a turn.
    "OCTI_CLIENT_BAD_MESSAGES": 120,
    # Nobody thinks about an answer for ten minutes; a microphone that was forgotten costs money all the while.
    "OCTI_IDLE_SECONDS": 600,
}


def _limit(name: str, meaning: str, most: int = 10**10) -> Any:
    unset = f"{DEFAULTS[name]}; without limit where HOST is a loopback address and nobody is asked who he is"
    return setting(name, meaning, whole(0, most), otherwise=unset)


@attrs.frozen(kw_only=True)
class LimitConfig:
    """How much and how often. 0: without limit."""

    address_sessions: int | None = _limit(
        "OCTI_ADDRESS_SESSIONS",
        "How many sessions one address (of IPv6: a network of 64 bits) may have at once; more are refused with 429. "
        "0, here and below: without limit.",
    )
    address_new: int | None = _limit(
        "OCTI_ADDRESS_NEW_SESSIONS", "How many sessions one address may begin in a minute."
    )
    address_requests: int | None = _limit(
        "OCTI_ADDRESS_REQUESTS", "How many HTTP requests that make or cost something one address may send in a minute."
    )
    user_sessions: int | None = _limit(
        "OCTI_USER_SESSIONS", "How many sessions one user of your own login may have at once."
    )
    user_new: int | None = _limit("OCTI_USER_NEW_SESSIONS", "How many sessions one user may begin in a minute.")
    messages: int | None = _limit(
        "OCTI_CLIENT_MESSAGES",
        "How many messages a second a session's client may send, with 20 s of them at once; others have to wait.",
    )
    bytes: int | None = _limit(
        "OCTI_CLIENT_BYTES",
        "How many bytes a second a session's client may send, with 64 s of them at once; others have to wait.",
    )
    bad_messages: int | None = _limit(
        "OCTI_CLIENT_BAD_MESSAGES",
        "How many messages that are answered by an error a session's client may send in a minute; more end it.",
    )
    idle_s: int | None = _limit(
        "OCTI_IDLE_SECONDS", "How long a session's user may say not a word, in seconds; noise is none.", 86_400
    )

    def of(self, field: str, *, exposed: bool) -> int:
        """What holds by one of these. exposed: may others come, or are they asked who they are?"""
        said: object = getattr(self, field)  # "" where nothing is said
        if isinstance(said, int):
            return said
        name: str = attrs.fields_dict(LimitConfig)[field].metadata["setting"].name
        return DEFAULTS[name] if exposed else 0
