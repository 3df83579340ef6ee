"""Which of the user's turns the agent owes an answer to. Pure."""

import attrs

from octi.engine.items import Entry


@attrs.define(eq=False)
class Dues:
    """One conversation's. A turn is answered once it is understood to be more than noise; one answer is to all of them.

    due: there is something to answer, and no answer was begun since.
    """

    due: bool = False
    _unheard: set[Entry] = attrs.field(factory=set)  # turns whose words are not known yet

    @property
    def waiting(self) -> bool:
        """Is a turn about to be understood?"""
        return bool(self._unheard)

    def spoke(self, turn: Entry) -> None:
        """The user said something that is to be answered, if it is anything."""
        self._unheard.add(turn)

    def understood(self, turn: Entry, *, answerable: bool) -> None:
        """What it was is known now."""
        if turn in self._unheard:
            self._unheard.remove(turn)
            self.due |= answerable

    def answered(self) -> None:
        """An answer begins: it is to everything that was said, and waits for the words that are not known yet."""
        self.due = False
        self._unheard.clear()
