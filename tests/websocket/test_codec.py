"""octi/websocket/codec.py: RFC 6455 as values, frame by frame."""

import struct

import pytest
from websockets.utils import apply_mask

from octi.websocket.base import Message
from octi.websocket.codec import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    PONG,
    TEXT,
    Close,
    Codec,
    Side,
    is_sendable,
)

MOST = 1 << 20
KEY = b"\x01\x02\x03\x04"
LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000]


def server(most: int = MOST) -> Codec:
    return Codec(Side.SERVER, most)


def client(most: int = MOST) -> Codec:
    return Codec(Side.CLIENT, most)


def frame(first: int, payload: bytes, *, masked: bool = True, length: bytes | None = None) -> bytes:
    """A frame, written down from the RFC's picture of it (5.2)."""
    size = len(payload)
    if length is None:
        if size < 126:
            length = bytes([size])
        elif size < 65_536:
            length = b"\x7e" + struct.pack("!H", size)
        else:
            length = b"\x7f" + struct.pack("!Q", size)
    if not masked:
        return bytes([first]) + length + payload
    return bytes([first, length[0] | 0x80]) + length[1:] + KEY + apply_mask(payload, KEY)


@pytest.mark.parametrize("size", LENGTHS)
@pytest.mark.parametrize("text", [True, False])
def test_a_message_comes_out_as_it_went_in(size: int, text: bool) -> None:
    """Both ways, whatever its length is written with."""
    data = b"x" * size
    assert server().receive(client().message(data, text=text)) == [Message(data, text)]
    assert client().receive(server().message(data, text=text)) == [Message(data, text)]


@pytest.mark.parametrize("size", LENGTHS)
def test_a_frame_is_the_one_in_the_rfc(size: int) -> None:
    data = b"y" * size
    assert server().message(data) == frame(FIN | TEXT, data, masked=False)
    assert server().receive(frame(FIN | BINARY, data)) == [Message(data, text=False)]


def test_a_client_masks_each_frame_with_another_key() -> None:
    ours = client()
    frames = [ours.message(b"once more") for _ in range(600)]
    assert len({each[2:6] for each in frames}) == 600
    assert all(b"once more" not in each for each in frames)
    assert all(server().receive(each) == [Message(b"once more", text=True)] for each in frames)


def test_bytes_may_come_one_by_one() -> None:
    """And a frame's end together with the next one's beginning."""
    ours = server()
    stream = frame(FIN | TEXT, b"one") + frame(FIN | BINARY, b"2" * 300) + frame(FIN | TEXT, b"")
    heard = [message for byte in stream for message in ours.receive(bytes([byte]))]
    assert heard == [Message(b"one", text=True), Message(b"2" * 300, text=False), Message(b"", text=True)]


@pytest.mark.parametrize("length", [b"\x7e\x00\x01", b"\x7f" + struct.pack("!Q", 1)])
def test_a_length_may_be_written_longer_than_it_need_be(length: bytes) -> None:
    """It may not (5.2), but small clients do, it harms nobody, and other servers take it."""
    assert server().receive(frame(FIN | TEXT, b"x", length=length)) == [Message(b"x", text=True)]


def test_a_message_may_come_in_parts_with_control_frames_between_them() -> None:
    """A character may be cut in two."""
    parts = frame(TEXT, b"\xc3") + frame(FIN | PING, b"there?") + frame(CONTINUATION, b"") + frame(FIN, b"\xa9")
    ours = server()
    assert ours.receive(parts) == [Message("é".encode(), text=True)]
    assert ours.take_replies() == [frame(FIN | PONG, b"there?", masked=False)]


def test_of_many_pings_the_newest_is_answered() -> None:
    """So a flood of them costs no flood of answers; how many there were is counted."""
    ours = server()
    ours.receive(b"".join(frame(FIN | PING, bytes([number])) for number in range(100)))
    assert ours.take_replies() == [frame(FIN | PONG, bytes([99]), masked=False)]
    assert ours.take_replies() == []
    assert ours.heard_control == 100


