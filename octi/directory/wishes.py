"""What somebody wants of a session, as the session object that its provider understands. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import msgspec

from octi.config import Agent
from octi.engine.complaints import complaint
from octi.errors import BadMessage
from octi.extraction.composer import Instructions, LayerName, session_layer
from octi.extraction.schema import read_schema
from octi.nesting import tangle_in
from octi.realtime.merging import merged
from octi.realtime.own_calls import merged_tools
from octi.records import Extraction

TRANSCRIPTION = "transcription"  # the type of a session that only writes down what is said
SECRET_FIELDS = frozenset({"authorization", "headers"})


@attrs.frozen(kw_only=True)
class Wish:
    """A session that somebody wants. What is empty is as configured."""

    door: str = "http"  # by which of octi's doors it was asked for
    model: str = ""
    voice: str = ""
    text_only: bool = False  # the agent writes, and does not speak
    transcribe: bool = True  # the user's words are wanted: without them there is half a transcript
    language: str = ""  # of the user, as ISO 639-1 has it
    instructions: str = attrs.field(default="", repr=False)
    schema: str = ""  # JSON Schema of the profile
    extraction: Extraction | None = None
    config: Mapping[str, Any] = attrs.field(factory=dict, repr=False)  # more of the provider's session object


class _Voice(msgspec.Struct):
    id: str


class _Output(msgspec.Struct):
    voice: str | _Voice | None = None


class _Transcription(msgspec.Struct):
    language: str | None = None


class _Input(msgspec.Struct):
    transcription: _Transcription | None = None


class _Audio(msgspec.Struct):
    input: _Input | None = None
    output: _Output | None = None


class Preset(msgspec.Struct):
    """What octi itself reads of a session object; the rest is the provider's affair."""

    type: str = "realtime"
    model: str | None = None
    instructions: str | None = None
    output_modalities: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    audio: _Audio | None = None

    @property
    def transcribes(self) -> bool:
        """Does nobody answer?"""
        return self.type == TRANSCRIPTION

    @property
    def text_only(self) -> bool:
        """Does the agent write, and not speak?"""
        return self.output_modalities == ["text"]

    @property
    def voice(self) -> str:
        """The agent's voice; "" if it has none, or none is named."""
        voice = self.audio.output.voice if self.audio and self.audio.output and not self.text_only else None
        return voice.id if isinstance(voice, _Voice) else voice or ""

    @property
    def language(self) -> str:
        """The user's language; "" if none is named."""
        heard = self.audio.input.transcription if self.audio and self.audio.input else None
        return (heard.language if heard else None) or ""


def read_preset(config: Mapping[str, Any]) -> Preset:
    """What a session object says. Raises BadMessage, with the field at fault."""
    try:
        return msgspec.convert(config, Preset)
    except msgspec.ValidationError as error:
        raise complaint(error, "session", ()) from None


def session_config(wish: Wish, agent: Agent, model: str) -> dict[str, Any]:
    """The session object that a wish asks for. `model`: the one for those who name none. Raises BadMessage."""
    text_only = wish.text_only or read_preset(wish.config).text_only
    wanted: dict[str, Any] = {"model": wish.model or model}
    if text_only:
        wanted["output_modalities"] = ["text"]
    elif wish.voice:
        wanted["audio"] = {"output": {"voice": wish.voice}}
    if wish.transcribe:
        language = {"language": wish.language} if wish.language else {}
        heard = {"input": {"transcription": {"model": agent.transcription_model, **language}}}
        wanted["audio"] = {**wanted.get("audio", {}), **heard}
    if wish.instructions:
        wanted["instructions"] = wish.instructions
    return completed(merged(wanted, wish.config), agent, model)


def completed(config: Mapping[str, Any], agent: Agent, model: str) -> dict[str, Any]:
    """A session object with what its maker left out: type, model, voice, and the prompt that the provider keeps.

    Raises BadMessage.
    """
    preset = read_preset(config)
    wanted: dict[str, Any] = {"type": "realtime", "model": model}
    if not preset.text_only:
        wanted["audio"] = {"output": {"voice": agent.voice}}
    if agent.prompt_id:
        wanted["prompt"] = {"id": agent.prompt_id}
    return merged(wanted, {name: value for name, value in config.items() if value or name != "model"})


def composed(agent: Agent, instructions: str) -> str:
    """What the agent of a session that nobody made yet is told."""
    return (
        Instructions().saying({LayerName.BASE: agent.prompt, LayerName.SESSION: session_layer(instructions, None)}).text
    )


def preset_with(
    config: Mapping[str, Any], instructions: str, tools: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What a secret presets: a session object with its composed instructions, and octi's tools beside its own."""
    preset = without_instructions(config)
    if instructions:
        preset["instructions"] = instructions
    if tools:
        preset["tools"] = merged_tools(config.get("tools") or (), tools)
    return preset


def without_instructions(config: Mapping[str, Any]) -> dict[str, Any]:
    """A session object as a session keeps it: its instructions are kept apart, in layers."""
    return {name: value for name, value in config.items() if name != "instructions"}


def check_schema(schema: str) -> None:
    """Raises BadMessage, with the field at fault, if a profile's schema cannot be used; "" is the default one."""
    if tangle := tangle_in(schema.encode(errors="replace")):
        raise BadMessage(f"is {tangle}", "schema")
    try:
        value = msgspec.json.decode(schema or "null")
    except msgspec.DecodeError as error:
        raise BadMessage(f"must be JSON: {error}", "schema") from None
    if schema:
        read_schema(value)


def encoded(config: Mapping[str, Any]) -> str:
    """A session object as a record keeps it: without what opens other people's servers."""
    return msgspec.json.encode({**config, **_harmless(config.get("tools"))}).decode()


def _harmless(tools: Any) -> dict[str, Any]:
    """MCP servers without their credentials: those are for the provider, and stored nowhere."""
    if not isinstance(tools, list):
        return {}
    return {"tools": [_without(tool, SECRET_FIELDS) if isinstance(tool, Mapping) else tool for tool in tools]}


def _without(tool: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in tool.items() if name not in names}


def decoded(config: str) -> dict[str, Any]:
    """What `encoded` wrote."""
    return msgspec.json.decode(config, type=dict[str, Any])
