"""Instructions as if nothing had been extracted of the user. Pure."""

from collections.abc import Iterator, Sequence

import attrs
import msgspec

from octi.extraction.composer import LayerName, instructions_json
from octi.records import Development, DevelopmentKind
from octi.steering.state import read_state


def without_profile(developments: Sequence[Development]) -> Iterator[Development]:
    """Those instructions, of a session's developments, that tell the profile, as they are to be kept instead.

    Raises StoreFailed for one that octi did not write so.
    """
    for development in developments:
        if development.kind is DevelopmentKind.INSTRUCTIONS:
            told = read_state([development], "").instructions
            silent = told.saying({LayerName.PROFILE: ""})
            body = msgspec.json.decode(development.body, type=dict[str, object])
            cleaned = {**body, "layers": instructions_json(silent), "text": silent.text, "diff": ""}
            if silent != told or LayerName.PROFILE in _changed(body):
                yield attrs.evolve(development, body=msgspec.json.encode(cleaned).decode())


def _changed(body: dict[str, object]) -> Sequence[object]:
    """The layers that these instructions changed: the difference holds the text before as well."""
    changed = body.get("changed")
    return changed if isinstance(changed, list) else []
