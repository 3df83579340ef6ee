"""Rules of the conversation's items: created, told again, deleted. Truncating them is in `speaking`."""

from octi.conformance.dialogue import Server, Wire
from octi.conformance.rule import rule
from octi.conformance.values import Event, at, expect, same, text


def message(words: str, role: str = "user", **fields: object) -> Event:
    """A line that the client adds."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": words}], **fields}


def create(item: Event, **fields: object) -> Event:
    """The event that adds it."""
    return {"type": "conversation.item.create", "item": item, **fields}


async def add(wire: Wire, item: Event, **fields: object) -> Event:
    """Add an item: the `conversation.item.done` of it."""
    await wire.send(create(item, **fields))
    added = await wire.until("conversation.item.added")
    done = await wire.until("conversation.item.done")
    same(done, "item.id", at(added, "item.id"))
    return done


async def retrieved(wire: Wire, item_id: str) -> Event:
    """The `conversation.item.retrieved` of an item."""
    return await wire.ask({"type": "conversation.item.retrieve", "item_id": item_id}, "conversation.item.retrieved")


@rule("conversation.item.create")
async def a_created_item_is_added_and_done(server: Server) -> Event:
    """`conversation.item.create` is answered by `conversation.item.added`, then `.done`, with the whole item."""
    async with server.session() as wire:
        await wire.send(create(message("Hello.")))
        added = await wire.next()
        same(added, "type", "conversation.item.added")
        done = await wire.next()
        same(done, "type", "conversation.item.done")
        for event in (added, done):
            text(event, "item.id")
            same(event, "item.object", "realtime.item")
            same(event, "item.type", "message")
            same(event, "item.role", "user")
            same(event, "item.status", "completed")
            same(event, "item.content", [{"type": "input_text", "text": "Hello."}])
        return done


@rule("conversation.item.create")
async def the_client_may_choose_an_id(server: Server) -> Event:
    """An item keeps the id that its client gave it; others get one of their own."""
    async with server.session() as wire:
        event = await add(wire, message("Hello.", id="octi_check_mine"))
        same(event, "item.id", "octi_check_mine")
        other = await add(wire, message("Hello."))
        expect(at(other, "item.id") != "octi_check_mine", "two items have one id", other)
        return event


@rule("conversation.item.create")
async def an_id_is_given_once(server: Server) -> Event:
    """A second item of the same id is refused with `item_create_duplicate_item_id`."""
    async with server.session() as wire:
        await add(wire, message("Hello.", id="octi_check_mine"))
        event = await wire.refused(create(message("Hello?", id="octi_check_mine")))
        same(event, "error.code", "item_create_duplicate_item_id")
        return event


@rule("conversation.item.create")
async def an_id_has_at_most_32_characters(server: Server) -> Event:
    """An id of 32 characters is taken; a longer one is refused, and the error names `item.id`."""
    async with server.session() as wire:
        await add(wire, message("Hello.", id="x" * 32))
        event = await wire.refused(create(message("Hello.", id="x" * 33)))
        same(event, "error.param", "item.id")
        return event


@rule("conversation.item.create")
async def items_stand_at_the_end_unless_it_is_said(server: Server) -> Event:
    """An item without `previous_item_id` stands behind the last one, and says behind which."""
    async with server.session() as wire:
        await add(wire, message("One.", id="octi_check_1"))
        event = await add(wire, message("Two.", id="octi_check_2"))
        same(event, "previous_item_id", "octi_check_1")
        return event


@rule("conversation.item.create")
async def root_is_the_front(server: Server) -> Event:
    """An item with `previous_item_id: "root"` stands before all others: nothing is before it."""
    async with server.session() as wire:
        await add(wire, message("One.", id="octi_check_1"))
        event = await add(wire, message("Zero.", id="octi_check_0"), previous_item_id="root")
        expect(event.get("previous_item_id") in {None, "root"}, "something stands before it", event)
        last = await add(wire, message("Two.", id="octi_check_2"))
        same(last, "previous_item_id", "octi_check_1")
        return event


@rule("conversation.item.create")
async def an_item_may_stand_behind_any_other(server: Server) -> Event:
    """An item with another's id as `previous_item_id` stands right behind that."""
    async with server.session() as wire:
        await add(wire, message("One.", id="octi_check_1"))
        await add(wire, message("Three.", id="octi_check_3"))
        event = await add(wire, message("Two.", id="octi_check_2"), previous_item_id="octi_check_1")
        same(event, "previous_item_id", "octi_check_1")
        last = await add(wire, message("Four.", id="octi_check_4"))
        same(last, "previous_item_id", "octi_check_3")
        return event


@rule("conversation.item.create")
async def an_unknown_previous_item_is_refused(server: Server) -> Event:
    """An item that should stand behind one that there is not is refused, and not added."""
    async with server.session() as wire:
        event = await wire.refused(create(message("Hello.", id="octi_check_1"), previous_item_id="octi_check_none"))
        same(event, "error.param", "previous_item_id")
        refused = await wire.refused({"type": "conversation.item.retrieve", "item_id": "octi_check_1"})
        same(refused, "error.code", "item_retrieve_invalid_item_id")
        return event


