"""Client secrets: how one is made, and how it is known again without being kept. Pure."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

PREFIX = "ek_"  # real clients look for it
SECRET_BYTES = 32

Random = Callable[[int], bytes]  # so many bytes that nobody can guess


def new_secret(random: Random) -> str:
    """A fresh secret, of letters that may stand in a header and in the name of a sub-protocol (protocol, trap 3)."""
    return PREFIX + urlsafe_b64encode(random(SECRET_BYTES)).decode().rstrip("=")


def digest(value: str) -> str:
    """What is kept of a secret: its SHA-256, in hex.

    A slow hash is for what people choose, which can be guessed. Nobody tries 2**256 secrets, however fast it is.
    """
    return hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def looks_like_secret(value: str) -> bool:
    """Is it meant as a client secret? Other keys are not ours to judge here."""
    return value.startswith(PREFIX)
