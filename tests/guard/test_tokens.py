"""Tokens of the operator's own login."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import attrs
import pytest
from joserfc.jwk import KeySet

from octi.config import read_config
from octi.guard.caller import Caller, Scope
from octi.guard.tokens import BadToken, TokenRules, caller_in, key_id, rules_of, secret_key
from tests.guard.tokens import (
    AUDIENCE,
    CLAIMS,
    ISSUER,
    NOW,
    SECRET,
    Login,
    by_secret,
    edwards,
    elliptic,
    part,
    rsa,
    signed,
    unsigned,
)

BY_KEYS = TokenRules(issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256", "ES256", "EdDSA"))
BY_SECRET = attrs.evolve(BY_KEYS, algorithms=("HS256",))
RSA, EC, ED, STRANGERS = rsa(), elliptic(), edwards(), rsa()
LOGIN = Login((RSA, EC, ED))


def came(token: str, rules: TokenRules = BY_SECRET, keys: KeySet | None = None, now: float = NOW) -> Caller:
    return caller_in(token, keys or secret_key(SECRET), rules, now, "192.0.2.1")


def refused(token: str, rules: TokenRules = BY_SECRET, keys: KeySet | None = None, now: float = NOW) -> str:
    with pytest.raises(BadToken) as caught:
        came(token, rules, keys, now)
    assert "ana" not in caught.value.why
    return caught.value.why


# Taken


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
def test_a_token_by_one_of_the_logins_keys_names_its_user(key: Any, algorithm: str) -> None:
    """Who may have secrets made, and nothing else, unless it says so."""
    caller = came(signed(key, algorithm), BY_KEYS, LOGIN.public)
    assert caller == Caller(key="jwt", user="ana", address="192.0.2.1", scopes=frozenset({Scope.MINT}))


def test_a_token_by_the_shared_secret_does_so_too() -> None:
    assert came(by_secret()).user == "ana"


def test_a_token_without_a_keys_name_is_for_the_only_key() -> None:
    """With several nobody guesses."""
    assert came(signed(RSA, "RS256", kid=None), BY_KEYS, Login((RSA,)).public).user == "ana"
    assert "names no key" in refused(signed(RSA, "RS256", kid=None), BY_KEYS, LOGIN.public)


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        ("mint sessions", {Scope.MINT, Scope.SESSIONS}),
        (["operate", "email", 7], {Scope.OPERATE}),
        ("openid email", set()),
        ("", set()),
        ({"mint": True}, set()),
        (7, set()),
    ],
)
def test_what_a_token_grants_it_says_in_its_scopes(said: object, scopes: set[Scope]) -> None:
    """As words or as a list; whatever else a login grants is no affair of octi's."""
    assert came(by_secret(claims={**CLAIMS, "scope": said})).scopes == scopes


def test_a_users_tenant_stands_in_the_claim_that_is_set() -> None:
    """With dots into objects; a name with dots in it is found as it is."""
    found: dict[str, dict[str, object]]
    found = {"org": {"org": "acme"}, "app.org": {"app": {"org": "acme"}}, "a.b": {"a.b": "acme"}}
    for path, claims in found.items():
        rules = attrs.evolve(BY_SECRET, tenant_claim=path)
        assert came(by_secret(claims={**CLAIMS, **claims}), rules).tenant == "acme"


@pytest.mark.parametrize("said", [None, "", 7, ["acme"], "a b", "a" * 65, "../x", "acme\n"])
def test_where_there_are_tenants_a_token_without_one_is_refused(said: object) -> None:
    """Else its user would be the operator's own."""
    rules = attrs.evolve(BY_SECRET, tenant_claim="org")
    assert "tenant" in refused(by_secret(claims={**CLAIMS, "org": said}), rules)


# When it holds


def test_a_token_holds_until_it_expires() -> None:
    """And half a minute longer, for clocks differ."""
    assert came(by_secret(), now=NOW + 329).user == "ana"
    assert "expired" in refused(by_secret(), now=NOW + 331)


@pytest.mark.parametrize("name", ["exp", "iss", "aud", "sub"])
def test_a_token_must_say_whose_and_until_when_it_is(name: str) -> None:
    assert refused(by_secret(claims={each: value for each, value in CLAIMS.items() if each != name}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.example/"},
        {"iss": "https://other.example"},
        {"iss": [ISSUER]},
        {"aud": "another"},
        {"aud": []},
        {"aud": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 257},
        {"sub": "a\nb"},
        {"exp": "soon"},
        {"exp": None},
        {"exp": True},
        {"nbf": NOW + 31},
        {"iat": NOW + 31},
    ],
)
def test_a_token_that_says_something_else_is_refused(claims: dict[str, object]) -> None:
    assert refused(by_secret(claims={**CLAIMS, **claims}))


