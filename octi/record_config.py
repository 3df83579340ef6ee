"""The settings of recordings; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` and `part` make attrs fields, but ruff only knows `attrs.field` by its name

from enum import StrEnum

import attrs

from octi.settings import one_of, setting, switch, text


class RecordKind(StrEnum):
    """What is recorded of sessions. WIRE: all that their sockets receive and send."""

    OFF = "off"
    WIRE = "wire"


@attrs.frozen(kw_only=True)
class RecordConfig:
    """Cassettes of sessions, to be replayed."""

    kind: RecordKind = setting(
        "OCTI_RECORD",
        "Record sessions for octi replay: off, wire (all that goes over their sockets, but for secrets).",
        one_of(RecordKind),
        "off",
    )
    folder: str = setting(
        "OCTI_RECORD_FOLDER", "Where recordings are kept; only their owner can read them.", text, "cassettes"
    )
    voices: bool = setting(
        "OCTI_RECORD_VOICES", "Whether recordings keep the sound; they keep the words anyway: on, off.", switch, "on"
    )
