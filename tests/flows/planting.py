"""Secrets that a test plants, and a log that is searched for them in every spelling."""

import json
from base64 import b64encode
from collections.abc import Iterator
from itertools import count
from urllib.parse import quote, quote_plus

import attrs


@attrs.define
class Plants:
    """What was planted so far, each by what it is."""

    by_name: dict[str, str] = attrs.field(factory=dict)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    def words(self, name: str) -> str:
        """A sentence that nobody else says, with what is spelt differently elsewhere."""
        return self.note(name, f'word{next(self._numbers)}x in Zürich, "quoted" & 50% of a/b, {name}')

    def note(self, name: str, said: str) -> str:
        """Something that must be nowhere."""
        self.by_name[name] = said
        return said

    def found_in(self, log: str) -> dict[str, str]:
        """What of it stands in a log, and how it is spelt there."""
        spelt = {name: [each for each in spellings(said) if each in log] for name, said in self.by_name.items()}
        return {name: found[0] for name, found in spelt.items() if found}


def spellings(said: str) -> list[str]:
    """A text as it might stand in a log: as it is, in code, in JSON, in an address, in base64; of words the first."""
    raw = said.encode()
    whole = [said, repr(said)[1:-1], json.dumps(said)[1:-1], json.dumps(json.dumps(said))[3:-3]]
    coded = [quote(said), quote_plus(said), quote(said, safe=""), raw.hex()]
    inside = [b64encode(b"." * shift + raw).decode()[4:-4] for shift in range(3)]
    return [*whole, *coded, *inside, said.split(" ")[0]]
