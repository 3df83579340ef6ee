"""The settings of recordings; `octi.config` puts them with the others."""

from enum import StrEnum

import attrs

from octi.settings import setting, switch, text, whole

MEBIBYTE = 1 << 20
LONGEST_WAV = 4_000_000_000  # bytes: the format's lengths are numbers of 32 bits


class RecordKind(StrEnum):
    """What is recorded of sessions. WIRE: all that their sockets receive and send. AUDIO: both voices, as heard."""

    WIRE = "wire"
    AUDIO = "audio"


OFF = "off"


def record_kinds(said: str) -> frozenset[RecordKind]:
    """Off, or kinds with commas between; capitals do not matter."""
    names = [name.strip() for name in said.lower().split(",")]
    if names == [OFF]:
        return frozenset()
    try:
        return frozenset(map(RecordKind, names))
    except ValueError:
        raise ValueError(f"{OFF}, {', '.join(RecordKind)}, or several of the latter with commas between") from None


@attrs.frozen(kw_only=True)
class RecordConfig:
    """Cassettes of sessions, to be replayed, and their sound, to be listened to."""

    kinds: frozenset[RecordKind] = setting(
        "OCTI_RECORD",
        "What is recorded of sessions: off, wire (all that goes over their sockets, but for secrets, for octi replay), "
        "audio (both voices, as one stereo file); wire,audio for both.",
        record_kinds,
        "off",
    )
    folder: str = setting("OCTI_RECORD_FOLDER", "Where cassettes are kept; only their owner can read them.", text,
                          "cassettes")  # fmt: skip
    voices: bool = setting(
        "OCTI_RECORD_VOICES", "Whether cassettes keep the sound; they keep the words anyway: on, off.", switch, "on"
    )
    audio_folder: str = setting(
        "OCTI_RECORD_AUDIO_FOLDER", "Where sound is kept; only its owner can read it.", text, "recordings"
    )
    budget_bytes: int = setting(
        "OCTI_RECORD_BUDGET_BYTES",
        "How much sound is kept there in all; then the oldest recordings of sessions that are over go.",
        whole(MEBIBYTE, 999_999_999_999),
        str(10_240 * MEBIBYTE),
    )
    session_bytes: int = setting(
        "OCTI_RECORD_SESSION_BYTES",
        "How much sound is kept of one session: a minute is 5.76 million bytes. What comes later is not recorded.",
        whole(MEBIBYTE, LONGEST_WAV),
        str(512 * MEBIBYTE),
    )

    @property
    def wire(self) -> bool:
        """Are cassettes recorded?"""
        return RecordKind.WIRE in self.kinds

    @property
    def audio(self) -> bool:
        """Is sound recorded?"""
        return RecordKind.AUDIO in self.kinds
