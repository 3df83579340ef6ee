"""A login of one's own, for tests: its keys, and tokens by them."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import attrs
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from octi.guard.tokens import Pinned

NOW = 1_000_000.0
ISSUER, AUDIENCE = "https://login.example", "octi"
SECRET = "a secret of thirty-two bytes or more"
CLAIMS: Mapping[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "exp": NOW + 300, "iat": NOW}
ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA")


def rsa(kid: str = "rsa") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def elliptic(kid: str = "ec") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def edwards(kid: str = "ed") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})


@attrs.frozen
class Login:
    """Who signs."""

    keys: tuple[Key, ...]

    @property
    def public(self) -> KeySet:
        return KeySet([type(key).import_key(key.as_dict(private=False)) for key in self.keys])

    @property
    def published(self) -> bytes:
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()


def signed(key: Key, algorithm: str, claims: Mapping[str, Any] = CLAIMS, **header: Any) -> str:
    """A token as a login makes it."""
    names = {"kid": key.kid} if key.kid else {}
    head = {"alg": algorithm, **names, **header}
    registry = Pinned(ALGORITHMS)
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None}, dict(claims), key, registry=registry
    )


def by_secret(algorithm: str = "HS256", claims: Mapping[str, Any] = CLAIMS, secret: str = SECRET, **header: Any) -> str:
    return signed(OctKey.import_key(secret), algorithm, claims, **header)


def part(value: object) -> str:
    """A part of a token, by hand."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(algorithm: str, claims: Mapping[str, Any] = CLAIMS, **header: Any) -> str:
    """A token that says how it is signed, and is not."""
    return f"{part({'alg': algorithm, **header})}.{part(dict(claims))}."
