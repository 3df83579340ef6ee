"""Rules of the session: how it begins, and how `session.update` changes it."""

from typing import Any

from octi.conformance.dialogue import Server, Wire, update
from octi.conformance.rule import Need, rule
from octi.conformance.values import Event, among, at, begins, expect, has, same, text, whole

FIELDS = (
    "type",
    "object",
    "id",
    "model",
    "output_modalities",
    "instructions",
    "tools",
    "tool_choice",
    "max_output_tokens",
    "tracing",
    "truncation",
    "prompt",
    "expires_at",
    "audio",
)
INPUT = ("format", "transcription", "noise_reduction", "turn_detection")
OUTPUT = ("format", "voice", "speed")
TOOL = {"type": "function", "name": "octi_check", "description": "Checks.", "parameters": {"type": "object"}}


@rule("session.created")
async def session_created_comes_first(server: Server) -> Event:
    """The first event of a socket is `session.created`, unasked."""
    async with server.door() as wire:
        event = await wire.next()
        same(event, "type", "session.created")
        return event


@rule("session.created")
async def session_created_shows_the_whole_session(server: Server) -> Event:
    """`session.created` has every field of a realtime session, with the model that was asked for."""
    async with server.fresh() as wire:
        event = wire.events[0]
        _whole(event)
        same(event, "session.model", server.model)
        whole(event, "session.expires_at")
        return event


@rule("session.created")
async def a_session_begins_with_the_defaults(server: Server) -> Event:
    """A new session answers by voice, hears turns by itself, takes PCM of 24 kHz, and has no tools."""
    async with server.fresh() as wire:
        event = wire.events[0]
        same(event, "session.output_modalities", ["audio"])
        same(event, "session.tools", [])
        same(event, "session.tool_choice", "auto")
        same(event, "session.max_output_tokens", "inf")
        for side in ("input", "output"):
            same(event, f"session.audio.{side}.format", {"type": "audio/pcm", "rate": 24000})
        among(event, "session.audio.input.turn_detection.type", ("server_vad", "semantic_vad"))
        same(event, "session.audio.input.turn_detection.create_response", True)
        same(event, "session.audio.input.turn_detection.interrupt_response", True)
        return event


@rule("session.update")
async def an_update_may_come_before_session_created_was_read(server: Server) -> Event:
    """A client that updates at once, twice, is answered by `session.created` and then by both acknowledgements."""
    async with server.door() as wire:
        await wire.send(update(instructions="One."), update(instructions="Two."))
        await wire.until("session.created")
        same(await wire.until("session.updated"), "session.instructions", "One.")
        event = await wire.until("session.updated")
        same(event, "session.instructions", "Two.")
        return event


@rule("session.update")
async def an_update_is_acknowledged_with_the_whole_session(server: Server) -> Event:
    """`session.updated` shows all that is in force, not only what was changed."""
    async with server.fresh() as wire:
        event = await wire.ask(update(instructions="Be brief."), "session.updated")
        _whole(event)
        same(event, "session.instructions", "Be brief.")
        same(event, "session.id", at(wire.events[0], "session.id"))
        return event


@rule("session.update")
async def an_update_leaves_alone_what_it_does_not_name(server: Server) -> Event:
    """Updates are merged, field by field, under `audio` as well."""
    async with server.fresh() as wire:
        await wire.ask(update(instructions="Be brief.", audio={"output": {"speed": 1.2}}), "session.updated")
        event = await wire.ask(update(audio={"input": {"turn_detection": None}}), "session.updated")
        same(event, "session.instructions", "Be brief.")
        same(event, "session.audio.output.speed", 1.2)
        same(event, "session.audio.output.voice", at(wire.events[0], "session.audio.output.voice"))
        return event


@rule("session.update")
async def null_and_empty_clear(server: Server) -> Event:
    """`null`, `""` and `[]` take back what was set: turn detection, transcription, instructions, tools."""
    async with server.fresh() as wire:
        heard = {"transcription": {"model": server.transcription_model}}
        await wire.ask(update(instructions="Be brief.", tools=[TOOL], audio={"input": heard}), "session.updated")
        none = {"transcription": None, "turn_detection": None, "noise_reduction": None}
        event = await wire.ask(update(instructions="", tools=[], audio={"input": none}), "session.updated")
        same(event, "session.instructions", "")
        same(event, "session.tools", [])
        for name in none:
            same(event, f"session.audio.input.{name}", None)
        return event


