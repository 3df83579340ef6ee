"""How many connections may pause between two requests, and which must go."""

from contextlib import ExitStack

import trio

from octi.pauses import Pauses


async def test_one_pause_too_many_ends_the_oldest() -> None:
    """Each is ended once, and no more than need be."""
    pauses, scopes = Pauses(2), [trio.CancelScope() for _ in range(4)]
    with ExitStack() as stack:
        for scope in scopes:
            stack.enter_context(pauses.added(scope))
        assert [scope.cancel_called for scope in scopes] == [True, True, False, False]


async def test_a_pause_that_is_over_counts_no_longer() -> None:
    """Whoever asks again and pauses again is the youngest."""
    pauses, first, second, third = Pauses(2), trio.CancelScope(), trio.CancelScope(), trio.CancelScope()
    with pauses.added(second):
        with pauses.added(first):
            pass
        with pauses.added(first):
            assert not second.cancel_called
            with pauses.added(third):
                assert (second.cancel_called, first.cancel_called) == (True, False)
