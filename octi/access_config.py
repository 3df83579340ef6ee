"""The settings of who may come in; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` makes attrs fields, but ruff only knows `attrs.field` by its name

import ipaddress
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

import attrs

from octi.settings import one_of, seconds, setting, text, web_address, word

BY_SECRET = ("HS256", "HS384", "HS512")  # who can check these can make them as well
BY_KEY_SET = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SHORTEST_SECRET = 32  # bytes: as many as the shortest of its hashes has
ANY_ORIGIN = "*"
KEYS_REMEDY = (
    "OCTI_API_KEYS (`octi keys new` makes one), or OCTI_JWKS_URL or OCTI_JWT_SECRET for your own login's tokens"
)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s,]+", re.IGNORECASE)


class Auth(StrEnum):
    """Is anybody asked who he is?"""

    AUTO = "auto"
    NONE = "none"


def names(said: str) -> tuple[str, ...]:
    """Words with commas or spaces between."""
    return tuple(each for each in re.split(r"[,\s]+", said) if each)


def algorithms(said: str) -> tuple[str, ...]:
    """Names of signatures that a token may have."""
    if not (found := names(said)) or not set(found) <= {*BY_SECRET, *BY_KEY_SET}:
        raise ValueError(f"of {', '.join((*BY_SECRET, *BY_KEY_SET))}, with commas between")
    return found


def origins(said: str) -> tuple[str, ...]:
    """Origins of web pages, with commas between; `*`: any."""
    found = [each.strip() for each in said.split(",") if each.strip()]
    if any(each != ANY_ORIGIN and not origin_of(each) for each in found):
        raise ValueError("origins as browsers send them, with commas between, such as https://app.example; * for any")
    return tuple(each if each == ANY_ORIGIN else origin_of(each) for each in found)


def origin_of(said: str) -> str:
    """An origin as browsers write it: small, and without the port that its scheme has anyway; "" if it is none."""
    if not _ORIGIN.fullmatch(said.strip()) or not host_in(said):
        return ""
    scheme, _, rest = said.strip().lower().partition("://")
    return f"{scheme}://{rest.removesuffix({'http': ':80', 'https': ':443'}.get(scheme, ' '))}"


def host_in(url: str) -> str:
    """The host that an address names, without its port; "" if it names none."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:  # brackets that do not close, a port that is none
        return ""


def is_here(name: str) -> bool:
    """Does a host's name or address mean the machine itself, wherever it is asked?"""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


