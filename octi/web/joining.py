"""A client's own sideband to a call (`WS /v1/realtime?call_id=`), as a session.

What octi does for its own conversations it leaves alone here: the call is as whoever made it wants it.
"""

import attrs

from octi.errors import Unserved
from octi.guard.caller import ANYBODY, Caller
from octi.observe.base import Meter
from octi.records import SessionRecord
from octi.services import Services
from octi.session.session import Session
from octi.session.tools import NoTools
from octi.spending.purse import NoPurse
from octi.store.memory import MemoryStore
from octi.upstream.base import CallSetup
from octi.upstream.call import Call
from octi.upstream.dial import Dialled
from octi.upstream.joined import Joined

NO_CALLS = "There are no calls here: they need a provider. Leave out call_id, and the conversation is on this socket."


def has_calls(services: Services) -> bool:
    """Are there calls here that could be joined?"""
    return services.api is not None and isinstance(services.upstream, Dialled)


def provider_of(services: Services) -> Dialled:
    """The provider whose calls are joined. Raises Unserved."""
    if services.api is None or not isinstance(services.upstream, Dialled):
        raise Unserved(NO_CALLS)
    return services.upstream


def keeps(services: Services, call_id: str | None, record: SessionRecord) -> bool:
    """Is this the session that keeps a call for a client? Then all its functions are the client's."""
    return call_id is not None and services.directory.joining.keeps(call_id, record)


def joined(
    services: Services, call_id: str | None, secret: str | None, session: Session, caller: Caller = ANYBODY
) -> Session:
    """A session of a client that listens to a call, made one that does; any other as it is. Raises Unserved.

    Of a call that another session here keeps already nothing is kept again, nothing counted, nothing judged.
    """
    if call_id is None:
        return session
    record, joining = session.record, services.directory.joining
    call = Call(provider_of(services), call_id, joining.keys(call_id, record, secret, caller))
    session = attrs.evolve(
        session,
        record=attrs.evolve(record, call_id=call_id),
        upstream=Joined(call),
        setup=CallSetup(instructions=None),
        tools=NoTools(),
    )
    if joining.keeps(call_id, record):
        return session
    uncounted = attrs.evolve(session.observer, meter=Meter())
    return attrs.evolve(session, store=MemoryStore(), observer=uncounted, purse=NoPurse(), judge=None)
