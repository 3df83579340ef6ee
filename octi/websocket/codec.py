"""RFC 6455 as values: bytes in, whole messages out; messages in, frames out. No I/O, no extensions.

Ours, since a library's costs four times as much for each frame as all that a relay needs, and a relay does little else
(docs/capacity.md); `tests/websocket/test_codec_agrees.py` holds it against two libraries. Its masking is theirs, in C.
"""

import os
from enum import Enum
from struct import Struct

import attrs

from octi.websocket.base import Message

try:
    from websockets.speedups import apply_mask
except ImportError:  # no wheel for this machine, and no compiler: the same in Python
    from websockets.utils import apply_mask

FIN, RESERVED, CONTROL, MASKED = 0x80, 0x70, 0x08, 0x80
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
WHOLE_TEXT, WHOLE_BINARY = FIN | TEXT, FIN | BINARY
PLAIN = frozenset({WHOLE_TEXT, WHOLE_BINARY})
SHORT, LONG = 126, 127  # a length that stands in two more bytes, or in eight
CONTROL_BYTES = 125  # the largest payload of a control frame (5.5), and the largest whose length is in the second byte
REASON_BYTES = CONTROL_BYTES - 2  # a close frame's first two are its code
KEYS_BYTES = 1024  # so much randomness is asked of the system at once; a masking key is four of them

PROTOCOL_ERROR, NO_CODE, ABNORMAL, BAD_DATA, TOO_BIG, INTERNAL_ERROR = 1002, 1005, 1006, 1007, 1009, 1011
SENDABLE = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})  # 7.4.1, and what was registered since

_short, _long = Struct("!H"), Struct("!Q")
_head_short, _head_long = Struct("!BBH"), Struct("!BBQ")


class Side(Enum):
    """Which one we are: a client masks what it sends, a server does not (5.1)."""

    CLIENT = "client"
    SERVER = "server"


@attrs.frozen
class Close:
    """What a close frame says. `code` is 1005 where it says nothing."""

    code: int
    reason: str = ""


class _Broken(Exception):
    """Control flow: the peer did what it may not."""

    def __init__(self, code: int, reason: str) -> None:
        self.close = Close(code, reason)


