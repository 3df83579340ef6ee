"""Who comes in, by the key or the token that he brings. What reads tokens is given: it is only loaded for a login."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import attrs

from octi.access_config import ANY_ORIGIN, AccessConfig, is_here
from octi.errors import BadSecret
from octi.guard.caller import ANYBODY, Caller
from octi.guard.keys import ServerKey, key_for
from octi.guard.origins import Origins

LONGEST = 8192  # of whatever somebody proves himself with
NOTHING = "you sent none; send one as `Authorization: Bearer …`"
SEVERAL = "send one, and once"
NO_KEY = "it is no key of a server here"

ReadToken = Callable[[str, float, str], Awaitable[Caller]]
"""Whose a token is. It gets the token, the time (seconds since 1970) and an address. Raises Refused."""


@attrs.frozen
class Refused(Exception):
    """What somebody brought opens nothing. `why` is for the log alone, and holds nothing of what he brought."""

    why: str


@attrs.frozen(kw_only=True)
class Gate:
    """What the settings say about who comes in. Without any: everybody."""

    guarded: bool = False  # whoever comes is asked who he is
    keys: Sequence[ServerKey] = attrs.field(default=(), repr=False)
    tokens: ReadToken | None = attrs.field(default=None, repr=False)  # of the operator's own login
    origins: Origins = attrs.field(factory=lambda: Origins(loopback=True, strict=True))

    async def identify(self, brought: str, address: str, now: float) -> Caller:
        """Whose a key or a token is. now: seconds since 1970. Raises Refused."""
        if not self.guarded:
            return attrs.evolve(ANYBODY, address=address)
        if (key := key_for(brought, self.keys)) is not None:
            return key.caller(address)
        if self.tokens is None:
            raise Refused(NO_KEY)
        return await self.tokens(brought, now, address)


def gate_of(access: AccessConfig, host: str, keys: Sequence[ServerKey], tokens: ReadToken | None = None) -> Gate:
    """The settings' gate. host: where octi listens. tokens: reads those of the login, if there is one."""
    return Gate(
        guarded=access.guarded,
        keys=keys,
        tokens=tokens,
        origins=Origins(
            listed=frozenset(access.origins) - {ANY_ORIGIN},
            any=ANY_ORIGIN in access.origins,
            loopback=not access.guarded and is_here(host) and not access.origins,
            strict=not access.guarded,
        ),
    )


def brought_in(authorization: Iterable[str]) -> str | None:
    """What is brought by the headers of that name; None: nothing. Raises BadSecret for what is not told clearly.

    Two could mean one thing to a proxy and another one here.
    """
    lines = [each.strip() for each in authorization]
    if not any(lines):
        return None
    if len(lines) > 1:
        raise BadSecret(SEVERAL)
    scheme, _, value = lines[0].partition(" ")
    if scheme.lower() != "bearer" or not value or len(value) > LONGEST or not _is_plain(value):
        raise BadSecret("it should come as `Authorization: Bearer …`, of visible characters")
    return value


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value
