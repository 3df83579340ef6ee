"""Which sessions may be given a leg that waits."""

import attrs
import pytest
import trio

from octi.realtime.octi_protocol import OctiDoor
from octi.session.session import Session
from octi.session.warming import warmed
from octi.store.memory import MemoryStore
from octi.upstream.base import Upstream
from octi.upstream.call import Call
from octi.upstream.compatible import compatible
from octi.upstream.dial import Dialled
from octi.upstream.joined import Joined
from octi.upstream.sessions import Chosen, transcriber
from octi.upstream.warm_pool import Warmed, WarmPool
from octi.websocket.memory import memory_legs
from tests.providers import NOBODY, UNUSED
from tests.session.talks import SETUP, new_session

PROVIDER = Dialled(provider=compatible("sk-secret", "http://h"), max_message_bytes=1024, tls=UNUSED)
POOL = WarmPool(upstream=PROVIDER, model="m", update=b"{}", size=1)


def session_to(upstream: Upstream) -> Session:
    """One that asks for `SETUP`."""
    return new_session(memory_legs()[0], OctiDoor(), upstream, MemoryStore(), trio.Event())


def test_a_session_to_the_pools_provider_may_have_its_legs() -> None:
    """By what it asks for first; nothing else of it changes."""
    session = session_to(PROVIDER)
    warm = warmed(POOL, session)
    assert isinstance(warm.upstream, Warmed)
    assert (warm.upstream.pool, warm.upstream._update) == (POOL, SETUP.update())
    assert attrs.evolve(warm, upstream=PROVIDER) == session


@pytest.mark.parametrize(
    "upstream",
    [
        NOBODY,
        Chosen(PROVIDER),
        transcriber(PROVIDER),
        Joined(Call(PROVIDER, "rtc_1", [None])),
        PROVIDER.with_secret("ek_secret"),
    ],
)
def test_any_other_session_stays_as_it_is(upstream: Upstream) -> None:
    """Of another model, of another kind, to a call, with a secret of the client's own."""
    session = session_to(upstream)
    assert warmed(POOL, session) is session


def test_without_a_pool_sessions_stay_as_they_are() -> None:
    """As octi is, unless it is told otherwise."""
    session = session_to(PROVIDER)
    assert warmed(None, session) is session