def test_a_pong_says_nothing() -> None:
    ours = server()
    assert ours.receive(frame(FIN | PONG, b"here")) == []
    assert ours.take_replies() == []
    assert ours.open


def test_a_ping_is_empty() -> None:
    ours = client()
    ours.receive(server().ping())
    assert server().receive(ours.take_replies()[0]) == []


# The end


@pytest.mark.parametrize("said", [Close(1000), Close(1001, "bye"), Close(4000, "née"), Close(3000)])
def test_a_close_is_answered_with_the_same(said: Close) -> None:
    ours, theirs = server(), client()
    assert ours.receive(theirs.close(said.code, said.reason)) == []
    assert (ours.received, ours.open, ours.over, ours.failed) == (said, False, True, False)
    assert theirs.receive(ours.take_replies()[0]) == []
    assert theirs.received == said


def test_a_close_without_a_code_is_answered_without_one() -> None:
    ours = server()
    ours.receive(frame(FIN | CLOSE, b""))
    assert ours.received == Close(1005)
    assert ours.take_replies() == [frame(FIN | CLOSE, b"", masked=False)]


def test_what_comes_behind_a_close_was_not_said() -> None:
    ours = server()
    assert ours.receive(frame(FIN | TEXT, b"a") + frame(FIN | CLOSE, b"") + frame(FIN | TEXT, b"b")) == [
        Message(b"a", text=True)
    ]
    assert ours.receive(frame(FIN | TEXT, b"c")) == []


def test_a_pong_goes_out_before_the_close_and_never_behind_it() -> None:
    ours = server()
    ours.receive(frame(FIN | PING, b"p") + frame(FIN | CLOSE, b""))
    assert ours.take_replies() == [frame(FIN | PONG, b"p", masked=False), frame(FIN | CLOSE, b"", masked=False)]
    leaving = server()
    leaving.close(1000)
    leaving.receive(frame(FIN | PING, b"p"))
    assert leaving.take_replies() == []


def test_messages_are_heard_until_the_peer_has_said_goodbye() -> None:
    """Ours is not its: what it sent before it heard of ours still counts."""
    ours = server()
    ours.close(1000)
    assert ours.receive(frame(FIN | TEXT, b"last words")) == [Message(b"last words", text=True)]
    ours.receive(frame(FIN | CLOSE, struct.pack("!H", 1000)))
    assert (ours.received, ours.take_replies()) == (Close(1000), [])


@pytest.mark.parametrize(
    ("code", "sent"), [(1005, 1011), (1006, 1011), (1015, 1011), (1004, 1011), (0, 1011), (1013, 1013)]
)
def test_a_code_that_nobody_may_send_goes_out_as_an_error(code: int, sent: int) -> None:
    theirs = client()
    theirs.receive(server().close(code, "x"))
    assert theirs.received == Close(sent, "x")


def test_a_long_reason_is_cut_between_characters() -> None:
    theirs = client()
    theirs.receive(server().close(1000, "é" * 100))
    assert theirs.received == Close(1000, "é" * 61)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999])
def test_codes_that_may_be_sent(code: int) -> None:
    assert is_sendable(code)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])
def test_codes_that_may_not_be_sent(code: int) -> None:
    """And who sends one has failed."""
    assert not is_sendable(code)
    ours = server()
    ours.receive(frame(FIN | CLOSE, struct.pack("!H", code)))
    assert ours.failed
    assert ours.sent == Close(1002, f"close code {code} may not be sent")


# What a peer may not do

