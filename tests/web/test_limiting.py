"""octi/web/limiting.py: which requests count, who is refused, and how clients are told."""

from contextlib import suppress

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from trio_websocket import ConnectionClosed

from octi.guard.caller import Caller
from octi.guard.limits import NAMES, LimitRule, PerSession, Share
from octi.limiting import Limiter
from octi.observe.base import Observer
from octi.observe.metrics import Metrics
from octi.records import SessionState
from octi.web.limiting import BEGINNING, costs, seating
from octi.web.needs import NEEDS
from tests.exposed import Exposed
from tests.web.standins import StandIn, session
from tests.web.test_sockets import Octi, answer_to, asking, end_of, open_octi, told_in_band

FREE = {"/", "/openapi.json", "/health", "/livez", "/readyz", "/sessions/<session_id>/heartbeat"}


def limiter(rule: LimitRule) -> Limiter:
    return Limiter(usual=rule)


def limit(octi: Octi, rule: LimitRule) -> None:
    octi.services = attrs.evolve(octi.services, limiter=Limiter(usual=rule))


# HTTP


def test_what_makes_or_costs_something_counts() -> None:
    """What only looks, or ends something, does not; nor does a sign of life."""
    counted = {rule for method, rule in NEEDS if costs(method, rule)}
    assert counted == {rule for method, rule in NEEDS if method == "POST"} - FREE | {"/api/session"}
    assert counted >= BEGINNING


@pytest.mark.parametrize("path", ["/token", "/api/client-secret", "/v1/realtime/client_secrets", "/sessions"])
async def test_one_request_too_many_is_refused(path: str, autojump_clock: MockClock) -> None:
    """429, with the limit, its figure, and when to come again; what came before was answered, what comes later is."""
    node = StandIn(limiter=limiter(LimitRule(per_address=Share(requests_per_minute=2))))
    for _ in range(2):
        assert (await node.post(path))[0] < 300
    status, said, headers = await node.post(path)
    assert (status, headers["Retry-After"]) == (429, "30")
    assert "per_address.requests_per_minute is reached (2 a minute)" in str(said)
    assert "rate_limit_exceeded" in str(said)
    await trio.sleep(30)
    assert (await node.post(path))[0] < 300


async def test_looking_is_not_limited() -> None:
    node = await StandIn(limiter=limiter(LimitRule(per_address=Share(requests_per_minute=1)))).holding("s")
    assert [(await node.get("/sessions"))[0] for _ in range(10)] == [200] * 10
    await node.post("/token")
    assert (await node.post("/sessions/s/heartbeat"))[0] != 429


@pytest.mark.parametrize("path", sorted(BEGINNING - {"/v1/realtime/calls"}))
async def test_a_session_that_is_made_counts_as_new(path: str) -> None:
    node = StandIn(limiter=limiter(LimitRule(per_address=Share(new_sessions_per_minute=1))))
    assert (await node.post(path))[0] < 300
    status, said, _ = await node.post(path)
    assert (status, "per_address.new_sessions_per_minute" in str(said)) == (429, True)
    assert node.directory.made == 1


@pytest.mark.parametrize(
    ("state", "resumable", "begins"),
    [
        (SessionState.CREATED, False, True),  # made for this socket
        (SessionState.CREATED, True, False),  # over HTTP: it counted there
        (SessionState.ENDED, True, True),  # taken up again: it costs as much as a new one
    ],
)
def test_each_session_counts_as_new_once_for_each_leg(state: SessionState, resumable: bool, begins: bool) -> None:
    record = session("s", state=state, resumable=resumable)
    assert seating(StandIn().services, Caller())(record).begins is begins


# Sockets


async def test_the_third_is_refused_until_one_leaves(autojump_clock: MockClock) -> None:
    """In HTTP where the client can read it: 429, and when to come again."""
    metrics = Metrics(limits=NAMES)
    async with open_octi() as octi:
        mine = Limiter(usual=LimitRule(per_node=Share(sessions=2)), meter=metrics)
        octi.services = attrs.evolve(octi.services, observer=Observer(meter=metrics), limiter=mine)
        async with octi.visit("/ws/realtime"):
            async with octi.visit("/v1/realtime") as second:
                status, headers, body = await answer_to(octi, asking())
                assert (status, headers["retry-after"]) == (429, "5")
                assert "per_node.sessions is reached (2 at once)" in body
                await second.aclose()
            await octi.services.live.wait_left(list(octi.services.live.census())[-1])
            assert (await answer_to(octi, asking()))[0] == 101
        octi.cancel()
        await octi.services.live.wait_empty()
    assert len(mine.crowd) == 0
    told = Exposed(metrics.families())
    assert told.value("octi_limits_reached_total", limit="per_node.sessions") == 1
    assert told.value("octi_sessions_refused_total", reason="rate_limit_exceeded") == 1


