"""What was heard in a session, as a WAV file; in parts for players that seek."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import trio
from quart import Blueprint, Response, request
from quart.typing import ResponseReturnValue
from werkzeug.datastructures import IfRange, Range
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from octi.recording.shelf import Extent, measure, read_part
from octi.records import SessionRecord
from octi.services import Services
from octi.web.callers import current_caller
from octi.web.queries import known_session
from octi.web.replies import NO_STORE

PIECE_BYTES = 256 << 10
NO_RECORDING = "no_recording"
OFF = "Nothing of this session was recorded: octi records sound while OCTI_RECORD has audio in it."
SILENT = "Nothing of this session was recorded: no sound passed octi in it, or its recording was deleted."
ELSEWHERE = "Nothing of this session was recorded: the sound of its call goes past octi."


def recording_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/audio`."""
    pages = Blueprint("recordings", __name__)

    @pages.get("/sessions/<session_id>/audio")
    async def audio(session_id: str) -> ResponseReturnValue:
        session = await known_session(services.store, session_id, current_caller())
        path = services.recordings.path_of(session.id)
        extent = None if path is None else await trio.to_thread.run_sync(measure, path)
        if path is None or extent is None:
            return {"error": why_none(services, session), "code": NO_RECORDING}, 404
        return answer_with(path, extent, session)

    return pages


def why_none(services: Services, session: SessionRecord) -> str:
    """Why a session has no recording, as far as that is known."""
    if session.door == "call" or session.call_id is not None:
        return ELSEWHERE
    return SILENT if services.records_audio else OFF


def answer_with(path: Path, extent: Extent, session: SessionRecord) -> Response:
    """All of a recording, or the part that is asked for. Raises RequestedRangeNotSatisfiable."""
    wanted = request.range if is_current(request.if_range, extent) else None
    start, end = span_in(wanted, extent.size)
    answer = Response(parts_of(path, start, end), content_type="audio/wav", headers=NO_STORE)
    answer.status_code = 200 if wanted is None else 206
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Content-Length"] = str(end - start)
    answer.headers["Content-Disposition"] = f'inline; filename="{session.id}.wav"'
    answer.set_etag(extent.tag)
    if wanted is not None:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{extent.size}"
    answer.timeout = None  # whoever listens while it is loaded takes his time; who takes nothing is given up elsewhere
    return answer


def is_current(known: IfRange | None, extent: Extent) -> bool:
    """Does a client that has a part of it know it as it is now? One that grew is loaded anew."""
    return known is None or known.etag is None or known.etag == extent.tag


def span_in(wanted: Range | None, size: int) -> tuple[int, int]:
    """Which bytes are asked for: one span of them, or all. Raises RequestedRangeNotSatisfiable."""
    if wanted is None:
        return 0, size
    found = wanted.range_for_length(size) if wanted.units == "bytes" else None
    if found is None:
        raise RequestedRangeNotSatisfiable(size)
    start, end = found
    assert start is not None, "it was found"
    return start, size if end is None else end


async def parts_of(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """Some bytes of a file, piece by piece. A file that was deleted meanwhile ends there."""
    while start < end:
        piece = await trio.to_thread.run_sync(partial(read_part, path, start, min(PIECE_BYTES, end - start)))
        if not piece:
            return
        yield piece
        start += len(piece)
