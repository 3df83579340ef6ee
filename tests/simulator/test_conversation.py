"""The scripted conversation, event by event, without time. `tests.engine.wire` checks fields and order as well."""

from base64 import b64decode, b64encode

import msgspec
import pytest

from octi.errors import BadMessage
from octi.simulator.script import Calls, Fails, Recites, Says, Speaks
from tests.engine.wire import Event
from tests.simulator.talking import (
    CANCEL,
    COMMIT,
    EXTRACT,
    RESPOND,
    TRANSCRIBED,
    WRITTEN,
    Watched,
    conversation,
    kinds,
    listens,
    output_of,
    said_in,
    sound,
    squeezed,
    typed,
    update,
)

TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
ADDED = ["response.created", "response.output_item.added", "conversation.item.added"]
DONE = ["conversation.item.done", "response.output_item.done", "response.done", "rate_limits.updated"]
WORDS = ["response.output_audio_transcript.delta"]
TRANSCRIPTION = [f"conversation.item.input_audio_transcription.{kind}" for kind in ("delta", "completed")]
SPOKEN_END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    *DONE,
]
ACTIVE = (
    "Conversation already has an active response in progress: resp_sim_1. "
    "Wait until the response is finished before creating a new one."
)


def only(events: list[Event], kind: str) -> Event:
    (found,) = [event for event in events if event["type"] == kind]
    return found


def g711(byte: int, duration_ms: int) -> Event:
    return {"type": "input_audio_buffer.append", "audio": b64encode(bytes([byte]) * 8 * duration_ms).decode()}


# A call


def test_a_callers_turn_is_told_in_the_wires_order() -> None:
    """Of protocol 4.4: the turn, the answer, its words during the answer."""
    talk = conversation(Speaks("Good morning, caller."), call=True)
    talk.ask(TRANSCRIBED)
    told = talk.hear("Hello there") + talk.play()
    start = [*TURN, *ADDED, "response.content_part.added", "output_audio_buffer.started", *WORDS]
    assert squeezed(told) == [*start, *TRANSCRIPTION, *WORDS, *SPOKEN_END, "output_audio_buffer.stopped"]


def test_the_turns_ids_are_one_id_and_counted() -> None:
    """From speech_started to its words; nothing is random."""
    talk = conversation(call=True)
    talk.ask(TRANSCRIBED)
    told = talk.hear("Hello") + talk.play()
    turns = {event["item_id"] for event in told if event["type"].startswith("input_audio_buffer")}
    assert turns == {"item_sim_1"}
    assert only(told, TRANSCRIPTION[1])["item_id"] == "item_sim_1"
    assert only(told, TRANSCRIPTION[1])["transcript"] == "Hello"
    assert only(told, "response.done")["response"]["id"] == "resp_sim_1"
    assert only(told, "response.output_item.done")["item"]["id"] == "item_sim_2"
    assert only(told, "input_audio_buffer.committed")["previous_item_id"] is None
    again = talk.hear("And again") + talk.play()
    assert only(again, "input_audio_buffer.committed")["previous_item_id"] == "item_sim_2"
    assert only(again, "input_audio_buffer.speech_started")["audio_start_ms"] == 800


def test_a_users_item_keeps_the_key_for_its_words() -> None:
    """Null at first, then filled in, so that a later retrieve has it (protocol trap 18)."""
    talk = conversation(call=True)
    added = next(e for e in talk.hear("Hello") + talk.advance() if e["type"] == "conversation.item.added")
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    talk.play()
    reply = talk.talk.take(b'{"type":"conversation.item.retrieve","item_id":"item_sim_1"}')
    assert reply.everybody == []
    (retrieved,) = talk.note(reply.sender)
    assert retrieved["item"]["content"] == [{"type": "input_audio", "transcript": "Hello"}]


def test_no_voice_of_a_call_comes_over_its_sockets() -> None:
    """Its media runs elsewhere."""
    talk = conversation(call=True)
    assert "response.output_audio.delta" not in kinds(talk.hear("Hello") + talk.play())


