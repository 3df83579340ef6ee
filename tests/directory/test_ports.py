"""What the directory needs of others is what the others are."""

import pytest

from octi.directory.ports import Calls, NoCalls, Provider, Steering
from octi.errors import Unserved
from octi.records import SessionRecord
from octi.session.calls import Calls as RealCalls
from octi.steering.steering import Steering as RealSteering
from octi.units import SessionId
from octi.upstream.api import ProviderApi


def fits(steering: RealSteering, calls: RealCalls, provider: ProviderApi) -> tuple[Steering, Calls, Provider]:
    """To be checked, not run: the real parts are these ports."""
    return steering, calls, provider


def test_where_there_are_no_calls_none_is_joined() -> None:
    """And it is said why."""
    record = SessionRecord(id=SessionId("s"), door="d", upstream="u", model="m", voice="v", created_at=1.0)
    calls: Calls = NoCalls("The embedded engine has no calls.")
    with pytest.raises(Unserved, match="has no calls"):
        calls.attach(record, "rtc_1")
