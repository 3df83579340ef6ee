"""Tokens of the operator's own login (JWTs): is one his, does it hold now, and who comes with it. Pure.

A token says itself how it is signed and by which key; neither is believed further than the settings go. Only their
algorithms are looked at, with keys of their kind alone: a public key is never taken for a secret. A key that comes in a
token's own header (`jwk`, `jku`, `x5c`) is not looked at.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet, OctKey

from octi.access_config import AccessConfig
from octi.guard.caller import JWT, Caller, Scope
from octi.guard.gate import NO_KEY, ReadToken, Refused
from octi.guard.keys import NAME, scopes_in

LONGEST = 8192  # bytes; a login's tokens have one or two thousand
LONGEST_USER = 256
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_NAME = re.compile(NAME)

Claims = Mapping[str, Any]
KeysFor = Callable[[str | None], Awaitable[KeySet]]  # a login's keys, fetched anew for one whose name is new


@attrs.frozen
class BadToken(Exception):
    """A token that opens nothing. `why` is for the log, and holds nothing of the token's own."""

    why: str


@attrs.frozen(kw_only=True)
class TokenRules:
    """Which tokens are taken, and what is read in them."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway_s: float = 30.0
    tenant_claim: str = ""  # "": all are of no tenant
    scope_claim: str = "scope"
    scopes: frozenset[Scope] = frozenset({Scope.MINT})  # of a token without that claim


def rules_of(access: AccessConfig) -> TokenRules:
    """The settings'."""
    return TokenRules(
        issuer=access.jwt_issuer,
        audience=access.jwt_audience,
        algorithms=access.signed_by,
        leeway_s=access.jwt_leeway_s,
        tenant_claim=access.jwt_tenant_claim,
        scope_claim=access.jwt_scope_claim,
        scopes=scopes_in(access.jwt_scopes),
    )


def reader_of(access: AccessConfig, keys_for: KeysFor) -> ReadToken:
    """What reads the tokens of the settings' login."""
    rules = rules_of(access)

    async def read(token: str, now: float, address: str) -> Caller:
        if not looks_like_token(token):
            raise Refused(NO_KEY)
        try:
            return caller_in(token, await keys_for(key_id(token)), rules, now, address)
        except BadToken as error:
            raise Refused(f"a token: {error.why}") from None

    return read


def secret_key(secret: str) -> KeySet:
    """A secret as the only key there is."""
    return KeySet([OctKey.import_key(secret)])


def looks_like_token(value: str) -> bool:
    """Is it meant as a token?"""
    return len(value) <= LONGEST and _TOKEN.fullmatch(value) is not None


def key_id(token: str) -> str | None:
    """The key that a token names; None if it names none. Raises BadToken for what is no token."""
    head = token.partition(".")[0]
    try:
        said = msgspec.json.decode(urlsafe_b64decode(head + "=" * (-len(head) % 4)), type=dict[str, Any])
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise BadToken("its header cannot be read") from None
    named = said.get("kid")
    if named is not None and not isinstance(named, str):
        raise BadToken("it names no key")
    return named


def has_key(keys: KeySet, named: str | None) -> bool:
    """Is there the key that a token names? One that names none is for the only key."""
    return len(keys.keys) == 1 if named is None else any(key.kid == named for key in keys.keys)


def caller_in(token: str, keys: KeySet, rules: TokenRules, now: float, address: str = "") -> Caller:
    """Who comes with a token. now: seconds since 1970. Raises BadToken."""
    if not looks_like_token(token):
        raise BadToken("it is no token")
    named = key_id(token)
    if named is None and len(keys.keys) != 1:
        raise BadToken("it names no key")
    try:
        decoded = jwt.decode(token, keys if named is not None else keys.keys[0], registry=Pinned(rules.algorithms))
        holding(rules, now).validate(decoded.claims)
    except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise BadToken(why_of(error)) from None
    return read_claims(decoded.claims, rules, address)


class Pinned(jws.JWSRegistry):
    """These algorithms and no others. joserfc warns of some, by the word of whoever sent a token: see there."""

    def __init__(self, algorithms: tuple[str, ...]) -> None:
        super().__init__(algorithms=list(algorithms), strict_check_header=False)  # logins add headers of their own
        self._pinned = algorithms

    def get_alg(self, name: str) -> Any:
        """See joserfc."""
        if name not in self._pinned:
            raise UnsupportedAlgorithmError("it is not one of those that are set")
        return self.algorithms[name]


def holding(rules: TokenRules, now: float) -> jwt.JWTClaimsRegistry:
    """What a token's claims must say to hold now."""
    return jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=int(rules.leeway_s),
        iss={"essential": True, "value": rules.issuer},
        aud={"essential": True, "value": rules.audience},
        exp={"essential": True},
        sub={"essential": True},
    )


def why_of(error: Exception) -> str:
    """What is wrong with a token, by its kind alone: an error's own words may repeat some of it."""
    claim = getattr(error, "claim", None)
    said = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    return f"{said}: {claim}" if isinstance(claim, str) else said


def read_claims(claims: Claims, rules: TokenRules, address: str) -> Caller:
    """Who a token that holds is for. Raises BadToken."""
    user, tenant = claims["sub"], found(claims, rules.tenant_claim) if rules.tenant_claim else ""
    if not 0 < len(user) <= LONGEST_USER or not user.isprintable():
        raise BadToken("its user has no name that can be kept")
    if not isinstance(tenant, str) or (rules.tenant_claim and not _NAME.fullmatch(tenant)):
        raise BadToken("it names no tenant")
    return Caller(tenant=tenant, key=JWT, user=user, address=address, scopes=scopes_of(claims, rules))


def scopes_of(claims: Claims, rules: TokenRules) -> frozenset[Scope]:
    """What its user may: of octi's scopes those that the claim grants, as a list or as words."""
    match found(claims, rules.scope_claim):
        case None:
            return rules.scopes
        case str(said):
            return scopes_in(said.split())
        case list(said):
            return scopes_in([each for each in said if isinstance(each, str)])
        case _:
            return frozenset()


def found(claims: Claims, path: str) -> object:
    """A claim by its name, or by names with dots between into objects; None if there is none."""
    if path in claims:
        return claims[path]
    value: object = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
