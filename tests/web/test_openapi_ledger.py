"""octi/web/openapi_ledger: the declared shapes are those of the answers; test_openapi_shapes holds all routes to it."""

import msgspec

from octi.web.openapi_ledger import Calls, UsageEntry
from octi.web.shapes import call_shape, usage_shape
from tests.contract.test_calls_and_usages import make_call, make_usage


def test_a_usage_is_as_it_is_declared() -> None:
    """Field by field, its cost a text."""
    shown = usage_shape(make_usage(cost="0.10"))
    assert msgspec.to_builtins(msgspec.convert(shown, UsageEntry)) == shown


def test_calls_are_as_they_are_declared() -> None:
    shown = {"calls": [call_shape(make_call())]}
    assert msgspec.to_builtins(msgspec.convert(shown, Calls)) == shown