@attrs.frozen(kw_only=True)
class AccessConfig:
    """Who may come in, and by what he shows it."""

    auth: Auth = setting(
        "OCTI_AUTH",
        "auto: who comes is asked for what is set below, and must be where HOST is no loopback address. "
        "none: nobody is asked, whoever reaches octi may use it.",
        one_of(Auth),
        "auto",
    )
    api_keys: str = setting(
        "OCTI_API_KEYS",
        "Keys of your servers, hashed, with commas or line ends between: NAME[@TENANT]:SCOPE+SCOPE:SHA256. "
        "`octi keys new NAME --scope mint` makes a key, and its line. Scopes: mint, sessions, operate.",
        text,
        secret=True,
    )
    jwks_url: str = setting(
        "OCTI_JWKS_URL",
        "Where your own login publishes the keys that its tokens (JWTs) are signed with (a JWKS).",
        web_address,
    )
    jwks_s: float = setting(
        "OCTI_JWKS_SECONDS", "How long those keys are used before they are fetched again.", seconds(86_400), "600"
    )
    jwt_secret: str = setting(
        "OCTI_JWT_SECRET",
        "The secret that your own login signs its tokens (JWTs) with, of 32 bytes or more; instead of OCTI_JWKS_URL.",
        text,
        secret=True,
    )
    jwt_issuer: str = setting("OCTI_JWT_ISSUER", "Whose tokens these are (claim iss). Needed with tokens.", word)
    jwt_audience: str = setting("OCTI_JWT_AUDIENCE", "Whom they are meant for (claim aud). Needed with tokens.", word)
    jwt_algorithms: tuple[str, ...] = setting(
        "OCTI_JWT_ALGORITHMS",
        "How they may be signed; others are refused, whatever a token says.",
        algorithms,
        otherwise="HS256 with OCTI_JWT_SECRET; RS256, ES256 and EdDSA with OCTI_JWKS_URL",
    )
    jwt_tenant_claim: str = setting(
        "OCTI_JWT_TENANT_CLAIM", "The claim that names its user's tenant, with dots into objects.", word,
        otherwise="none: all users are of no tenant",
    )  # fmt: skip
    jwt_scope_claim: str = setting(
        "OCTI_JWT_SCOPE_CLAIM",
        "The claim with what its user may: mint, sessions, operate, as a list or with spaces between.",
        word,
        "scope",
    )
    jwt_scopes: tuple[str, ...] = setting(
        "OCTI_JWT_SCOPES", "What the user of a token without that claim may, with commas between.", names, "mint"
    )
    jwt_leeway_s: float = setting(
        "OCTI_JWT_LEEWAY_SECONDS", "By how much the clocks of octi and your login may differ.", seconds(300), "30"
    )
    origins: tuple[str, ...] = setting(
        "OCTI_ORIGINS",
        "Web pages that may speak to octi, by their origin, with commas between: https://app.example; * for any.",
        origins,
        otherwise="octi's own; where HOST is a loopback address and nobody is asked, any of this machine",
    )

    @property
    def guarded(self) -> bool:
        """Is whoever comes asked who he is?"""
        return bool(self.api_keys or self.has_tokens)

    @property
    def has_tokens(self) -> bool:
        """Does a login of the operator's own vouch for users?"""
        return bool(self.jwks_url or self.jwt_secret)

    @property
    def signed_by(self) -> tuple[str, ...]:
        """How tokens may be signed."""
        return self.jwt_algorithms or (("HS256",) if self.jwt_secret else ("RS256", "ES256", "EdDSA"))


def broken_access_rules(said: Mapping[str, str], access: AccessConfig, host: str) -> Iterator[str]:
    """What is wrong between these settings, and with the address that octi listens on."""
    if not is_here(host) and not access.guarded and access.auth is Auth.AUTO:
        yield (
            f"HOST={host!r} is reached by others, and nobody is asked who he is: set {KEYS_REMEDY}; "
            "or OCTI_AUTH=none, if whoever reaches it may use it, and spend"
        )
    if access.auth is Auth.NONE and access.guarded:
        yield "OCTI_AUTH=none: should not be set beside OCTI_API_KEYS, OCTI_JWKS_URL or OCTI_JWT_SECRET"
    yield from broken_token_rules(said, access)
    if unknown := sorted({*access.jwt_scopes} - {"mint", "sessions", "operate"}):
        yield f"OCTI_JWT_SCOPES: {', '.join(unknown)} should be of mint, sessions, operate"


def broken_token_rules(said: Mapping[str, str], access: AccessConfig) -> Iterator[str]:
    """Each kind of key has its own algorithms: with both at once, one could be taken for the other."""
    if access.jwks_url and access.jwt_secret:
        yield "OCTI_JWT_SECRET: should not be set beside OCTI_JWKS_URL; a login signs with one of the two"
        return
    if access.jwks_url and not access.jwks_url.startswith("http"):
        yield "OCTI_JWKS_URL: should be an http(s):// address"
    if access.jwt_secret and len(access.jwt_secret.encode()) < SHORTEST_SECRET:
        yield f"OCTI_JWT_SECRET=***: should have {SHORTEST_SECRET} bytes or more, for what is shorter can be guessed"
    if access.has_tokens:
        fitting = BY_SECRET if access.jwt_secret else BY_KEY_SET
        if wrong := [each for each in access.signed_by if each not in fitting]:
            yield f"OCTI_JWT_ALGORITHMS: {', '.join(wrong)} should be of {', '.join(fitting)} with these keys"
        for name in ("OCTI_JWT_ISSUER", "OCTI_JWT_AUDIENCE"):
            if name not in said:
                yield f"{name} is not set: should be what your login's tokens say, else any of its tokens would do"