@rule("session.update")
async def a_turn_detection_is_shown_filled_in(server: Server) -> Event:
    """A turn detection that was asked for by its type alone is shown with its switches, which clients decide by."""
    async with server.fresh() as wire:
        await wire.ask(update(audio={"input": {"turn_detection": None}}), "session.updated")
        for kind in ("semantic_vad", "server_vad"):
            event = await wire.ask(update(audio={"input": {"turn_detection": {"type": kind}}}), "session.updated")
            same(event, "session.audio.input.turn_detection.type", kind)
            same(event, "session.audio.input.turn_detection.create_response", True)
            same(event, "session.audio.input.turn_detection.interrupt_response", True)
        return event


@rule("session.update")
async def the_switches_of_a_turn_detection_are_kept(server: Server) -> Event:
    """`create_response` and `interrupt_response` that were set to false are shown so."""
    async with server.fresh() as wire:
        off = {"type": "server_vad", "create_response": False, "interrupt_response": False}
        event = await wire.ask(update(audio={"input": {"turn_detection": off}}), "session.updated")
        for name, value in off.items():
            same(event, f"session.audio.input.turn_detection.{name}", value)
        return event


@rule("session.update")
async def an_update_names_its_type(server: Server) -> Event:
    """An update without `session.type` is refused as a missing parameter."""
    async with server.fresh() as wire:
        event = await wire.refused({"type": "session.update", "session": {"instructions": "No."}})
        same(event, "error.code", "missing_required_parameter")
        same(event, "error.param", "session.type")
        same(event, "error.message", "Missing required parameter: 'session.type'.")
        return event


@rule("session.update")
async def an_unknown_field_is_named(server: Server) -> Event:
    """A field that there is not is refused as an unknown parameter, by its name, also deeper inside."""
    async with server.fresh() as wire:
        await _unknown(wire, "session.bogus_field", update(bogus_field=1))
        return await _unknown(wire, "session.audio.input.bogus", update(audio={"input": {"bogus": 1}}))


async def _unknown(wire: Wire, param: str, event: Event) -> Event:
    refused = await wire.refused(event)
    same(refused, "error.code", "unknown_parameter")
    same(refused, "error.param", param)
    same(refused, "error.message", f"Unknown parameter: '{param}'.")
    return refused


@rule("session.update")
async def a_bad_update_is_discarded_whole(server: Server) -> Event:
    """Where one field of an update is wrong, none of it counts."""
    async with server.fresh() as wire:
        before = await wire.ask(update(instructions="Before."), "session.updated")
        await wire.refused(update(instructions="After.", bogus_field=1))
        await wire.refused(update(instructions="After.", max_output_tokens=0))
        event = await wire.ask(update(), "session.updated")
        expect(at(event, "session") == at(before, "session"), "a part of a refused update is in force", event)
        return event


@rule("session.update")
async def an_equal_model_may_be_repeated(server: Server) -> Event:
    """Clients send the model of the address again: that is no change."""
    async with server.fresh() as wire:
        model = at(wire.events[0], "session.model")
        event = await wire.ask(update(model=model), "session.updated")
        same(event, "session.model", model)
        return event


@rule("session.update")
async def the_model_cannot_be_changed(server: Server) -> Event:
    """Another model is refused; a session has one."""
    async with server.fresh() as wire:
        event = await wire.refused(update(model="another-model-octi-check"))
        same(event, "error.type", "invalid_request_error")
        return event


@rule("session.update")
async def the_type_cannot_be_changed(server: Server) -> Event:
    """A realtime session does not become a transcription session."""
    async with server.fresh() as wire:
        event = await wire.refused({"type": "session.update", "session": {"type": "transcription"}})
        same(
            event,
            "error.message",
            "Passing a transcription session update event to a realtime session is not allowed.",
        )
        return event


@rule("session.update")
async def pcm_has_one_rate(server: Server) -> Event:
    """PCM of another rate than 24 000 is refused with `integer_below_min_value`."""
    async with server.fresh() as wire:
        slow = {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}
        event = await wire.refused(update(audio=slow))
        same(event, "error.code", "integer_below_min_value")
        same(event, "error.param", "session.audio.input.format.rate")
        return event


@rule("session.update")
async def what_there_is_not_is_refused(server: Server) -> Event:
    """A turn detection, a format and a tool of a type that there is not are refused, each by its name."""
    async with server.fresh() as wire:
        for odd, param in (
            (update(audio={"input": {"turn_detection": {"type": "octi_check"}}}), "session.audio.input.turn_detection"),
            (update(audio={"input": {"format": {"type": "audio/octi"}}}), "session.audio.input.format"),
            (update(audio={"output": {"format": {"type": "audio/octi"}}}), "session.audio.output.format"),
            (update(tools=[{"type": "octi_check", "name": "f"}]), "session.tools"),
        ):
            event = await wire.refused(odd)
            same(event, "error.type", "invalid_request_error")
            begins(event, "error.param", param)
        return event