def test_words_are_only_told_where_they_were_asked_for() -> None:
    """As without `transcription`."""
    talk = conversation(call=True)
    assert not set(TRANSCRIPTION) & set(kinds(talk.hear("Hello") + talk.play()))


def test_words_may_come_after_the_answer() -> None:
    """Behind its last event."""
    talk = conversation(call=True)
    talk.ask(TRANSCRIBED)
    told = kinds(talk.hear(Says("Hello", words="after")) + talk.play())
    assert told[-3:] == ["output_audio_buffer.stopped", *TRANSCRIPTION]


def test_words_may_fail_without_the_turn() -> None:
    """And the answer is given all the same."""
    talk = conversation(Speaks("Yes."), call=True)
    talk.ask(TRANSCRIBED)
    told = talk.hear(Says("Hello", words="failed")) + talk.play()
    assert "conversation.item.input_audio_transcription.failed" in kinds(told)
    assert not set(TRANSCRIPTION) & set(kinds(told))
    assert said_in(told) == ["Yes."]


def test_a_turn_interrupts_the_agent() -> None:
    """What is open is closed, the response is cancelled, and the item is truncated to what was heard."""
    talk = conversation(Speaks("One two three four."), Speaks("Yes?"), call=True)
    talk.hear("Count")
    talk.advance()
    talk.advance()
    told = talk.hear("Stop")
    assert kinds(told) == [
        "input_audio_buffer.speech_started",
        *SPOKEN_END,
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
    ]
    response = only(told, "response.done")["response"]
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "One two"}]
    assert only(told, "conversation.item.truncated")["audio_end_ms"] == 400
    assert said_in(talk.play()) == ["Yes?"]


def test_an_agent_that_must_not_be_interrupted_answers_afterwards() -> None:
    """One response writes the conversation at a time."""
    talk = conversation(Speaks("One two."), Speaks("Three."), call=True)
    talk.ask(listens(interrupt_response=False))
    talk.hear("Count")
    talk.advance()
    assert said_in(talk.hear("Go on") + talk.play()) == ["One two.", "Three."]


def test_without_automatic_answers_the_caller_gets_none() -> None:
    """Until somebody asks for one."""
    talk = conversation(call=True)
    talk.ask(listens(create_response=False))
    assert kinds(talk.hear("Hello") + talk.play()) == TURN
    assert kinds(talk.ask(RESPOND)) == ["response.created"]


def test_without_turn_detection_the_browser_commits() -> None:
    """No speech is told, and the answer is asked for."""
    talk = conversation(call=True)
    talk.ask(update(audio={"input": {"turn_detection": None}}))
    assert kinds(talk.hear("Hello") + talk.play())[:4] == [*TURN[2:], "response.created"]


def test_ids_that_a_client_chose_are_not_given_again() -> None:
    """A client may replay what an earlier simulator told it."""
    talk = conversation(Speaks("Yes."), call=True)
    replayed = typed("Earlier")
    replayed["item"]["id"] = "item_sim_1"
    talk.ask(replayed)
    told = talk.hear("Hello") + talk.play()
    assert only(told, "input_audio_buffer.committed")["item_id"] == "item_sim_2"
    again = typed("Announced")
    again["item"]["id"] = "item_sim_4"
    talk.hear("Well?")
    assert talk.refused(again)["code"] == "item_create_duplicate_item_id"
    talk.play()


# Responses


def test_a_response_while_one_is_active_is_refused_in_the_providers_words() -> None:
    """The code and the message that clients match on (protocol 4.3), with their event's id."""
    talk = conversation()
    talk.ask(RESPOND)
    error = talk.refused({**RESPOND, "event_id": "mine"})
    assert (error["code"], error["message"]) == ("conversation_already_has_active_response", ACTIVE)
    assert error["event_id"] == "mine"
    talk.play()
    assert kinds(talk.ask(RESPOND)) == ["response.created"]


