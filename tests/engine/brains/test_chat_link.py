"""One question over HTTP, where the brain's own tests do not look."""

import pytest
import trio
from trio.testing import MockClock

from octi.engine.brains.chat_faults import ChatFault
from octi.engine.brains.chat_link import MOST_BODY, MOST_EVENT, Budget, ChatModel, Exchange, open_client
from tests.engine.brains.chat_server import MODEL, Talk, event, streams, talking, words
from tests.scripted_api import hangs, says


def exchange(talk: Talk) -> Exchange:
    return Exchange(talk.brain.client, talk.brain.model, Budget(60.0))


@pytest.mark.parametrize(
    ("url", "address", "place"),
    [
        ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions", "localhost:11434"),
        ("https://h.test/v1/", "https://h.test/v1/chat/completions", "h.test"),
        ("https://h.test/v1/chat/completions", "https://h.test/v1/chat/completions", "h.test"),
        ("https://me:hush@[::1]:80", "https://[::1]:80/chat/completions", "[::1]:80"),
    ],
)
def test_a_model_is_asked_at_its_address(url: str, address: str, place: str) -> None:
    """With the path or without; the password is not in it."""
    model = ChatModel(url=url, name="m")
    assert (model.address, model.place) == (address, place)


def test_neither_key_nor_password_is_told() -> None:
    """In no repr; and they are taken out of texts."""
    model = ChatModel(url="http://me:hush@h/v1", name="m", key="sk-x")
    assert "hush" not in repr(model)
    assert "sk-x" not in repr(model)
    assert model.hide("no sk-x, no hush") == "no ***, no ***"
    assert MODEL.hide("") == ""


def test_a_key_goes_before_a_password() -> None:
    """One header has room for one of them."""
    assert ChatModel(url="http://me:hush@h/v1", name="m", key="k").auth() is None
    assert ChatModel(url="http://me:hush@h/v1", name="m").auth() is not None
    assert [name for name, _ in ChatModel(url="http://h", name="m").headers() if name == b"Authorization"] == []


async def test_a_budget_is_what_is_left_to_wait(autojump_clock: MockClock) -> None:
    """Of one wait too, if that is named."""
    budget = Budget(10.0)
    with budget.spend():
        await trio.sleep(4)
    assert budget.left_s == 6
    with budget.spend(1.0) as limit:
        await trio.sleep(4)
    assert limit.cancelled_caught
    with budget.spend() as limit:
        await trio.sleep(99)
    assert (limit.cancelled_caught, budget.left_s) == (True, 0)
    with budget.spend() as limit:
        await trio.lowlevel.checkpoint()
    assert limit.cancelled_caught


async def test_events_come_one_by_one_and_end() -> None:
    """Comments and empty ones are none; cut anywhere, with any line's end."""
    pieces = [event(words("a")), b"4\r\n: x\n\r\n", b"8\r\ndata: b\r\r\n", b"1\r\n\r\r\n", b"7\r\ndata:\n\n\r\n"]
    async with talking(streams(*pieces)) as talk:
        asking = exchange(talk)
        await asking.begin(b"{}")
        found = [await asking.next(begun=False) for _ in range(3)]
        await asking.aclose()
    assert found == ['{"choices":[{"delta":{"content":"a"}}]}', "b", None]


async def test_what_is_too_long_is_refused() -> None:
    """An event, and an answer that is none."""
    endless = streams(b"100000\r\n" + b"data: " + b"x" * ((1 << 20) - 6) + b"\r\n", b"10\r\n" + b"x" * 16 + b"\r\n")
    for behaviour, why in (
        (endless, "sends events that are too long"),
        (says(200, b" " * (MOST_BODY + 1), Content_Type="application/json"), "answers more than"),
    ):
        async with talking(behaviour) as talk:
            asking = exchange(talk)
            await asking.begin(b"{}")
            with pytest.raises(ChatFault, match=why):
                await asking.next(begun=False)
            await asking.aclose()
    assert MOST_EVENT < MOST_BODY


async def test_an_exchange_may_be_closed_at_any_time() -> None:
    """Before it began, and again."""
    async with talking(hangs) as talk:
        asking = exchange(talk)
        await asking.aclose()
        await asking.aclose()


async def test_a_client_heeds_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set for others is not asked."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with open_client() as client:
        assert not client.trust_env
        assert client._mounts == {}