def test_a_token_may_be_meant_for_others_too() -> None:
    assert came(by_secret(claims={**CLAIMS, "aud": ["another", AUDIENCE]})).user == "ana"


# How it is signed


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS256"])
def test_a_token_that_nobody_signed_is_refused(algorithm: str) -> None:
    """Whatever it calls that."""
    assert refused(unsigned(algorithm))
    assert refused(unsigned(algorithm, kid="rsa"), BY_KEYS, LOGIN.public)


def test_a_public_key_is_no_secret() -> None:
    """Whoever signs with it as one, which everybody could, is refused: in whatever form he takes it."""
    public = RSA.as_pem(private=False)
    for secret in (public, public.strip(), json.dumps(RSA.as_dict(private=False)).encode(), RSA.as_der(private=False)):
        body = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{part(CLAIMS)}"
        sign = urlsafe_b64encode(hmac.digest(secret, body.encode(), hashlib.sha256)).decode().rstrip("=")
        assert refused(f"{body}.{sign}", BY_KEYS, LOGIN.public)
        both = attrs.evolve(BY_KEYS, algorithms=("RS256", "HS256"))  # which no settings allow
        assert refused(f"{body}.{sign}", both, LOGIN.public)


def test_an_algorithm_that_is_not_set_is_refused() -> None:
    """Also one that is as good."""
    assert refused(by_secret("HS512"))
    assert refused(signed(RSA, "PS256"), BY_KEYS, LOGIN.public)


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(EC, "ES256", "rsa"), (RSA, "RS256", "ec"), (ED, "EdDSA", "rsa")]
)
def test_a_key_of_another_kind_than_the_one_it_names_is_refused(key: Any, algorithm: str, kid: str) -> None:
    assert refused(signed(key, algorithm, kid=kid), BY_KEYS, LOGIN.public)


@pytest.mark.parametrize("kid", ["nobody", "", "../../etc/passwd", "rsa' OR '1'='1", 7, {"a": 1}, ["rsa"]])
def test_a_key_that_there_is_not_is_refused(kid: object) -> None:
    """A name is compared, and nothing else is done with it."""
    body = signed(STRANGERS, "RS256").split(".")
    assert refused(".".join([part({"alg": "RS256", "kid": kid}), *body[1:]]), BY_KEYS, LOGIN.public)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_a_token_brings_itself_is_not_used(name: str) -> None:
    """Nor fetched from where it says."""
    brought: dict[str, Any] = {
        "jwk": STRANGERS.as_dict(private=False),
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
        "x5c": ["MIIB"],
    }
    for kid in ("rsa", "stranger", None):
        assert refused(signed(STRANGERS, "RS256", kid=kid, **{name: brought[name]}), BY_KEYS, LOGIN.public)


def test_a_claim_changed_behind_the_signature_is_refused() -> None:
    head, _, sign = by_secret().split(".")
    assert refused(f"{head}.{part({**CLAIMS, 'sub': 'root'})}.{sign}")


def by_hand(header: object, claims: object) -> str:
    """A token with the secret's signature, whatever is in it."""
    body = f"{part(header)}.{part(claims)}"
    sign = hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256)
    return f"{body}.{urlsafe_b64encode(sign).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}, {"crit": "alg"}, {"crit": ["x"]}],
)
def test_a_header_that_changes_what_a_token_means_is_refused(header: dict[str, object]) -> None:
    """One that only tells something more is passed over."""
    assert came(by_hand({"alg": "HS256", "client": "web"}, dict(CLAIMS))).user == "ana"
    assert refused(by_hand({"alg": "HS256", **header}, dict(CLAIMS)))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a.b.c.d.e",
        "é.b.c",
        "a b.c.d",
        f"{'a' * 9000}.b.c",
        "W10.e30.AA",
        "bnVsbA.e30.AA",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """And breaks nothing."""
    assert refused(token)


@pytest.mark.parametrize("payload", [[1, 2], "ana", None, 7])
def test_a_token_with_a_payload_that_is_no_object_is_refused(payload: object) -> None:
    assert refused(by_hand({"alg": "HS256"}, payload))


def test_the_key_that_a_token_names_is_known_before_it_is_believed() -> None:
    """So that it can be fetched."""
    assert key_id(signed(RSA, "RS256")) == "rsa"
    assert key_id(unsigned("HS256")) is None
    with pytest.raises(BadToken):
        key_id("a.b.c")


def test_the_settings_say_what_is_taken() -> None:
    env = {
        "OCTI_JWT_SECRET": SECRET,
        "OCTI_JWT_ISSUER": ISSUER,
        "OCTI_JWT_AUDIENCE": AUDIENCE,
        "OCTI_JWT_SCOPES": "mint,sessions",
    }
    rules = rules_of(read_config(env).access)
    assert rules == attrs.evolve(BY_SECRET, scopes=frozenset({Scope.MINT, Scope.SESSIONS}))