def test_a_refused_response_uses_up_no_step() -> None:
    """The next one says it."""
    talk = conversation(Speaks("One two."), Speaks("Three."))
    talk.ask(RESPOND)
    talk.refused(RESPOND)
    talk.play()
    talk.ask(RESPOND)
    assert said_in(talk.play()) == ["Three."]


def test_a_typed_turn_is_answered_in_writing_where_that_is_asked_for() -> None:
    """With parts of type text, and items of type output_text."""
    talk = conversation(Speaks("I see."))
    talk.ask(WRITTEN)
    told = talk.ask(typed("Hello"), RESPOND) + talk.play()
    assert squeezed(told) == [
        "conversation.item.added",
        "conversation.item.done",
        *ADDED,
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        *DONE,
    ]
    assert only(told, "response.done")["response"]["output"][0]["content"] == [
        {"type": "output_text", "text": "I see."}
    ]


def test_a_function_call_and_the_answer_after_its_output() -> None:
    """In the order of protocol 4.4."""
    talk = conversation(Calls("look_up", {"id": 7}), Speaks("Found."))
    told = talk.ask(typed("Look"), RESPOND) + talk.play()
    arguments = [f"response.function_call_arguments.{kind}" for kind in ("delta", "done")]
    assert kinds(told)[2:] == [*ADDED, *arguments, *DONE]
    call = only(told, arguments[1])
    assert (call["name"], call["arguments"], call["call_id"]) == ("look_up", '{"id":7}', "call_sim_1")
    assert only(told, "response.done")["response"]["output"][0]["type"] == "function_call"
    talk.ask(output_of("call_sim_1"), RESPOND)
    assert said_in(talk.play()) == ["Found."]


def test_an_output_without_its_call_is_refused() -> None:
    """As by a provider."""
    assert conversation().refused(output_of("call_9"))["code"] == "invalid_tool_call_id"


def test_a_response_can_fail() -> None:
    """No error event: the response says so."""
    talk = conversation(Fails("insufficient_quota", "No money."))
    response = only(talk.ask(RESPOND) + talk.play(), "response.done")["response"]
    assert response["status"] == "failed"
    error = {"type": "server_error", "code": "insufficient_quota", "message": "No money."}
    assert response["status_details"] == {"type": "failed", "error": error}


def test_a_response_can_be_cancelled() -> None:
    """Before its first word too; a second time there is none."""
    talk = conversation()
    told = talk.ask(RESPOND, CANCEL)
    assert kinds(told) == ["response.created", "response.done", "rate_limits.updated"]
    assert told[1]["response"]["status_details"]["reason"] == "client_cancelled"
    error = talk.refused(CANCEL)
    assert error["code"] == "response_cancel_not_active"
    assert error["message"] == "Cancellation failed: no active response found"


def test_a_response_out_of_band_leaves_no_trace() -> None:
    """It runs beside another, echoes its metadata, uses up no step of the script."""
    talk = conversation(Speaks("Scripted."))
    aside = {"conversation": "none", "metadata": {"why": "aside"}, "input": [typed("Who?")["item"]]}
    told = talk.ask({**RESPOND, "response": aside}, RESPOND) + talk.play()
    done = {event["response"]["id"]: event["response"] for event in told if event["type"] == "response.done"}
    assert (done["resp_sim_1"]["conversation_id"], done["resp_sim_1"]["metadata"]) == (None, {"why": "aside"})
    assert "Scripted." in said_in(told)
    assert [line["text"] for line in talk.talk.transcript()] == ["Scripted."]


def test_an_answer_can_recite_its_instructions() -> None:
    """Those of the response itself, where it brings some."""
    talk = conversation(*[Recites(r"hello (\w+)", "Hello {0}!", "Who?")] * 3)
    talk.ask(RESPOND)
    talk.play()
    talk.ask(update(instructions="Say hello Anna."), RESPOND)
    talk.play()
    talk.ask({**RESPOND, "response": {"instructions": "hello Berta"}})
    talk.play()
    assert said_in(talk.told) == ["Who?", "Hello Anna!", "Hello Berta!"]


