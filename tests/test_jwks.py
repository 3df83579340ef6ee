"""The login's keys: fetched, kept, fetched again."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import httpx2
import pytest
import trio
from joserfc.jwk import KeySet, OctKey, RSAKey
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.config import read_config
from octi.errors import LoginLost
from octi.guard.tokens import KeysFor
from octi.jwks import AGAIN_S, MOST_BYTES, PATIENCE_S, NoKeys, keys_published, open_keys
from tests.guard.tokens import AUDIENCE, ISSUER, SECRET, Login, elliptic, rsa

OLD, NEW = elliptic("old"), elliptic("new")
BEFORE, AFTER = Login((OLD,)).published, Login((OLD, NEW)).published
ENV = {"OCTI_JWT_ISSUER": ISSUER, "OCTI_JWT_AUDIENCE": AUDIENCE}


@attrs.define(eq=False)
class Published:
    """A login's address."""

    body: bytes | Callable[[], httpx2.Response] = BEFORE
    takes_s: float = 0.0
    asked: int = 0

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        await trio.sleep(self.takes_s)
        return httpx2.Response(200, content=self.body) if isinstance(self.body, bytes) else self.body()


@asynccontextmanager
async def login(published: Published, **env: str) -> AsyncIterator[KeysFor]:
    access = read_config({"OCTI_JWKS_URL": "https://login.example/keys", **ENV, **env}).access
    async with open_keys(access, httpx2.MockTransport(published)) as keys_for:
        yield keys_for


def names(keys: KeySet) -> list[str | None]:
    return [key.kid for key in keys.keys]


async def test_they_are_fetched_for_the_first_token_and_kept() -> None:
    published = Published()
    async with login(published) as keys_for:
        assert published.asked == 0
        assert names(await keys_for("old")) == names(await keys_for("old")) == ["old"]
    assert published.asked == 1


async def test_they_are_fetched_again_when_they_are_old(autojump_clock: MockClock) -> None:
    """So that a key that the login took back is no good for long."""
    published = Published(AFTER)
    async with login(published, OCTI_JWKS_SECONDS="60") as keys_for:
        await keys_for("new")
        published.body = BEFORE
        await trio.sleep(59)
        assert names(await keys_for("new")) == ["old", "new"]
        await trio.sleep(1)
        assert names(await keys_for("old")) == ["old"]


async def test_a_key_that_is_new_is_fetched(autojump_clock: MockClock) -> None:
    """A login changes its keys when it likes."""
    published = Published()
    async with login(published) as keys_for:
        await keys_for("old")
        published.body = AFTER
        await trio.sleep(AGAIN_S)
        assert names(await keys_for("new")) == ["old", "new"]


async def test_made_up_names_have_them_fetched_seldom(autojump_clock: MockClock) -> None:
    """Else whoever sends nonsense to octi had it ask the login as often as he likes."""
    published = Published()
    async with login(published) as keys_for:
        for _ in range(3):
            for number in range(100):
                await keys_for(f"made up {number}")
            await trio.sleep(AGAIN_S)
    assert published.asked == 3


async def test_many_who_come_at_once_wait_for_one_fetch(autojump_clock: MockClock) -> None:
    published = Published(takes_s=1)
    async with login(published) as keys_for, trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(keys_for, "old")
    assert published.asked == 1


def failing() -> httpx2.Response:
    raise httpx2.ConnectError("secret words of a proxy")


@pytest.mark.parametrize(
    "body",
    [
        failing,
        lambda: httpx2.Response(500),
        lambda: httpx2.Response(302, headers={"Location": "https://evil.example"}),
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"keys": []}',
        b'{"keys": 7}',
        b"x" * (MOST_BYTES + 1),
    ],
)
async def test_while_the_login_fails_the_older_keys_hold(
    body: bytes | Callable[[], httpx2.Response], autojump_clock: MockClock
) -> None:
    """And it is logged, without what was answered."""
    published = Published()
    async with login(published, OCTI_JWKS_SECONDS="60") as keys_for:
        await keys_for("old")
        published.body = body
        await trio.sleep(60)
        with capture_logs() as lines:
            assert names(await keys_for("old")) == ["old"]
    (line,) = lines
    assert line["event"] == "the login's keys could not be fetched"
    assert "secret words" not in str(line)


async def test_a_login_that_does_not_answer_costs_five_seconds_once(autojump_clock: MockClock) -> None:
    """Without any keys nobody can be told apart; that is no fault of his."""
    published = Published(takes_s=60)
    async with login(published) as keys_for:
        began = trio.current_time()
        with pytest.raises(LoginLost):
            await keys_for("old")
        assert trio.current_time() - began == PATIENCE_S
        with pytest.raises(LoginLost):
            await keys_for("old")
        assert trio.current_time() - began == PATIENCE_S


async def test_a_secret_is_the_only_key() -> None:
    access = read_config({"OCTI_JWT_SECRET": SECRET, **ENV}).access
    async with open_keys(access) as keys_for:
        assert len((await keys_for("whatever")).keys) == 1


async def test_without_a_login_there_are_none() -> None:
    async with open_keys(read_config({}).access) as keys_for:
        assert not await keys_for(None)


def test_only_public_keys_for_signatures_are_taken() -> None:
    """A secret that is published is everybody's; one for encryption is for that. What is unknown is passed over."""
    said = [
        OctKey.import_key(SECRET, {"kid": "secret"}).as_dict(private=True),
        rsa("other").as_dict(private=False) | {"use": "enc"},
        {"kty": "ML", "kid": "of tomorrow"},
        {"kty": "RSA", "kid": "broken"},
        {"kty": "EC", "crv": "P-1", "x": "a", "y": "b", "kid": "odd"},
        OLD.as_dict(private=False),
    ]
    assert names(keys_published(json.dumps({"keys": said}).encode())) == ["old"]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_rsa_key_is_not_taken() -> None:
    """It can be computed from what is public."""
    short = RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False)
    with pytest.raises(NoKeys, match="no public key"):
        keys_published(json.dumps({"keys": [short]}).encode())