BROKEN = {
    "unmasked": (frame(FIN | TEXT, b"x", masked=False), 1002, "must be masked"),
    "rsv1": (frame(FIN | 0x40 | TEXT, b"x"), 1002, "reserved"),
    "rsv2": (frame(FIN | 0x20 | BINARY, b"x"), 1002, "reserved"),
    "rsv3 of a ping": (frame(FIN | 0x10 | PING, b"x"), 1002, "reserved"),
    "opcode 3": (frame(FIN | 0x3, b"x"), 1002, "opcode 0x3"),
    "opcode 7": (frame(FIN | 0x7, b"x"), 1002, "opcode 0x7"),
    "opcode 11": (frame(FIN | 0xB, b"x"), 1002, "opcode 0xb"),
    "opcode 15": (frame(FIN | 0xF, b"x"), 1002, "opcode 0xf"),
    "a ping in parts": (frame(PING, b"x"), 1002, "in parts"),
    "a close in parts": (frame(CLOSE, b""), 1002, "in parts"),
    "a long ping": (frame(FIN | PING, b"x" * 126), 1002, "125 bytes"),
    "a long close": (frame(FIN | CLOSE, struct.pack("!H", 1000) + b"x" * 124), 1002, "125 bytes"),
    "a continuation of nothing": (frame(FIN | CONTINUATION, b"x"), 1002, "continuation"),
    "a message within another": (frame(TEXT, b"x") + frame(FIN | TEXT, b"y"), 1002, "within"),
    "too large": (frame(FIN | BINARY, b"x" * (MOST + 1)), 1009, f"over {MOST}"),
    "too large in parts": (frame(BINARY, b"x" * MOST) + frame(FIN, b"x"), 1009, f"over {MOST}"),
    "larger than can be": (frame(FIN | BINARY, b"", length=b"\x7f" + b"\xff" * 8), 1009, f"over {MOST}"),
    "no text": (frame(FIN | TEXT, b"\xff"), 1007, "UTF-8"),
    "half a character": (frame(FIN | TEXT, b"\xc3"), 1007, "UTF-8"),
    "a surrogate": (frame(FIN | TEXT, b"\xed\xa0\x80"), 1007, "UTF-8"),
    "no text in parts": (frame(TEXT, b"\xc3") + frame(FIN, b"x"), 1007, "UTF-8"),
    "half a code": (frame(FIN | CLOSE, b"\x03"), 1002, "half a close code"),
    "a reason that is no text": (frame(FIN | CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007, "UTF-8"),
}


@pytest.mark.parametrize(("stream", "code", "why"), BROKEN.values(), ids=BROKEN)
def test_a_peer_that_may_not_do_that_has_failed(stream: bytes, code: int, why: str) -> None:
    """It is told what was wrong; what it said before counts, and nothing that it says behind."""
    ours = server()
    before = frame(FIN | TEXT, b"before")
    heard = ours.receive(before + stream + frame(FIN | TEXT, b"behind"))
    assert heard == [Message(b"before", text=True)]
    assert ours.failed
    assert not ours.open
    assert ours.sent is not None
    assert ours.sent.code == code
    assert why in ours.sent.reason
    assert ours.receive(frame(FIN | TEXT, b"later")) == []
    theirs = client()
    theirs.receive(b"".join(ours.take_replies()))
    assert theirs.received == ours.sent


def test_a_server_that_masks_has_failed() -> None:
    ours = client()
    ours.receive(frame(FIN | TEXT, b"x"))
    assert ours.sent == Close(1002, "frames must not be masked")


def test_a_message_that_is_too_large_is_refused_by_its_head() -> None:
    """Nothing of it is kept, or waited for."""
    ours = server(most=1000)
    assert ours.receive(frame(FIN | BINARY, b"x" * 1001)[:8]) == []
    assert ours.failed


def test_the_largest_message_passes() -> None:
    """In one frame, and in parts of which the last are empty."""
    assert server(most=1000).receive(frame(FIN | BINARY, b"x" * 1000)) == [Message(b"x" * 1000, text=False)]
    parts = frame(BINARY, b"x" * 1000) + frame(CONTINUATION, b"") * 5 + frame(FIN, b"")
    assert server(most=1000).receive(parts) == [Message(b"x" * 1000, text=False)]
