"""The conversation's items as values of the wire."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from octi.engine.base import Called, Line
from octi.engine.items import (
    LONGEST_SOUND,
    MOST_BYTES,
    MOST_ITEM_BYTES,
    MOST_ITEMS,
    MOST_SOUND_BYTES,
    Conversation,
    Entry,
    entry_from,
    history,
    new_id,
    sound_in,
    sounds_in,
    truncate,
    user_voice,
)
from octi.engine.requests import NewItem
from octi.errors import BadMessage
from tests.engine.wire import item as check_item


def new(kind: str = "message", **fields: Any) -> NewItem:
    return msgspec.convert({"type": kind, **fields}, NewItem)


def said(role: str, *parts: dict[str, Any]) -> NewItem:
    return new(role=role, content=list(parts))


def spoken(text: str, audio_ms: int) -> Entry:
    """An answer of the agent's."""
    return Entry("a", "message", "assistant", content=[{"type": "output_audio", "transcript": text}], audio_ms=audio_ms)


def test_ids_fit_the_providers_limit() -> None:
    """32 characters, so that a client may send them back."""
    ids = {new_id(prefix) for prefix in ("item", "resp", "sess", "conv", "call")}
    assert len(ids) == 5
    assert max(map(len, ids)) <= 32


@pytest.mark.parametrize(
    ("item", "content"),
    [
        (said("user", {"type": "input_text", "text": "Hi"}), [{"type": "input_text", "text": "Hi"}]),
        (said("system", {"type": "input_text", "text": ""}), [{"type": "input_text", "text": ""}]),
        (said("assistant", {"type": "output_text", "text": "Ho"}), [{"type": "output_text", "text": "Ho"}]),
        (said("user", {"type": "input_audio"}), [{"type": "input_audio", "transcript": None}]),
        (
            said("user", {"type": "input_audio", "audio": "AAAA", "transcript": "Hi", "text": "no"}),
            [{"type": "input_audio", "transcript": "Hi"}],
        ),
        (
            said("user", {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}),
            [{"type": "input_image", "detail": "auto"}],
        ),
        (
            said("assistant", {"type": "output_audio", "transcript": "Ho"}),
            [{"type": "output_audio", "transcript": "Ho"}],
        ),
    ],
)
def test_a_message_is_kept_with_what_its_parts_may_have(item: NewItem, content: list[dict[str, Any]]) -> None:
    """The transcript's key is always there (protocol trap 18); sounds and pictures are not told again."""
    wire = entry_from(item).wire()
    assert wire["content"] == content
    assert (wire["object"], wire["status"]) == ("realtime.item", "completed")
    check_item(wire)


def test_calls_and_their_outputs_are_items_too() -> None:
    """A call that comes without its id gets one."""
    call = entry_from(new("function_call", name="f", arguments="{}"))
    output = entry_from(new("function_call_output", call_id="c", output=""))
    check_item(call.wire())
    check_item(output.wire())
    assert output.wire()["output"] == ""


@pytest.mark.parametrize(
    ("item", "param", "code"),
    [
        (new(content=[{"type": "input_text", "text": ""}]), "item.role", "missing_required_parameter"),
        (said("user"), "item.content", "missing_required_parameter"),
        (said("user", {"type": "input_text"}), "item.content[0].text", "missing_required_parameter"),
        (said("user", {"type": "output_text", "text": ""}), "item.content[0].type", "invalid_value"),
        (said("assistant", {"type": "input_text", "text": ""}), "item.content[0].type", "invalid_value"),
        (said("system", {"type": "input_audio"}), "item.content[0].type", "invalid_value"),
        (new("function_call", arguments="{}"), "item.name", "missing_required_parameter"),
        (new("function_call", name="f"), "item.arguments", "missing_required_parameter"),
        (new("function_call_output", output=""), "item.call_id", "missing_required_parameter"),
        (new("function_call_output", call_id="c"), "item.output", "missing_required_parameter"),
        (new("item_reference", id="x"), "item.type", "invalid_value"),
    ],
)
def test_what_is_missing_or_in_a_wrong_place_is_named(item: NewItem, param: str, code: str) -> None:
    """By its path in the event."""
    with pytest.raises(BadMessage) as refusal:
        entry_from(item)
    assert (refusal.value.param, refusal.value.code) == (param, code)


