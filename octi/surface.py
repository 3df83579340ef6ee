"""What every HTTP answer says for the safety of whoever reads it, errors among them. Nothing says what octi is made of.

An answer that says one of these for itself keeps its own: a page that needs scripts brings its own policy. Pure.
"""

from collections.abc import Iterable

Lines = Iterable[tuple[bytes, bytes]]

ALWAYS: tuple[tuple[str, str], ...] = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    # Scripts of other origins that may read an answer are told so by CORS, which this does not touch.
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),  # whatever octi tells is somebody's
)
OVER_TLS = (("Strict-Transport-Security", "max-age=31536000"),)  # a year, for this host alone
SHOWN_CHARACTERS = 100


def surfaced(told: Lines, *, secure: bool = False) -> list[tuple[bytes, bytes]]:
    """An answer's headers, with what it does not say itself. secure: octi itself speaks TLS with who reads it."""
    own = list(told)
    names = {name.lower() for name, _ in own}
    added = ((name.lower().encode(), value.encode()) for name, value in (*ALWAYS, *(OVER_TLS if secure else ())))
    return [*own, *((name, value) for name, value in added if name not in names)]


def shown(said: str) -> str:
    """What somebody sent, as an answer may repeat it: short, in one line, and nothing that steers a terminal."""
    plain = "".join(each if each.isprintable() else "?" for each in said[:SHOWN_CHARACTERS])
    return plain if len(said) <= SHOWN_CHARACTERS else f"{plain}…"
