"""The fields that many events share: their bounds hold, and each says what it means, with an example that fits."""

from typing import Any

import msgspec
import pytest
from msgspec import inspect as types

from octi.realtime.wire import fields


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (fields.Id, "a", ""),
        (fields.Id, "a" * 512, "a" * 513),
        (fields.ClientEventId, "", "a" * 513),
        (fields.NewItemId, "a" * 32, "a" * 33),
        (fields.Milliseconds, 0, -1),
        (fields.Milliseconds, 7, 7.5),
        (fields.Tokens, 0, None),
        (fields.Share, 1, 1.01),
        (fields.Metadata, {"a" * 64: "b" * 512}, {"a" * 65: "b"}),
        (fields.Metadata, {str(number): "" for number in range(16)}, {str(number): "" for number in range(17)}),
    ],
)
def test_what_is_out_of_bounds_is_refused(field: Any, good: object, bad: object) -> None:
    """And what is just within them is not."""
    assert msgspec.convert(good, field) == good
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, field)


NAMES = [name for name, value in vars(fields).items() if hasattr(value, "__metadata__")]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_fits_its_field(name: str) -> None:
    """Else a page would show what is refused."""
    field = vars(fields)[name]
    found = types.type_info(field)
    examples = (found.extra_json_schema or {}).get("examples", ()) if isinstance(found, types.Metadata) else ()
    for example in examples:
        assert msgspec.convert(example, field) == example