def test_the_agent_extracts_what_is_new_and_then_uses_it() -> None:
    """Without a script: one call for each news, and the first name as octi writes it into instructions."""
    talk = conversation(call=True)
    talk.ask(update(tools=[EXTRACT]))
    told = talk.hear("My name is Anna Berg.") + talk.play()
    assert only(told, "response.function_call_arguments.done")["name"] == "extract_profile"
    talk.ask(output_of("call_sim_1"), update(instructions='Known:\n- first_name: "Anna"'), RESPOND)
    assert said_in(talk.play()) == ["Thank you, Anna. Please go on."]
    assert said_in(talk.hear("Nothing else.") + talk.play()) == ["Thank you, Anna. Please go on."]
    assert said_in(talk.hear("I earn 3000 euros a month.") + talk.play()) == []


# A socket of its own


def test_a_socket_is_greeted_with_its_session() -> None:
    """With the whole of it, as it was preset."""
    talk = conversation(preset={"type": "realtime", "instructions": "Be brief."})
    (event,) = talk.note(talk.talk.greeting())
    assert event["type"] == "session.created"
    assert event["session"]["instructions"] == "Be brief."
    assert (event["session"]["id"], event["session"]["model"]) == ("sess_sim_1", "m")


def test_an_opening_that_cannot_be_is_refused() -> None:
    """The field is named."""
    with pytest.raises(BadMessage) as raised:
        conversation(preset={"type": "realtime", "bogus": 1})
    assert raised.value.param == "session.bogus"


def test_committed_audio_is_the_scripts_next_words() -> None:
    """And three dots when it has none left."""
    talk = conversation(said=[Says("Hello")])
    talk.ask(TRANSCRIBED, update(audio={"input": {"turn_detection": None}}))
    told = talk.ask(sound(200, 0), COMMIT) + talk.play()
    assert kinds(told) == [*TURN[2:], *TRANSCRIPTION]
    talk.ask(sound(200, 0), COMMIT)
    talk.play()
    assert [line["text"] for line in talk.talk.transcript()] == ["Hello", "…"]


def test_too_little_audio_is_not_committed() -> None:
    """With the provider's code."""
    talk = conversation()
    talk.ask(sound(60))
    assert talk.refused(COMMIT)["code"] == "input_audio_buffer_commit_empty"


def test_loud_audio_is_speech_and_silence_ends_it() -> None:
    """With server VAD; the answer has a voice of 200 ms a word."""
    talk = conversation(Speaks("Two words."))
    told = talk.ask(sound(500), sound(800, 0)) + talk.play()
    assert kinds(told)[:6] == [*TURN, "response.created"]
    assert kinds(told).count("response.output_audio.delta") == 2


@pytest.mark.parametrize(("kind", "loud", "quiet"), [("audio/pcmu", 0xA0, 0xFF), ("audio/pcma", 0xA0, 0xD5)])
def test_a_telephone_is_heard_and_spoken_to(kind: str, loud: int, quiet: int) -> None:
    """Eight bytes a millisecond both ways; silence ends the turn, and the answer tells its format."""
    talk = conversation(Speaks("Two words."))
    form = {"format": {"type": kind}}
    talk.ask(update(audio={"input": form, "output": form}))
    told = talk.ask(*(g711(byte, ms) for byte, ms in ((quiet, 500), (loud, 500), (quiet, 800)))) + talk.play()
    assert kinds(told)[:6] == [*TURN, "response.created"]
    assert only(told, "input_audio_buffer.speech_started")["audio_start_ms"] in range(150, 250)
    assert only(told, "response.created")["response"]["audio"]["output"]["format"] == {"type": kind}
    assert [len(b64decode(event["delta"])) for event in told if event["type"].endswith("audio.delta")] == [1600, 1600]


def test_one_answer_may_be_in_another_format() -> None:
    """Where the client wishes it so."""
    talk = conversation(Speaks("Word"))
    told = talk.ask({**RESPOND, "response": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}) + talk.play()
    assert len(b64decode(only(told, "response.output_audio.delta")["delta"])) == 1600