@attrs.define(eq=False)
class Codec:
    """One side of an open WebSocket.

    most: the largest message that is taken, in bytes; a larger one fails the peer before it is buffered. What the peer
    is to be answered (the newest of its pings, its close) and told (that it failed) waits in `take_replies`.
    open: may messages be sent? alert: more than messages came; it stays until the replies are taken.
    """

    side: Side
    most: int
    received: Close | None = None  # the peer's close
    sent: Close | None = None  # ours
    failed: bool = False  # the peer did what it may not; `sent` says what
    open: bool = True
    alert: bool = False
    heard_control: int = 0  # control frames so far
    heard_parts: int = 0  # parts of messages so far
    _rest: bytes | bytearray = b""  # of a frame that has begun
    _wanted: int = 2  # how long that must be for another look to be worth it
    _text: bool = False  # the message that comes in parts
    _within: bool = False  # one does
    _parts: bytearray = attrs.field(factory=bytearray)
    _replies: list[bytes] = attrs.field(factory=list)
    _pong: bytes | None = None
    _keys: bytes = b""
    _masked: int = attrs.field(init=False)  # the mask bit of what we hear

    def __attrs_post_init__(self) -> None:
        self._masked = MASKED if self.side is Side.SERVER else 0

    @property
    def over(self) -> bool:
        """Will nothing more be heard? The peer has said its close, or failed."""
        return self.received is not None or self.failed

    # Receiving

    def receive(self, data: bytes) -> list[Message]:
        """The messages that are whole with these bytes. What comes behind the peer's close or failure is dropped."""
        if self.received is not None or self.failed:
            return []
        if self._rest:
            data = self._joined(data)
            if not data:
                return []
        messages: list[Message] = []
        try:
            self._read(data, messages)
        except _Broken as broken:
            self._fail(broken.close)
        return messages

    def _joined(self, data: bytes) -> bytes:
        """With what was there before; b"" while that is still too little. A large frame is copied twice in all."""
        if not isinstance(self._rest, bytearray):
            self._rest = bytearray(self._rest)
        self._rest += data
        if len(self._rest) < self._wanted:
            return b""
        joined, self._rest = bytes(self._rest), b""
        return joined

    def _read(self, data: bytes, messages: list[Message]) -> None:
        """One loop for every byte that octi relays: what it calls for each frame, each frame pays for."""
        at, size, masked, wanted = 0, len(data), self._masked, 0
        while size - at >= 2:
            first, second = data[at], data[at + 1]
            length, body = second & 0x7F, at + 2
            if length == SHORT:
                body += 2
                if body > size:
                    break
                length = data[at + 2] << 8 | data[at + 3]
            elif length == LONG:
                body += 8
                if body > size:
                    break
                (length,) = _long.unpack_from(data, at + 2)
            if first not in PLAIN or second & MASKED != masked or length > self.most or self._within:
                self._check(first, second, length)
            if masked:
                body += 4
            end = body + length
            if end > size:
                wanted = end - at
                break
            payload = apply_mask(data[body:end], data[body - 4 : body]) if masked else data[body:end]
            at = end
            if first == WHOLE_TEXT:
                if not (payload.isascii() or _is_utf8(payload)):
                    raise _Broken(BAD_DATA, "text that is not UTF-8")
                messages.append(Message(payload, True))
            elif first == WHOLE_BINARY:
                messages.append(Message(payload, False))
            elif first & CONTROL:
                self._control(first & 0xF, payload)
                if self.received is not None:
                    return
            else:
                self._part(first, payload, messages)
        if at < size:
            self._rest, self._wanted = data[at:], wanted

    def _check(self, first: int, second: int, length: int) -> None:
        """What is wrong with a frame that is not simply a whole message of a fair size. Raises _Broken."""
        if second & MASKED != self._masked:
            raise _Broken(PROTOCOL_ERROR, "frames must be masked" if self._masked else "frames must not be masked")
        if first & RESERVED:
            raise _Broken(PROTOCOL_ERROR, "reserved bits must be 0")
        if first & 0xF not in KNOWN:
            raise _Broken(PROTOCOL_ERROR, f"unknown opcode {first & 0xF:#x}")
        if first & CONTROL:
            self._check_control(first, length)
        else:
            self._check_data(first, length)

    def _check_control(self, first: int, length: int) -> None:
        if not first & FIN:
            raise _Broken(PROTOCOL_ERROR, "a control frame may not come in parts")
        if length > CONTROL_BYTES:
            raise _Broken(PROTOCOL_ERROR, f"a control frame may have {CONTROL_BYTES} bytes")

    def _check_data(self, first: int, length: int) -> None:
        if self._within == (first & 0xF != CONTINUATION):
            raise _Broken(PROTOCOL_ERROR, "a message within another" if self._within else "a continuation of nothing")
        if length + len(self._parts) > self.most:
            raise _Broken(TOO_BIG, f"over {self.most} bytes; send less at once")

    def _part(self, first: int, payload: bytes, messages: list[Message]) -> None:
        """A message's next part. Kept as bytes: a million empty ones must cost nothing."""
        self.heard_parts += 1
        if first & 0xF != CONTINUATION:
            self._text, self._within = first & 0xF == TEXT, True
        self._parts += payload
        if not first & FIN:
            return
        data, self._parts, self._within = bytes(self._parts), bytearray(), False
        if self._text and not _is_utf8(data):
            raise _Broken(BAD_DATA, "text that is not UTF-8")
        messages.append(Message(data, self._text))

    def _control(self, opcode: int, payload: bytes) -> None:
        self.heard_control += 1
        self.alert = True
        if opcode == PING:
            self._pong = payload  # 5.5.3: the newest is enough
        elif opcode == CLOSE:
            self.received, self.open = _said_in(payload), False
            if self.sent is None:
                self._say(self.received)

    def _fail(self, close: Close) -> None:
        self.failed, self.alert, self._rest, self._parts = True, True, b"", bytearray()
        if self.sent is None:
            self._say(close)

    def _say(self, close: Close) -> None:
        self.sent, self.open = close, False
        self._replies.append(self._frame(FIN | CLOSE, _encoded(close)))

    def take_replies(self) -> list[bytes]:
        """The frames that the peer is owed; a close is the last."""
        self.alert = False
        if self._pong is not None:
            if self.sent is None or self._replies:  # nothing may follow a close that is out
                self._replies.insert(0, self._frame(FIN | PONG, self._pong))
            self._pong = None
        replies, self._replies = self._replies, []
        return replies

    # Sending

    def message(self, data: bytes, *, text: bool = True) -> bytes:
        """One message as a frame."""
        return self._frame(WHOLE_TEXT if text else WHOLE_BINARY, data)

    def ping(self) -> bytes:
        """An empty ping as a frame."""
        return self._frame(FIN | PING, b"")

    def close(self, code: int, reason: str = "") -> bytes:
        """Our goodbye as a frame; no message may follow. A code that may not be sent goes out as 1011, a reason cut."""
        self.sent, self.open = Close(code if is_sendable(code) else INTERNAL_ERROR, _cut(reason)), False
        return self._frame(FIN | CLOSE, _encoded(self.sent))

    def _frame(self, first: int, payload: bytes) -> bytes:
        size, masked = len(payload), MASKED - self._masked
        if size <= CONTROL_BYTES:
            head = bytes((first, masked | size))
        elif size < 0x10000:
            head = _head_short.pack(first, masked | SHORT, size)
        else:
            head = _head_long.pack(first, masked | LONG, size)
        if not masked:
            return head + payload
        key = self._key()
        return b"".join((head, key, apply_mask(payload, key)))

    def _key(self) -> bytes:
        """Four bytes that nobody can foresee (5.3)."""
        keys = self._keys or os.urandom(KEYS_BYTES)
        self._keys = keys[4:]
        return keys[:4]


def is_sendable(code: int) -> bool:
    """May a close frame say it? 1005, 1006 and 1015 are names for what nobody said."""
    return code in SENDABLE or 3000 <= code <= 4999


def _said_in(payload: bytes) -> Close:
    """A close frame's content. Raises _Broken."""
    if not payload:
        return Close(NO_CODE)
    if len(payload) == 1:
        raise _Broken(PROTOCOL_ERROR, "half a close code")
    code: int = _short.unpack_from(payload)[0]
    if not is_sendable(code):
        raise _Broken(PROTOCOL_ERROR, f"close code {code} may not be sent")
    if not _is_utf8(payload[2:]):
        raise _Broken(BAD_DATA, "a close reason that is not UTF-8")
    return Close(code, payload[2:].decode())


def _encoded(close: Close) -> bytes:
    return b"" if close.code == NO_CODE else _short.pack(close.code) + close.reason.encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cut(reason: str) -> str:
    """A reason that fits into a close frame, cut between characters."""
    return reason.encode(errors="replace")[:REASON_BYTES].decode(errors="ignore")