def test_a_clients_voice_is_read_where_its_words_are_not_told() -> None:
    """By the part's index; broken audio is named by its path."""
    audio = b64encode(b"\1\0").decode()
    part = {"type": "input_audio", "audio": audio}
    assert sounds_in(said("user", {"type": "input_text", "text": ""}, part, part | {"transcript": "Hi"})) == {
        1: b"\1\0"
    }
    with pytest.raises(BadMessage) as refusal:
        sounds_in(said("user", {"type": "input_audio", "audio": "%"}), "response.input[2]")
    assert refusal.value.param == "response.input[2].content[0].audio"


@pytest.mark.parametrize(
    ("audio", "but"), [("", "got empty bytes"), ("%", "got an invalid value"), ("AA==", "got half a sample")]
)
def test_what_is_no_sound_is_refused_in_the_providers_words(audio: str, but: str) -> None:
    """Clients log them."""
    with pytest.raises(BadMessage) as refusal:
        sound_in(audio, "audio")
    wanted = "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but "
    assert refusal.value.problem.startswith(wanted + but)


def test_items_stand_where_they_were_put() -> None:
    """At the end, behind another, or first; each knows who stands before it."""
    talk = Conversation()
    assert talk.add(user_voice("b")) is None
    assert talk.add(user_voice("d")) == "b"
    assert talk.add(user_voice("c"), "b") == "b"
    assert talk.add(user_voice("a"), "root") is None
    assert [entry.id for entry in talk.entries] == ["a", "b", "c", "d"]
    assert [talk.before(entry) for entry in talk.entries] == [None, "a", "b", "c"]


def test_an_item_that_cannot_be_added_changes_nothing() -> None:
    """Unknown place, taken id, an id that was announced, the output of no call."""
    talk = Conversation(announced="soon")
    talk.add(user_voice("a"))
    orphan = entry_from(new("function_call_output", call_id="c", output=""))
    for entry, after, code in (
        (user_voice("b"), "none", "item_create_invalid_previous_item_id"),
        (user_voice("a"), None, "item_create_duplicate_item_id"),
        (user_voice("soon"), None, "item_create_duplicate_item_id"),
        (orphan, None, "invalid_tool_call_id"),
    ):
        with pytest.raises(BadMessage) as refusal:
            talk.add_from_client(entry, after)
        assert refusal.value.code == code
    assert [entry.id for entry in talk.entries] == ["a"]


def test_the_output_of_a_call_is_added_behind_it() -> None:
    """Whoever made the call, the agent or the client."""
    talk = Conversation()
    talk.add_from_client(entry_from(new("function_call", name="f", arguments="{}", call_id="c")))
    talk.add_from_client(entry_from(new("function_call_output", call_id="c", output="")))
    assert len(talk.entries) == 2


@pytest.mark.parametrize(
    ("doing", "words"), [("retrieve", "retrieving"), ("delete", "deleting"), ("truncate", "truncating")]
)
def test_an_unknown_item_is_refused_in_the_words_of_the_request(doing: str, words: str) -> None:
    """With the code that clients match on."""
    with pytest.raises(BadMessage) as refusal:
        Conversation().get("x", doing)
    assert refusal.value.code == f"item_{doing}_invalid_item_id"
    assert refusal.value.problem == f"Error {words} item: the item with id 'x' does not exist."


def test_a_responses_own_input_is_made_of_references_and_new_items() -> None:
    """None of them becomes part of the conversation; mistakes are named by their place."""
    talk = Conversation()
    talk.add(user_voice("a"))
    hello = {"type": "input_text", "text": "Hi"}
    found = talk.input_of([new("item_reference", id="a"), said("user", hello)])
    assert (found[0], found[1].words) == (talk.entries[0], "Hi")
    assert len(talk.entries) == 1
    for item, param in (
        (new("item_reference"), "response.input[1].id"),
        (said("user"), "response.input[1].content"),
    ):
        with pytest.raises(BadMessage) as refusal:
            talk.input_of([said("user", hello), item])
        assert refusal.value.param == param


def test_an_answer_is_cut_to_the_words_that_were_heard() -> None:
    """Again and again, never longer."""
    answer = spoken("one two three four", 1800)
    truncate(answer, 1000)
    assert (answer.words, answer.audio_ms, answer.truncated) == ("one two", 1000, True)
    truncate(answer, 1000)
    assert answer.words == "one two"
    with pytest.raises(BadMessage, match="Audio content of 1000ms is already shorter than 1001ms"):
        truncate(answer, 1001)
    truncate(answer, 0)
    assert answer.words == ""