def test_a_voice_in_an_item_is_the_scripts_next_words() -> None:
    """Nobody is told what it said; what it says itself goes first."""
    talk = conversation(said=[Says("My name is Anna.")])
    part = {"type": "input_audio", "audio": sound(300)["audio"]}
    for more in ({"transcript": "Hello"}, {}):
        item = {"type": "message", "role": "user", "content": [{**part, **more}]}
        told = talk.ask({"type": "conversation.item.create", "item": item})
        assert kinds(told) == ["conversation.item.added", "conversation.item.done"]
    assert [line["text"] for line in talk.talk.transcript()] == ["Hello", "My name is Anna."]
    item = {"type": "message", "role": "user", "content": [{**part, "audio": "?"}]}
    refused = talk.refused({"type": "conversation.item.create", "item": item})
    assert refused["param"] == "item.content[0].audio"


def test_buffered_audio_can_be_cleared() -> None:
    """Then there is nothing to commit."""
    talk = conversation()
    assert kinds(talk.ask(sound(500, 0), {"type": "input_audio_buffer.clear"})) == ["input_audio_buffer.cleared"]
    assert talk.refused(COMMIT)["code"] == "input_audio_buffer_commit_empty"


def test_an_answer_can_be_truncated_to_what_was_heard() -> None:
    """But not to more than there was of it; and an item can be deleted."""
    talk = conversation(Speaks("One two three four."))
    talk.ask(RESPOND)
    talk.play()
    place = {"type": "conversation.item.truncate", "item_id": "item_sim_1", "content_index": 0}
    assert "800ms" in talk.refused({**place, "audio_end_ms": 900})["message"]
    assert kinds(talk.ask({**place, "audio_end_ms": 400})) == ["conversation.item.truncated"]
    assert talk.talk.transcript()[0]["text"] == "One two"
    deletion: Event = {"type": "conversation.item.delete", "item_id": "item_sim_1"}
    assert kinds(talk.ask(deletion)) == ["conversation.item.deleted"]
    assert talk.refused(deletion)["code"] == "item_delete_invalid_item_id"


def test_the_voice_is_locked_once_it_was_heard() -> None:
    """In the session, and for one response."""
    talk = conversation()
    talk.ask(RESPOND)
    talk.play()
    assert talk.refused(update(audio={"output": {"voice": "cedar"}}))["code"] == "cannot_update_voice"
    wish = {"audio": {"output": {"voice": "cedar"}}}
    assert talk.refused({**RESPOND, "response": wish})["code"] == "cannot_update_voice"


@pytest.mark.parametrize(
    ("data", "text", "code"),
    [
        (b"no json", True, "invalid_json"),
        (b'{"type":"nope"}', True, "invalid_value"),
        (b'{"type":"session.update","session":{}}', True, "missing_required_parameter"),
        (b'{"type":"session.update","session":{"type":"realtime","bogus":1}}', True, "unknown_parameter"),
        (b"\x00\x01", False, "invalid_event"),
    ],
)
def test_what_is_no_request_is_refused_to_its_sender_alone(data: bytes, text: bool, code: str) -> None:
    """With the provider's codes; nobody else hears of it, and the conversation goes on."""
    talk = conversation()
    reply = talk.talk.take(data, text=text)
    (error,) = talk.note(reply.sender)
    assert (reply.kind, reply.everybody, error["error"]["code"]) == ("refused", [], code)
    assert kinds(talk.ask(RESPOND)) == ["response.created"]


def test_the_same_script_gives_the_same_bytes() -> None:
    """Nothing is random, and nothing depends on the clock."""

    def played() -> Watched:
        talk = conversation(Speaks("Hello."), Calls("f", {}), call=True)
        talk.hear("One")
        talk.play()
        talk.hear("Two")
        talk.play()
        return talk

    assert msgspec.json.encode(played().told) == msgspec.json.encode(played().told)
