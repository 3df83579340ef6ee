"""The session's audio timeline: what the client has sent so far, and where on it the user's turns lie. Pure."""

import attrs

Span = tuple[int, int]  # start and end, in milliseconds of the timeline


@attrs.define
class Timeline:
    """Counts the client's audio. A leg counts its own from 0; the timeline goes on."""

    now_ms: int = 0
    _leg_began_ms: int = 0
    _buffer_began_ms: int = 0  # where the audio that no turn owns yet began
    _odd_bytes: int = 0  # not yet a whole millisecond
    _speech: dict[str, tuple[int, int | None]] = attrs.field(factory=dict)  # by item: start, end

    @property
    def leg_ms(self) -> int:
        """What the leg in use was sent."""
        return self.now_ms - self._leg_began_ms

    def move(self, size: int, bytes_per_ms: int) -> None:
        """The client sent so many bytes."""
        ms, self._odd_bytes = divmod(self._odd_bytes + size, bytes_per_ms)
        self.now_ms += ms

    def go_on(self, from_ms: int | None = None) -> None:
        """Another leg begins, here or where an earlier life of the session ended."""
        self.now_ms = self.now_ms if from_ms is None else from_ms
        self._leg_began_ms = self._buffer_began_ms = self.now_ms

    def start(self, item: str, leg_ms: int) -> None:
        """The user began to speak."""
        self._speech[item] = (self._leg_began_ms + leg_ms, None)

    def stop(self, item: str, leg_ms: int) -> None:
        """The user fell silent."""
        began, _ = self._speech.get(item, (self._buffer_began_ms, None))
        self._speech[item] = (began, self._leg_began_ms + leg_ms)

    def clear(self) -> None:
        """The buffered audio was thrown away."""
        self._speech.clear()
        self._buffer_began_ms = self.now_ms

    def commit(self, item: str) -> Span:
        """The buffered audio is this item's: from where speech began, or from where the buffer did."""
        span = self._span(*self._speech.pop(item, (self._buffer_began_ms, None)))
        self._buffer_began_ms = self.now_ms
        return span

    def uncommitted(self) -> dict[str, Span]:
        """The speech that became no item, by the item that it was to be. It is forgotten here."""
        speech, self._speech = self._speech, {}
        return {item: self._span(*span) for item, span in speech.items()}

    def _span(self, start: int, end: int | None) -> Span:
        return start, self.now_ms if end is None else end
