"""What a request asks for, read strictly: a mistake raises BadMessage with the parameter's name, answered with 400."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection

import msgspec
from werkzeug.exceptions import NotFound

from octi.errors import BadMessage
from octi.guard.caller import Caller
from octi.records import SessionRecord
from octi.store.base import Place, Store
from octi.units import SessionId

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)  # below 2**63, so that any store can compare with it


async def known_session(store: Store, session_id: str, caller: Caller) -> SessionRecord:
    """The session of a path, if it is the caller's; another's is none, as far as he is told.

    Raises NotFound, with the words that the origins' clients know; StoreFailed.
    """
    record = await store.session(SessionId(session_id))
    if record is None or not caller.reaches(record.tenant, record.user):
        raise NotFound("Unknown sessionId")
    return record


def one_of(said: str, known: Collection[str], name: str) -> str:
    """A word that octi knows."""
    if said not in known:
        raise BadMessage(f"must be one of {', '.join(known)}", name)
    return said


def count(said: str, most: int, name: str) -> int:
    """How many are wanted: at least one, and so many at most."""
    if not _NUMBER.fullmatch(said) or not 1 <= int(said) <= most:
        raise BadMessage(f"must be a whole number from 1 to {most}", name)
    return int(said)


def revision(said: str, name: str) -> int:
    """Up to where a session's turns are known. To clients it is a text that an earlier answer gave."""
    if not _NUMBER.fullmatch(said):
        raise BadMessage("must be a cursor that an earlier answer gave", name)
    return int(said)


def cursor_of(session: SessionRecord | Place) -> str:
    """Where a page of sessions ended, as a text that fits into a query."""
    place = msgspec.json.encode((session.created_at, session.id))
    return urlsafe_b64encode(place).decode().rstrip("=")


def place_of(cursor: str, name: str) -> Place:
    """What `cursor_of` wrote."""
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return Place(*msgspec.json.decode(place, type=tuple[float, SessionId]))
    except (ValueError, msgspec.MsgspecError) as error:  # no base64 (letters past ASCII too), no JSON, or another thing
        raise BadMessage("must be a cursor that an earlier answer gave", name) from error
