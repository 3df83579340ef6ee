"""What several routes do to open a session: make it, mint its secret, attach its call."""

import attrs
import structlog

from octi.directory.directory import Directory
from octi.directory.proving import UNBOUND, Bounds
from octi.directory.wishes import Wish
from octi.errors import BadMessage, OctiError
from octi.guard.caller import ANYBODY, Caller
from octi.observe.plain import fault
from octi.records import SessionRecord
from octi.upstream.api import CALL_ID
from octi.upstream.base import Minted

log = structlog.get_logger("octi.http")


@attrs.frozen
class Opened:
    """A session, and a secret that opens it."""

    record: SessionRecord
    minted: Minted


async def open_session(
    directory: Directory,
    wish: Wish,
    *,
    direct: bool,
    call_id: str | None = None,
    call_secret: str | None = None,
    caller: Caller = ANYBODY,
    bounds: Bounds = UNBOUND,
) -> Opened:
    """Make a caller's session, its secret, and its call if it has one already. What fails half way is ended again.

    Raises ProviderFault, StoreFailed, Unserved, BadMessage, Stopping.
    """
    record = await directory.make(wish, caller)
    try:
        minted = await directory.mint(record, {}, direct=direct, caller=caller, bounds=bounds)
        if call_id:
            await directory.attach_call(record.id, call_id, secret=call_secret, caller=caller)
    except OctiError:
        await end_quietly(directory, record.id)  # noqa: ASYNC120  cancelled meanwhile, nobody hears of the error
        raise
    return Opened(record, minted)


async def end_quietly(directory: Directory, session: str, caller: Caller = ANYBODY) -> None:
    """Close a caller's session that nobody wants any more. If that fails it is logged, and no affair of his."""
    try:
        await directory.close(session, caller)
    except OctiError as error:
        log.warning("a session could not be closed", session=session, **fault(error))


def call_named(said: str, name: str) -> str:
    """The id of a provider's call. Raises BadMessage for what cannot be one."""
    if not CALL_ID.fullmatch(said):
        raise BadMessage("must be the id of a call, as the provider's Location header has it", name)
    return said
