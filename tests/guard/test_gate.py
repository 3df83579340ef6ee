"""Who comes in."""

import pytest
from joserfc.jwk import KeySet

from octi.config import read_config
from octi.errors import BadSecret
from octi.guard.caller import ANYBODY, Scope
from octi.guard.gate import Gate, Refused, brought_in, gate_of
from octi.guard.keys import ServerKey, digest
from octi.guard.tokens import reader_of, secret_key
from tests.guard.tokens import AUDIENCE, ISSUER, NOW, SECRET, by_secret

KEY = ServerKey(name="backend", tenant="acme", scopes=frozenset({Scope.MINT}), digest=digest("octi_sk_1"))
TOKENS = {"OCTI_JWT_SECRET": SECRET, "OCTI_JWT_ISSUER": ISSUER, "OCTI_JWT_AUDIENCE": AUDIENCE}


async def shared(named: str | None) -> KeySet:
    return secret_key(SECRET)


def gate(**env: str) -> Gate:
    access = read_config({"OCTI_API_KEYS": KEY.line, **env}).access
    return gate_of(access, "0.0.0.0", [KEY], reader_of(access, shared) if access.has_tokens else None)


async def refused(guarding: Gate, brought: str) -> str:
    with pytest.raises(Refused) as caught:
        await guarding.identify(brought, "", NOW)
    return caught.value.why


async def test_where_nobody_is_asked_anybody_comes() -> None:
    caller = await Gate().identify("whatever", "192.0.2.1", NOW)
    assert (caller.scopes, caller.tenant, caller.address) == (ANYBODY.scopes, "", "192.0.2.1")


async def test_a_servers_key_is_known() -> None:
    assert await gate().identify("octi_sk_1", "192.0.2.1", NOW) == KEY.caller("192.0.2.1")
    assert await refused(gate(), "octi_sk_2") == "it is no key of a server here"
    assert await refused(gate(), KEY.digest) == "it is no key of a server here"


async def test_a_token_is_known_where_there_is_a_login() -> None:
    assert (await gate(**TOKENS).identify(by_secret(), "", NOW)).user == "ana"
    assert await refused(gate(), by_secret()) == "it is no key of a server here"
    assert (
        await refused(gate(**TOKENS), by_secret(secret="another one of thirty-two bytes.")) == "a token: bad signature"
    )


@pytest.mark.parametrize(
    ("env", "host", "loopback", "strict"),
    [
        ({}, "127.0.0.1", True, True),
        ({"OCTI_ORIGINS": "https://app.example"}, "127.0.0.1", False, True),
        ({"OCTI_AUTH": "none"}, "0.0.0.0", False, True),
        ({"OCTI_API_KEYS": "x"}, "0.0.0.0", False, False),
        ({"OCTI_API_KEYS": "x"}, "127.0.0.1", False, False),
    ],
)
def test_pages_of_this_machine_may_where_nobody_is_asked_and_nothing_is_said(
    env: dict[str, str], host: str, loopback: bool, strict: bool
) -> None:
    """On a public address none but octi's own."""
    origins = gate_of(read_config({**env, "HOST": host}).access, host, []).origins
    assert (origins.loopback, origins.strict) == (loopback, strict)


def test_the_pages_that_are_set_may() -> None:
    origins = gate_of(read_config({"OCTI_ORIGINS": "https://app.example"}).access, "127.0.0.1", []).origins
    assert (origins.listed, origins.any) == (frozenset({"https://app.example"}), False)
    assert gate_of(read_config({"OCTI_ORIGINS": "*"}).access, "127.0.0.1", []).origins.any


@pytest.mark.parametrize("line", ["Bearer k", "bearer k", "BEARER k", " Bearer k "])
def test_a_bearers_key_is_read(line: str) -> None:
    assert brought_in([line]) == "k"


@pytest.mark.parametrize("lines", [[], [""], ["  "]])
def test_nothing_is_nothing(lines: list[str]) -> None:
    assert brought_in(lines) is None


@pytest.mark.parametrize(
    "lines",
    [
        ["Bearer a", "Bearer b"],
        ["Bearer a", "Bearer a"],
        ["Bearer a", ""],
        ["Basic YTpi"],
        ["Bearer"],
        ["Bearer "],
        ["Bearera"],
        ["a"],
        ["Bearer  a"],
        ["Bearer a b"],
        ["Bearer\ta"],
        ["Bearer a\x0bb"],
        ["Bearer é"],
        ["Bearer a,Bearer b c"],
        ["Bearer " + "a" * 8193],
    ],
)
def test_what_is_not_clear_is_refused(lines: list[str]) -> None:
    """A proxy may have read it otherwise."""
    with pytest.raises(BadSecret):
        brought_in(lines)
