"""What several routes do to open a session: make it, mint its secret, attach its call."""

import attrs
import structlog

from octi.directory.directory import Directory
from octi.directory.wishes import Wish
from octi.errors import BadMessage, OctiError
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
    directory: Directory, wish: Wish, *, direct: bool, call_id: str | None = None, call_secret: str | None = None
) -> Opened:
    """Make a session, with a secret, and with its call if it has one already. What fails half way is ended again.

    Raises ProviderFault, StoreFailed, Unserved, BadMessage, Stopping.
    """
    record = await directory.make(wish)
    try:
        minted = await directory.mint(record, {}, direct=direct)
        if call_id:
            await directory.attach_call(record.id, call_id, secret=call_secret)
    except OctiError:
        await end_quietly(directory, record.id)  # noqa: ASYNC120  cancelled meanwhile, nobody hears of the error
        raise
    return Opened(record, minted)


async def end_quietly(directory: Directory, session: str) -> None:
    """Close a session that nobody wants any more. That it could not be closed is logged, and nobody else's affair."""
    try:
        await directory.close(session)
    except OctiError as error:
        log.warning("a session could not be closed", session=session, **fault(error))


def call_named(said: str, name: str) -> str:
    """The id of a provider's call. Raises BadMessage for what cannot be one."""
    if not CALL_ID.fullmatch(said):
        raise BadMessage("must be the id of a call, as the provider's Location header has it", name)
    return said
