"""What a frame is, told from its first bytes where its whole shape is plain, else by reading it."""

import msgspec

from octi.realtime.audio import decoded_size

_APPEND = b'{"type":"input_audio_buffer.append","audio":"'
_BEGIN, _PAD = len(_APPEND), ord("=")


class _Head(msgspec.Struct):
    type: str = ""
    audio: str = ""


_head = msgspec.json.Decoder(_Head)


def audio_in(frame: bytes) -> int | None:
    """The bytes of raw audio in a client's append; None if the frame is anything else.

    Escapes (many an encoder writes `/` as `\\/`) are read the slow way: one might stand for any letter of the type.
    """
    if (plain := audio_alone_in(frame)) is not None:
        return plain
    if b"\\" not in frame and b"input_audio_buffer.append" not in frame:
        return None
    try:
        head = _head.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the provider says what is wrong with it
    return decoded_size(head.audio) if head.type == "input_audio_buffer.append" else None


def audio_alone_in(frame: bytes) -> int | None:
    """The same, where the append has nothing but its audio, no id either; as most clients write it.

    It asks for the whole shape, up to the closing brace: a looser match would let a second `type` key pass.
    """
    if not (frame.startswith(_APPEND) and frame.endswith(b'"}')) or b"\\" in frame:
        return None
    last = len(frame) - 2
    if frame.find(b'"', _BEGIN) != last:
        return None
    padding = (frame[last - 1] == _PAD) + (frame[last - 2] == _PAD) if last - _BEGIN > 1 else 0
    return max(0, (last - _BEGIN) * 3 // 4 - padding)
