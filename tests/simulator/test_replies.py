"""HTTP answers in the provider's shapes."""

import json

import msgspec

from octi.errors import BadMessage
from octi.simulator.replies import ANSWER_SDP, refuses_message, scripted


def test_an_error_has_all_four_keys() -> None:
    """Null where there is nothing to say (protocol 3)."""
    reply = refuses_message(BadMessage("No.", "session.voice", "invalid_value"))
    error = {"message": "No.", "type": "invalid_request_error", "param": "session.voice", "code": "invalid_value"}
    assert (reply.status, json.loads(reply.body)) == (400, {"error": error})


def test_a_fault_says_what_the_script_says() -> None:
    """JSON as JSON, a text as it is, and nothing as the provider's shape; a header of the script's wins."""
    assert json.loads(scripted(200, {}, {"a": 1}).body) == {"a": 1}
    text = scripted(200, {"content-type": "application/json"}, "{no json")
    assert (text.body, text.headers) == (b"{no json", {"content-type": "application/json"})
    assert json.loads(scripted(503, {}, msgspec.UNSET).body)["error"]["type"] == "server_error"
    assert json.loads(scripted(429, {}, msgspec.UNSET).body)["error"]["type"] == "invalid_request_error"


def test_the_answer_to_an_offer_is_sdp() -> None:
    """Lines end as SDP has it."""
    lines = ANSWER_SDP.split("\r\n")
    assert (lines[0], lines[-1]) == ("v=0", "")
    assert all(line[1] == "=" for line in lines[:-1])