def test_an_answer_that_was_not_heard_at_all_has_no_words() -> None:
    """Cut before its first sound."""
    answer = spoken("one", 0)
    truncate(answer, 0)
    assert answer.words == ""


@pytest.mark.parametrize("entry", [user_voice("a"), Entry("b", "function_call")])
def test_only_the_agents_voice_is_truncated(entry: Entry) -> None:
    """In the provider's words."""
    with pytest.raises(BadMessage, match="Only model output audio messages can be truncated"):
        truncate(entry, 0)


def test_the_brain_is_told_lines_and_calls_with_their_outputs() -> None:
    """Whatever order the outputs came in; arguments that are no object are none."""
    call = {"name": "f", "arguments": '{"a":1}'}
    entries = [
        entry_from(said("user", {"type": "input_text", "text": "Hi"}, {"type": "input_text", "text": "there"})),
        entry_from(new("function_call", **call, call_id="one")),
        entry_from(new("function_call", name="g", arguments="[", call_id="two")),
        entry_from(new("function_call", name="h", arguments="[" * 10_000, call_id="three")),
        entry_from(new("function_call_output", call_id="two", output="2")),
        user_voice("x"),
    ]
    assert history(entries) == (
        Line("user", "Hi there"),
        Called("one", "f", {"a": 1}),
        Called("two", "g", {}, "2"),
        Called("three", "h", {}),
        Line("user", ""),
    )


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_any_number_of_bytes_is_sound_on_the_telephone(kind: str) -> None:
    """There are no halves of a sample; what is no base64 is refused with the format's name."""
    assert sound_in(b64encode(b"abc").decode(), "audio", kind=kind) == b"abc"
    with pytest.raises(BadMessage, match=r"G\.711"):
        sound_in("%", "audio", kind=kind)
    part = {"type": "input_audio", "audio": b64encode(b"abc").decode()}
    assert sounds_in(said("user", part), kind=kind) == {0: b"abc"}


def test_an_event_carries_so_much_sound_and_no_more() -> None:
    """15 MiB, as the provider has it; more is refused before it is decoded."""
    most = "A" * LONGEST_SOUND
    assert len(sound_in(most, "audio")) == MOST_SOUND_BYTES
    with pytest.raises(BadMessage, match="15 MiB") as found:
        sound_in(most + "AAAA", "audio")
    assert (found.value.param, found.value.code) == ("audio", "string_above_max_length")


def test_an_item_is_no_longer_than_can_be_told_again() -> None:
    """Without its sound, which is not told. The field and the limit are named."""
    part = {"type": "input_text", "text": "x" * 262_144}
    with pytest.raises(BadMessage, match=str(MOST_ITEM_BYTES)) as caught:
        entry_from(said("user", *[part] * 4), "response.input[1]")
    assert (caught.value.param, caught.value.code) == ("response.input[1]", "string_above_max_length")
    voiced = entry_from(said("user", *[part] * 3, {"type": "input_audio", "audio": "A" * MOST_ITEM_BYTES}))
    assert voiced.size < MOST_ITEM_BYTES


def test_a_client_writes_no_more_than_is_kept() -> None:
    """Until it deletes some of it."""
    conversation, part = Conversation(), {"type": "input_text", "text": "x" * 250_000}
    for _ in range(MOST_BYTES // 1_000_000):
        conversation.add_from_client(entry_from(said("user", *[part] * 4)))
    with pytest.raises(BadMessage, match="16 MiB") as caught:
        conversation.add_from_client(entry_from(said("user", *[part] * 4)))
    assert caught.value.code == "conversation_too_long"
    conversation.remove(conversation.entries[0])
    conversation.add_from_client(entry_from(said("user", *[part] * 4)))


def test_the_oldest_item_is_forgotten_where_there_are_too_many() -> None:
    """Turns and answers go on; what a client adds is refused."""
    conversation = Conversation()
    for number in range(MOST_ITEMS + 1):
        conversation.add(user_voice(str(number)))
    assert len(conversation.entries) == MOST_ITEMS
    assert conversation.find("0") is None
    assert conversation.add(user_voice("last")) == str(MOST_ITEMS)
    with pytest.raises(BadMessage, match=str(MOST_ITEMS)):
        conversation.add_from_client(user_voice("mine"))