@rule("conversation.item.create")
async def a_history_can_be_written_again(server: Server) -> Event:
    """Lines of the system, the user and the agent, a function call and its output are taken, as after a reconnect."""
    async with server.session() as wire:
        await add(wire, message("Be kind.", "system"))
        await add(wire, message("What time is it?"))
        call = {"type": "function_call", "call_id": "call_octi_check", "name": "clock", "arguments": "{}"}
        event = await add(wire, call)
        for name, value in call.items():
            same(event, f"item.{name}", value)
        output = {"type": "function_call_output", "call_id": "call_octi_check", "output": '{"time": "noon"}'}
        event = await add(wire, output)
        for name, value in output.items():
            same(event, f"item.{name}", value)
        event = await add(wire, message("It is noon.", "assistant"))
        same(event, "item.content", [{"type": "output_text", "text": "It is noon."}])
        return event


@rule("conversation.item.create")
async def each_role_has_its_kinds_of_content(server: Server) -> Event:
    """A user has no `output_text`, the system and the agent no `input_audio`; beta's `text` is none at all."""
    async with server.session() as wire:
        for role, kind in (
            ("user", "output_text"),
            ("system", "input_audio"),
            ("assistant", "input_text"),
            ("user", "text"),
        ):
            item = {"type": "message", "role": role, "content": [{"type": kind, "text": "Hello."}]}
            event = await wire.refused(create(item))
            same(event, "error.type", "invalid_request_error")
            same(event, "error.param", "item.content[0].type")
        return event


@rule("conversation.item.create")
async def an_unknown_kind_of_item_is_refused(server: Server) -> Event:
    """An item of a type that there is not is refused, and the error names `item.type`."""
    async with server.session() as wire:
        event = await wire.refused(create({"type": "poem", "text": "Roses are red."}))
        same(event, "error.code", "invalid_value")
        same(event, "error.param", "item.type")
        return event


@rule("conversation.item.create")
async def an_item_needs_its_fields(server: Server) -> Event:
    """A message without a role, and a function's output without its call or its text, are refused by name."""
    async with server.session() as wire:
        said = [{"type": "input_text", "text": "Hello."}]
        for item, param in (
            ({"type": "message", "content": said}, "item.role"),
            ({"type": "function_call_output", "output": "1"}, "item.call_id"),
            ({"type": "function_call", "call_id": "call_1", "arguments": "{}"}, "item.name"),
        ):
            event = await wire.refused(create(item))
            same(event, "error.code", "missing_required_parameter")
            same(event, "error.param", param)
        return event


@rule("conversation.item.retrieve")
async def an_item_can_be_retrieved(server: Server) -> Event:
    """`conversation.item.retrieve` tells an item again, as it stands."""
    async with server.session() as wire:
        done = await add(wire, message("Hello."))
        item_id = at(done, "item.id")
        event = await retrieved(wire, item_id)
        same(event, "item.id", item_id)
        same(event, "item.content", at(done, "item.content"))
        return event


@rule("conversation.item.delete")
async def an_item_can_be_deleted(server: Server) -> Event:
    """`conversation.item.delete` is acknowledged; the item is gone, and its place is closed."""
    async with server.session() as wire:
        for number in (1, 2):
            await add(wire, message("Hello.", id=f"octi_check_{number}"))
        gone = {"item_id": "octi_check_2"}
        event = await wire.ask({"type": "conversation.item.delete", **gone}, "conversation.item.deleted")
        same(event, "item_id", "octi_check_2")
        refused = await wire.refused({"type": "conversation.item.retrieve", **gone})
        same(refused, "error.code", "item_retrieve_invalid_item_id")
        same(await add(wire, message("Hello.")), "previous_item_id", "octi_check_1")
        return event


@rule("errors")
async def an_unknown_item_is_refused_by_its_own_code(server: Server) -> Event:
    """Retrieving, deleting and truncating what is not there have codes of their own."""
    async with server.session() as wire:
        for doing in ("retrieve", "delete", "truncate"):
            place = {"content_index": 0, "audio_end_ms": 0} if doing == "truncate" else {}
            event = await wire.refused({"type": f"conversation.item.{doing}", "item_id": "octi_check_none", **place})
            same(event, "error.code", f"item_{doing}_invalid_item_id")
        return event


RULES = (
    a_created_item_is_added_and_done,
    the_client_may_choose_an_id,
    an_id_is_given_once,
    an_id_has_at_most_32_characters,
    items_stand_at_the_end_unless_it_is_said,
    root_is_the_front,
    an_item_may_stand_behind_any_other,
    an_unknown_previous_item_is_refused,
    a_history_can_be_written_again,
    each_role_has_its_kinds_of_content,
    an_unknown_kind_of_item_is_refused,
    an_item_needs_its_fields,
    an_item_can_be_retrieved,
    an_item_can_be_deleted,
    an_unknown_item_is_refused_by_its_own_code,
)
