"""Offers of WebRTC calls."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octi.errors import BadMessage
from octi.web.offers import MOST_PARTS, Offer, read_offer
from tests.web.standins import SDP

KIND = "multipart/form-data; boundary=b0"


def form(**parts: str | bytes) -> bytes:
    """As a browser's FormData: without content types."""
    return form_of(*parts.items())


def form_of(*parts: tuple[str, str | bytes], extra: str = "") -> bytes:
    body = b""
    for name, value in parts:
        content = value if isinstance(value, bytes) else value.encode()
        head = f'--b0\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode()
        body += head + content + b"\r\n"
    return body + b"--b0--\r\n"


@pytest.mark.parametrize("kind", ["application/sdp", "text/plain", ""])
def test_an_sdp_may_come_alone(kind: str) -> None:
    """Whatever it is called."""
    assert read_offer(SDP.encode(), kind) == Offer(SDP)


def test_an_sdp_may_come_with_its_session() -> None:
    """In a form, as text or as a file."""
    for extra in ("", '; filename="offer"\r\nContent-Type: application/sdp'):
        body = form_of(("sdp", SDP), ("session", '{"type":"realtime"}'), extra=extra)
        assert read_offer(body, KIND) == Offer(SDP, {"type": "realtime"})


def test_a_form_may_hold_an_sdp_alone() -> None:
    """And parts that nobody knows."""
    assert read_offer(form(sdp=SDP, colour="red"), KIND) == Offer(SDP)


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        (b"", "application/sdp", "sdp"),
        (b"\xff", "application/sdp", "sdp"),
        (b'{"sdp":"v=0"}', "application/json", "sdp"),
        (form(session="{}"), KIND, "sdp"),
        (form(sdp="hello"), KIND, "sdp"),
        (form(sdp=SDP, session="[]"), KIND, None),
        (form(sdp=SDP, session="{"), KIND, None),
        (form(sdp=SDP)[:-12], KIND, None),
        (b"", KIND, None),
        (form(sdp=SDP), "multipart/form-data", None),
        (form(sdp=SDP), "multipart/form-data; boundary=é", None),
        (form_of(*[("sdp", SDP)] * (MOST_PARTS + 1)), KIND, None),
    ],
)
def test_what_is_no_offer_is_said_so(body: bytes, kind: str, param: str | None) -> None:
    """With the part at fault, if it is one."""
    with pytest.raises(BadMessage) as caught:
        read_offer(body, kind)
    assert caught.value.param == param


@given(
    st.binary(), st.sampled_from([KIND, "application/sdp", "multipart/form-data; boundary=", "multipart/form-data;;"])
)
def test_no_offer_whatever_does_more_than_complain(body: bytes, kind: str) -> None:
    """It is read or refused."""
    for said in (body, b"--b0\r\n" + body, form(sdp=body)):
        with suppress(BadMessage):
            read_offer(said, kind)