@pytest.mark.parametrize("path", ["/v1/realtime", "/ws/realtime"])
async def test_a_browser_is_told_in_band(path: str, autojump_clock: MockClock) -> None:
    """It is shown no status: an error event, and 1013, which says that it may come again."""
    async with open_octi() as octi:
        limit(octi, LimitRule(per_node=Share(new_sessions_per_minute=1)))
        async with octi.visit(path, ("realtime",)):
            pass
        async with octi.visit(path, ("realtime",)) as client:
            event, code, reason = await told_in_band(client)
    assert "per_node.new_sessions_per_minute" in str(event)
    assert (code, reason) == (1013, "rate_limit_exceeded")


async def test_of_many_who_come_at_once_one_gets_the_last_place(autojump_clock: MockClock) -> None:
    """And it is free again when he leaves, for one."""
    async with open_octi() as octi, trio.open_nursery() as nursery:
        limit(octi, LimitRule(per_node=Share(sessions=1)))
        statuses: list[int] = []
        over = trio.Event()

        async def knock() -> None:
            async with octi.connect() as stream:
                await stream.send_all(asking())
                statuses.append(int((await stream.receive_some())[9:12]))
                await over.wait()

        for _ in range(20):
            nursery.start_soon(knock)
        await wait_all_tasks_blocked()
        assert sorted(statuses) == [101] + [429] * 19
        over.set()
        await octi.services.live.wait_empty()
        nursery.start_soon(knock)


async def test_a_flood_is_told_in_band_and_ended(autojump_clock: MockClock) -> None:
    """The store has why; the others are not its affair."""
    async with open_octi() as octi:
        limit(octi, LimitRule(per_session=PerSession(messages_per_second=10, messages_burst=50)))
        async with octi.visit("/ws/realtime") as client, trio.open_nursery() as nursery:

            async def flood() -> None:
                with suppress(ConnectionClosed):
                    while True:
                        await client.send_message(b"\0\0" * 50)

            nursery.start_soon(flood)
            code, reason = await end_of(client)
            nursery.cancel_scope.cancel()
        await octi.services.live.wait_empty()
        (record,) = await octi.store.sessions()
    assert code == 1013
    assert "per_session.messages_per_second" in str(reason)
    assert (record.ended_by, "per_session.messages_per_second" in str(record.end_reason)) == ("client", True)


async def test_who_says_nothing_sensible_is_ended(autojump_clock: MockClock) -> None:
    """Each time it was told so, until it was too often."""
    async with open_octi() as octi:
        limit(octi, LimitRule(per_session=PerSession(bad_messages_per_minute=5)))
        errors = 0
        async with octi.visit("/ws/realtime") as client:
            with suppress(ConnectionClosed):
                while True:
                    await client.send_message("{")
                    event = msgspec.json.decode(await client.get_message())
                    errors += event["type"] == "error"
            code, _ = await end_of(client)
    assert (code, errors >= 5) == (1013, True)


@pytest.mark.parametrize(
    ("rule", "seconds", "why"),
    [
        (PerSession(seconds=60), 60, "the session reached its maximum length"),
        (PerSession(idle_seconds=30), 30, "the user said nothing for 30 s"),
    ],
)
async def test_a_session_lasts_as_long_as_its_rule_says(
    rule: PerSession, seconds: float, why: str, autojump_clock: MockClock
) -> None:
    """The goodbye says why. Sound is no word."""
    async with open_octi() as octi:
        limit(octi, LimitRule(per_session=rule))
        async with octi.visit("/ws/realtime") as client, trio.open_nursery() as nursery:

            async def hum() -> None:
                with suppress(ConnectionClosed):
                    while True:
                        await client.send_message(b"\0\0" * 480)
                        await trio.sleep(0.5)

            nursery.start_soon(hum)
            _, reason = await end_of(client)
            nursery.cancel_scope.cancel()
        assert seconds <= trio.current_time() <= seconds + 3
    assert reason == why
