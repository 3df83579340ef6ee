"""The keys that the operator's own login signs with: as a secret of the settings, or fetched from where it says.

They are fetched when the first token comes, again when they have become old, and when a token names one that is not
among them: so a login may change its keys at any time. Whoever makes up names has them fetched once in ten seconds, and
no more. While the login does not answer, the older keys hold.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from math import inf
from typing import Any

import attrs
import httpx2
import msgspec
import structlog
import trio
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, RSAKey

from octi import __version__
from octi.access_config import AccessConfig
from octi.errors import LoginLost
from octi.guard.tokens import KeysFor, has_key, secret_key

log = structlog.get_logger("octi.http")

PATIENCE_S = 5.0  # for the login to answer, whole
AGAIN_S = 10.0  # between two fetches, whatever is asked
MOST_BYTES = 1 << 18
MOST_KEYS = 100
LEAST_RSA_BITS = 2048
PUBLIC = ("RSA", "EC", "OKP")
HEADERS = {"User-Agent": f"octi/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}


class NoKeys(Exception):
    """What a login publishes is not its keys; in octi's own words."""


class _Published(msgspec.Struct):
    keys: list[dict[str, Any]]


@attrs.define(eq=False)
class FetchedKeys:
    """A login's keys. `open_keys` makes it. One fetch at a time; who comes meanwhile waits for that one."""

    url: str
    lasting_s: float
    _http: httpx2.AsyncClient = attrs.field(repr=False)
    _keys: KeySet = attrs.field(factory=lambda: KeySet([]), init=False)
    _fetched_at: float = attrs.field(default=-inf, init=False)
    _tried_at: float = attrs.field(default=-inf, init=False)
    _fetching: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    async def __call__(self, named: str | None) -> KeySet:
        """The keys, as new as need be for one of a name. Raises LoginLost while none were ever had."""
        if self._is_due(named):
            async with self._fetching:
                if self._is_due(named):
                    await self._refresh()
        if not self._keys:
            raise LoginLost
        return self._keys

    def _is_due(self, named: str | None) -> bool:
        now = trio.current_time()
        if now - self._tried_at < AGAIN_S:
            return False
        return now - self._fetched_at >= self.lasting_s or not has_key(self._keys, named)

    async def _refresh(self) -> None:
        self._tried_at = trio.current_time()
        try:
            with trio.fail_after(PATIENCE_S):
                self._keys = keys_published(await self._fetched())
        except (httpx2.HTTPError, httpx2.InvalidURL, trio.TooSlowError, OSError, NoKeys) as error:
            why = str(error) if isinstance(error, NoKeys) else type(error).__name__  # others repeat what they were told
            log.warning("the login's keys could not be fetched", kept=len(self._keys.keys), why=why)
            return
        self._fetched_at = trio.current_time()

    async def _fetched(self) -> bytes:
        body = b""
        async with self._http.stream("GET", self.url, headers=HEADERS) as answer:
            answer.raise_for_status()
            async with aclosing(answer.aiter_bytes()) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise NoKeys(f"more than {MOST_BYTES} bytes")
        return body


def keys_published(body: bytes) -> KeySet:
    """A JWKS's public keys for signatures. What octi cannot use is passed over. Raises NoKeys if none is left."""
    try:
        said = msgspec.json.decode(body, type=_Published).keys[:MOST_KEYS]
    except (msgspec.DecodeError, RecursionError):
        raise NoKeys("it is no JWKS") from None
    found = [key for each in said if is_for_signatures(each) for key in readable(each)]
    if not found:
        raise NoKeys("there is no public key for signatures in it")
    return KeySet(found)


def is_for_signatures(said: Mapping[str, Any]) -> bool:
    """Is it a public key's, and not one for something else? A secret in a JWKS is one that everybody knows."""
    return said.get("kty") in PUBLIC and said.get("use") in {None, "sig"}


def readable(said: dict[str, Any]) -> Iterator[Key]:
    """The key, if it is one that can be used: of RSA, 2048 bits or more."""
    try:
        key = JWKRegistry.import_key(said)
    except (JoseError, ValueError, TypeError, LookupError):  # what a key that is none may do
        return
    if not isinstance(key, RSAKey) or key.raw_value.key_size >= LEAST_RSA_BITS:
        yield key


@asynccontextmanager
async def open_keys(access: AccessConfig, transport: httpx2.AsyncBaseTransport | None = None) -> AsyncIterator[KeysFor]:
    """The keys of the login whose tokens are taken, until the block ends. transport: instead of the network."""
    if access.jwt_secret:
        known = secret_key(access.jwt_secret)

        async def secret(named: str | None) -> KeySet:
            return known

        yield secret
    elif access.jwks_url:
        async with httpx2.AsyncClient(trust_env=False, transport=transport) as http:
            yield FetchedKeys(access.jwks_url, access.jwks_s, http)
    else:

        async def none(named: str | None) -> KeySet:
            return KeySet([])

        yield none
