"""One part of what holds for somebody: fields that a narrower rule may leave to a wider one."""

from typing import Self

import msgspec


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Rules about one subject. A field that is None is as a wider rule has it."""

    def over(self, wider: Self) -> Self:
        """These rules; what they leave out, as wider ones have it."""
        return type(self)(
            **{
                name: getattr(wider, name) if (own := getattr(self, name)) is None else own
                for name in self.__struct_fields__
            }
        )
