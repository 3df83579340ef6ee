"""How far a client secret reaches, as whoever has it made says it."""

from typing import Annotated

import msgspec

from octi.access_config import origin_of
from octi.directory.proving import Bounds
from octi.errors import BadMessage
from octi.web.bodies import Word


class SecretBounds(msgspec.Struct):
    """What octi's own client secrets can be bound to, beside their time and session."""

    origin: Annotated[Word, msgspec.Meta(description="Only for pages of this origin, as browsers write it.")] | None = (
        None
    )
    once: Annotated[bool, msgspec.Meta(description="For one socket or call; by default it opens many.")] | None = None


def bounds_in(wanted: SecretBounds | None) -> Bounds:
    """The bounds that are wanted. Raises BadMessage."""
    if wanted is None:
        return Bounds()
    origin = origin_of(wanted.origin or "")
    if wanted.origin and not origin:
        raise BadMessage("must be an origin as browsers write it, such as https://app.example", "origin")
    return Bounds(origin=origin, once=bool(wanted.once))
