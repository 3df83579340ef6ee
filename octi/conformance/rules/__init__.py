"""The rules, by what they are about."""

from collections.abc import Sequence

from octi.conformance.rule import Rule
from octi.conformance.rules import (
    buffer,
    calls,
    errors,
    handshake,
    hearing,
    items,
    order,
    responses,
    session,
    shapes,
    speaking,
    stopping,
    transcription,
)

RULES: Sequence[Rule] = (
    *handshake.RULES,
    *session.RULES,
    *errors.RULES,
    *buffer.RULES,
    *items.RULES,
    *responses.RULES,
    *stopping.RULES,
    *calls.RULES,
    *speaking.RULES,
    *hearing.RULES,
    *transcription.RULES,
    *shapes.RULES,
    *order.RULES,
)
