"""How long a store is waited for."""

import pytest
import trio
from trio.testing import MockClock

from octi.errors import StoreFailed
from octi.store.patience import answered


async def answer_after(seconds: float) -> str:
    await trio.sleep(seconds)
    return "here"


async def test_an_answer_in_time_is_given(autojump_clock: MockClock) -> None:
    """Whatever it is."""
    assert await answered(answer_after(2), within_s=3) == "here"


async def test_a_store_that_takes_too_long_has_failed(autojump_clock: MockClock) -> None:
    """It is worth another try."""
    with pytest.raises(StoreFailed, match="no answer within 3 s") as caught:
        await answered(answer_after(3600), within_s=3)
    assert trio.current_time() == 3
    assert caught.value.retryable