@rule("session.update")
async def the_telephone_formats_are_taken(server: Server) -> Event:
    """Both sides may speak G.711; such a format is shown without a rate."""
    async with server.fresh() as wire:
        for kind in ("audio/pcmu", "audio/pcma"):
            sides: dict[str, Any] = {"input": {"format": {"type": kind}}, "output": {"format": {"type": kind}}}
            event = await wire.ask(update(audio=sides), "session.updated")
            same(event, "session.audio.input.format.type", kind)
            same(event, "session.audio.output.format.type", kind)
        return event


@rule("session.update")
async def an_answer_has_one_modality(server: Server) -> Event:
    """`output_modalities` is `["audio"]` or `["text"]`; both at once are refused."""
    async with server.fresh() as wire:
        event = await wire.ask(update(output_modalities=["text"]), "session.updated")
        same(event, "session.output_modalities", ["text"])
        event = await wire.refused(update(output_modalities=["audio", "text"]))
        begins(event, "error.param", "session.output_modalities")
        return event


@rule("session.update")
async def the_number_of_tokens_is_bounded(server: Server) -> Event:
    """`max_output_tokens` is 1 to 4096, or `"inf"`."""
    async with server.fresh() as wire:
        for wrong in (0, 4097):
            event = await wire.refused(update(max_output_tokens=wrong))
            same(event, "error.param", "session.max_output_tokens")
        for right in (1, 4096, "inf"):
            event = await wire.ask(update(max_output_tokens=right), "session.updated")
            same(event, "session.max_output_tokens", right)
        return event


@rule("session.update")
async def tools_are_shown_as_they_were_declared(server: Server) -> Event:
    """A function, flat and not nested, and the choice of it, come back in `session.updated`."""
    async with server.fresh() as wire:
        choice = {"type": "function", "name": "octi_check"}
        event = await wire.ask(update(tools=[TOOL], tool_choice=choice), "session.updated")
        has(event, "session.tools[0]", tuple(TOOL))
        for name, value in TOOL.items():
            same(event, f"session.tools[0].{name}", value)
        same(event, "session.tool_choice", choice)
        return event


@rule("session.update", Need.VOICE)
async def the_voice_is_locked_by_the_first_sound(server: Server) -> Event:
    """After the agent's first audio another voice is refused with `cannot_update_voice`; the same one is not."""
    async with server.session(audio={"input": {"turn_detection": None}, "output": {"voice": "marin"}}) as wire:
        await wire.ask({"type": "response.create"}, "response.output_audio.delta")
        await wire.until("response.done")
        event = await wire.refused(update(audio={"output": {"voice": "cedar"}}))
        same(event, "error.code", "cannot_update_voice")
        same(
            event,
            "error.message",
            "Cannot update a conversation's voice if assistant audio is present.",
        )
        return await wire.ask(update(audio={"output": {"voice": "marin"}}), "session.updated")


def _whole(event: Event) -> None:
    """Every field of a realtime session is there. Raises Broken."""
    same(event, "session.type", "realtime")
    same(event, "session.object", "realtime.session")
    has(event, "session", FIELDS)
    has(event, "session.audio.input", INPUT)
    has(event, "session.audio.output", OUTPUT)
    text(event, "session.id")


RULES = (
    session_created_comes_first,
    session_created_shows_the_whole_session,
    a_session_begins_with_the_defaults,
    an_update_may_come_before_session_created_was_read,
    an_update_is_acknowledged_with_the_whole_session,
    an_update_leaves_alone_what_it_does_not_name,
    null_and_empty_clear,
    a_turn_detection_is_shown_filled_in,
    the_switches_of_a_turn_detection_are_kept,
    an_update_names_its_type,
    an_unknown_field_is_named,
    a_bad_update_is_discarded_whole,
    an_equal_model_may_be_repeated,
    the_model_cannot_be_changed,
    the_type_cannot_be_changed,
    pcm_has_one_rate,
    what_there_is_not_is_refused,
    the_telephone_formats_are_taken,
    an_answer_has_one_modality,
    the_number_of_tokens_is_bounded,
    tools_are_shown_as_they_were_declared,
    the_voice_is_locked_by_the_first_sound,
)
