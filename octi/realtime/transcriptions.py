"""The words of what the user spoke: whose are still to come, and what became of them. Pure."""

from collections.abc import Mapping

import attrs

from octi.realtime.entry import Entry
from octi.realtime.events import ItemRetrieved, ServerEvent, UserWords, UserWordsFailed
from octi.records import Role, Transcription


@attrs.define
class Transcriptions:
    """Follows one leg's. Somebody may be kept waiting by words that are to come, but need not for ever."""

    _unwritten: dict[str, Entry] = attrs.field(factory=dict)  # by the provider's id
    _patience: set[str] = attrs.field(factory=set)  # those of them that keep somebody waiting

    @property
    def keep_waiting(self) -> bool:
        """Is somebody kept waiting by words that are still to come?"""
        return bool(self._patience)

    def hurry(self) -> None:
        """Nobody waits any longer; words that come all the same are taken in as always."""
        self._patience.clear()

    @property
    def unwritten(self) -> Mapping[str, int]:
        """The items whose words are still to come, with their milliseconds."""
        return {item: (entry.end_ms or 0) - entry.start_ms for item, entry in self._unwritten.items()}

    def spoken(self, entry: Entry, *, transcribed: bool) -> None:
        """The user has spoken an item. Its words may have come before."""
        entry.role = Role.USER
        if entry.transcription is None:
            self._become(entry, Transcription.AWAITED if transcribed else Transcription.OFF)

    def hear(self, entry: Entry, event: ServerEvent) -> None:
        """Words came, or did not."""
        match event:
            case UserWords(transcript=words):
                self._write(entry, words)
            case UserWordsFailed():
                self._become(entry, Transcription.FAILED)
            case ItemRetrieved(item=item) if item.words and entry.role is Role.USER and not entry.words:
                self._write(entry, item.words)
            case _:
                pass

    def lose(self, item: str) -> Entry | None:
        """The words of an item will not come any more: its entry, if they were to."""
        if entry := self._unwritten.get(item):
            self._become(entry, Transcription.MISSING)
        return entry

    def forget(self, entry: Entry) -> None:
        """The item is gone; its words, if they come, are nobody's concern."""
        self._unwritten.pop(entry.id, None)
        self._patience.discard(entry.id)

    def close(self) -> None:
        """None will come any more."""
        for item in list(self._unwritten):
            self.lose(item)

    def _write(self, entry: Entry, words: str) -> None:
        entry.settle_words(words.strip())
        self._become(entry, Transcription.DONE)

    def _become(self, entry: Entry, became: Transcription) -> None:
        entry.transcription = became
        self.forget(entry)
        if became is Transcription.AWAITED:
            self._unwritten[entry.id] = entry
            self._patience.add(entry.id)
