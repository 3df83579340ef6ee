"""A browser's offer of a WebRTC call, as the official SDKs send it: an SDP alone, or a form with its session. Pure."""

from collections.abc import Mapping
from typing import Any

import attrs
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from octi.errors import BadMessage
from octi.web.bodies import read

FORM = "multipart/form-data"
MOST_PARTS = 8


@attrs.frozen
class Offer:
    """An SDP, and the session object that came with it."""

    sdp: str = attrs.field(repr=False)  # it names the user's addresses
    session: Mapping[str, Any] | None = None


def read_offer(body: bytes, content_type: str) -> Offer:
    """What a request offers. Whatever is no form is an SDP. Raises BadMessage."""
    kind, options = parse_options_header(content_type)
    if kind.lower() != FORM:
        return Offer(_sdp(body))
    parts = read_form(body, options.get("boundary", ""))
    if "sdp" not in parts:
        raise BadMessage("is required: a part of the form, with the browser's offer", "sdp")
    session = read(parts["session"], dict[str, Any], "session") if "session" in parts else None
    return Offer(_sdp(parts["sdp"]), session)


def read_form(body: bytes, boundary: str) -> dict[str, bytes]:
    """A form's parts by their names; with two of a name, the last. Raises BadMessage."""
    if not boundary or not boundary.isascii():
        raise BadMessage(f"{FORM} needs its boundary in the Content-Type")
    decoder = MultipartDecoder(boundary.encode(), max_parts=MOST_PARTS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    try:
        return _parts(decoder)
    except (ValueError, HTTPException) as error:  # not a form; or one of too many parts
        raise BadMessage(f"the body is not {FORM} of at most {MOST_PARTS} parts: {error}") from None


def _parts(decoder: MultipartDecoder) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    name = ""
    while True:
        match decoder.next_event():
            case Field(name=found) | File(name=found):
                name = found
                parts[name] = b""
            case Data(data=data):
                parts[name] += data
            case Epilogue():
                return parts
            case NeedData():
                raise ValueError("it ends early")
            case _:  # what stands before the first part
                pass


def _sdp(said: bytes) -> str:
    try:
        sdp = said.decode()
    except UnicodeDecodeError:
        sdp = ""
    if not sdp.lstrip().startswith("v="):
        raise BadMessage("must be the SDP of a browser's offer, which begins with v=", "sdp")
    return sdp
