"""octi/error_replies.py: how each error is answered."""

import re

import pytest

from octi.error_replies import INTERNAL_ERROR, REPLIES, reply_to
from octi.errors import CallOver, ClientFault, Dismissed, OctiError, TooLong, UpstreamBusy, UpstreamExpired
from tests.test_errors import ERRORS, PROVIDERS, every_error

OVER = {Dismissed, CallOver}  # no failures: somebody ended what there was


@every_error
def test_an_error_is_answered_by_its_row(error: OctiError) -> None:
    """And every one has a row."""
    assert set(REPLIES) == {type(each) for each in ERRORS}
    assert reply_to(error) is REPLIES[type(error)]


@pytest.mark.parametrize("error", [ValueError("x"), KeyError(), OctiError("x"), KeyboardInterrupt()])
def test_anything_else_is_octis_own_fault(error: BaseException) -> None:
    assert reply_to(error) == INTERNAL_ERROR


@pytest.mark.parametrize("kind", REPLIES)
def test_an_answer_is_one_that_can_be_given(kind: type[OctiError]) -> None:
    """A client's fault is a 4xx; close codes are such as may be sent; nothing failed normally.

    Some are told as the provider tells them, by an application's own codes.
    """
    reply = REPLIES[kind]
    asked_for = issubclass(kind, ClientFault) or kind in {UpstreamBusy, UpstreamExpired, TooLong, *OVER}
    assert (400 if asked_for else 500) == reply.status // 100 * 100
    assert re.fullmatch("[a-z_]+", reply.code)
    usual = {1000} if kind in OVER else {1007, 1008, 1011, 1012, 1013}
    assert reply.close in ({PROVIDERS[kind]} if kind in PROVIDERS else usual)


def test_codes_tell_errors_apart() -> None:
    """But for a session that lasted too long: clients know that by its code, whoever ended it."""
    codes = [reply.code for kind, reply in REPLIES.items() if kind is not UpstreamExpired]
    assert len(set(codes)) == len(codes)
    assert REPLIES[UpstreamExpired] == REPLIES[TooLong]
