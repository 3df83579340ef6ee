"""The Realtime door under a policy: what the client says is sifted before the door, what it is told behind it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog

from octi.errors import BadMessage, OctiError
from octi.guard.asking import TEXTS, Event, allowed, refused_field
from octi.guard.policy import Policy
from octi.guard.reading import check_head, name_of, read_client_event
from octi.guard.sight import NOTHING, Sight
from octi.realtime.arbiter import Arbiter
from octi.realtime.events import STREAMED, ItemDeleted, ServerEvent, SessionCreated, SessionUpdated
from octi.realtime.passthrough import RealtimeDoor, error_event
from octi.realtime.requests import fields_of
from octi.realtime.sniff import audio_alone_in
from octi.realtime.steps import Steps, ToClient, ToProvider

log = structlog.get_logger("octi.session")

MOST_LINES = 8  # about what was refused, of one session
NO_SUCH_ITEM = {
    "conversation.item.retrieve": "item_retrieve_invalid_item_id",
    "conversation.item.truncate": "item_truncate_invalid_item_id",
    "conversation.item.delete": "item_delete_invalid_item_id",
}


class PolicedDoor:
    """A Realtime door whose client may not say, or not see, everything.

    preset: what the session's maker said of it, beside what is in force: to say it again changes nothing.
    """

    def __init__(self, door: RealtimeDoor, policy: Policy, preset: Mapping[str, Any] | None = None) -> None:
        self._door, self._policy, self._sight = door, policy, Sight(policy.hide)
        self._preset: Mapping[str, Any] = preset or {}
        self._in_force: Sequence[Mapping[str, Any]] = ()
        self._errors = self._lines = 0
        self._restricts = policy.restricts
        self._passes_sound = policy.events.lets("input_audio_buffer.append")

    @property
    def name(self) -> str:
        """See `Door.name`."""
        return self._door.name

    @property
    def renews(self) -> bool:
        """See `Door.renews`."""
        return self._door.renews

    @property
    def arbiter(self) -> Arbiter:
        """See `Door.arbiter`."""
        return self._door.arbiter

    @property
    def wake_at(self) -> float | None:
        """See `Door.wake_at`."""
        return self._door.wake_at

    def opened(self, session: msgspec.Raw) -> Steps:
        """See `Door.opened`."""
        told = self._door.opened(self._sight.session(session))
        self._configured(session, told)
        return told

    def lost(self) -> None:
        """See `Door.lost`."""
        self._door.lost()

    def cut(self, now: float) -> Steps:
        """See `Door.cut`."""
        return self._door.cut(now)

    def wake(self, now: float) -> Steps:
        """See `Door.wake`."""
        return self._door.wake(now)

    def trouble(self, error: OctiError) -> Steps:
        """See `Door.trouble`."""
        return self._door.trouble(error)

    def notice(self, text: str) -> Steps:
        """See `Door.notice`."""
        return self._door.notice(text)

    # The client

    def from_client(self, data: bytes, *, text: bool, now: float) -> Steps:
        """A client's event: the door is given it written anew, or the client is told why not.

        Audio alone passes as it came: its whole shape is plain.
        """
        if not text or not self._restricts:
            return self._door.from_client(data, text=text, now=now)
        if self._passes_sound and (size := audio_alone_in(data)) is not None:
            self._door.arbiter.user_sound(now)  # as the door does, which would look at all of it again
            return [ToProvider(data, size)]
        event: Event = {}
        try:
            event = read_client_event(data)
            check_head(event)
            self._check_item(event)
            found = allowed(event, self._policy, [*self._in_force, self._preset])
            said = msgspec.json.encode(found.event)
        except BadMessage as refusal:
            return [self._refused(refusal, event)]
        except (UnicodeEncodeError, OverflowError):  # it could be read, and cannot be written
            return [self._refused(BadMessage("Invalid event.", None, "invalid_json"), event)]
        missing = [self._refused(refused_field(name, "the rest counts"), event) for name in found.left_out[:1]]
        return [*missing, *self._door.from_client(said, text=True, now=now)]

    def _check_item(self, event: Event) -> None:
        """Of an item that the client does not see there is none."""
        code, item = NO_SUCH_ITEM.get(event["type"]), event.get("item_id")
        if code and isinstance(item, str) and self._sight.places.is_unseen(item):
            raise BadMessage(f"Item with item_id '{item}' not found.", "item_id", code)

    def _refused(self, refusal: BadMessage, event: Event) -> ToClient:
        kind = event.get("type")
        known = isinstance(kind, str) and kind in TEXTS
        if self._lines < MOST_LINES:
            self._lines += 1
            log.info("event refused", type=kind if known else "…", code=refusal.code)
        self._errors += 1
        return ToClient(
            error_event(
                refusal.problem,
                refusal.code,
                event_id=f"event_octi_policy_{self._errors}",
                param=refusal.param,
                about=name_of(event),
            )
        )

    # The provider

    def from_provider(self, frame: bytes, event: ServerEvent, now: float) -> Steps:
        """A provider's event, as far as the client sees it."""
        steps = self._door.from_provider(frame, event, now)
        if type(event) in STREAMED:
            return steps
        if self._policy.hide:
            steps = self._seen(steps, event)
        if isinstance(event, SessionCreated | SessionUpdated):
            self._configured(fields_of(frame).get("session", NOTHING), steps)
        return steps

    def _seen(self, steps: Steps, event: ServerEvent) -> Steps:
        """What the door does for an event, without what the client does not see."""
        self._sight.note(event, passes=any(isinstance(step, ToClient) for step in steps))
        seen: Steps = []
        for step in steps:
            if not isinstance(step, ToClient):
                seen.append(step)
            elif (frame := self._sight.seen(step.data, event)) is not None:
                seen.append(msgspec.structs.replace(step, data=frame))
        if isinstance(event, ItemDeleted):
            self._sight.places.lose(event.item_id)
        return seen

    def _configured(self, session: msgspec.Raw, told: Steps) -> None:
        """A configuration is in force, and the client was told of it: saying either again changes nothing."""
        shown = [fields_of(step.data).get("session", NOTHING) for step in told if isinstance(step, ToClient)]
        self._in_force = [found for each in (session, *shown) if isinstance(found := msgspec.json.decode(each), dict)]
