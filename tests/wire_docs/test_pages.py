"""docs/wire.md and docs/asyncapi.yaml: current, whole, and every example in them is what its class takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own, and this is one plain file

from octi.error_replies import REPLIES
from octi.realtime.octi_messages import read_client_message
from octi.realtime.wire.client import CLIENT_EVENTS
from octi.realtime.wire.complaints import CODES
from octi.realtime.wire.responses import Response
from octi.realtime.wire.said import SAID
from octi.session.ending import goodbye_of
from octi.web import sockets, visits
from octi.web.sockets import DOORS
from octi.web.visits import IN_BAND, KEY_PROTOCOL
from tests.realtime.wire.strictly import check
from tests.wire_docs import asyncapi, page
from tests.wire_docs.opening import BY_STATUS, QUERIES
from tests.wire_docs.page import OCTI_CLIENT, SERVER_EVENTS
from tests.wire_docs.showing import Message, example, kind_of, struct_info, tag_of
from tests.wire_docs.words import COMMAND
from tests.wire_docs.writing import ASYNCAPI, PAGE

REALTIME: tuple[Message, ...] = (*CLIENT_EVENTS, *SERVER_EVENTS)
MESSAGES: tuple[Message, ...] = (*REALTIME, *OCTI_CLIENT, *SAID)
OLD = f"is old; write it: {COMMAND}"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The AsyncAPI document."""
    return asyncapi.document()


def test_the_page_is_current() -> None:
    """It says what the classes say now."""
    assert PAGE.read_text(encoding="utf-8") == page.document(), f"docs/wire.md {OLD}"


def test_the_document_is_current() -> None:
    """As is the page."""
    assert ASYNCAPI.read_text(encoding="utf-8") == asyncapi.text(), f"docs/asyncapi.yaml {OLD}"


@pytest.mark.slow
def test_the_document_reads_as_it_was_written() -> None:
    """Nothing is changed by being YAML: no `on` has become true, no number a text."""
    assert yaml.safe_load(ASYNCAPI.read_text(encoding="utf-8")) == asyncapi.document()


@pytest.mark.parametrize("message", MESSAGES, ids=tag_of)
def test_every_example_is_what_its_class_takes(message: Message) -> None:
    """Field by field; and it says something in every field that is required."""
    shown = example(message)
    check(shown, message)
    assert shown["type"] == tag_of(message)
    assert "…" not in msgspec.json.encode(shown).decode()


@pytest.mark.parametrize("message", OCTI_CLIENT, ids=tag_of)
def test_octi_reads_the_examples_of_its_own_protocol(message: Message) -> None:
    """As the message that they are an example of."""
    assert type(read_client_message(msgspec.json.encode(example(message)))) is message


# The page


def headings(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-").lower() for title in titles}


def test_every_link_inside_the_page_leads_somewhere() -> None:
    """To one of its headings."""
    text = page.document()
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert len(links) > 40
    assert links - headings(text) == set()


def test_every_message_code_and_close_is_on_the_page() -> None:
    """Each has a heading, or a row of a table."""
    text = page.document()
    assert [tag_of(event) for event in REALTIME if f"\n### `{tag_of(event)}`\n" not in text] == []
    assert [tag_of(each) for each in (*OCTI_CLIENT, *SAID) if f'| `{{"type":"{tag_of(each)}"' not in text] == []
    assert [code for code in CODES if f"| `{code}` |" not in text] == []
    for reply in REPLIES.values():
        assert f"\n| `{reply.code}` | {reply.status} | {reply.close} |" in text
        assert f"\n| {reply.close} | " in text


def test_every_table_has_as_many_cells_in_each_row() -> None:
    """A stroke in a cell would break it."""
    for table in re.findall(r"(?:^\|.*\n)+", page.document(), re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table


def test_a_field_says_its_type_its_unit_and_its_bounds() -> None:
    """In words."""
    shown = {
        (tag_of(message), field.encode_name): kind_of(field.type)
        for message in REALTIME
        for field in struct_info(message).fields
    }
    assert shown["conversation.item.truncate", "audio_end_ms"] == "integer from 0 (ms)"
    assert shown["input_audio_buffer.append", "audio"] == "base64"
    assert shown["conversation.item.added", "previous_item_id"] == "text 1 to 512 characters or null"
    assert shown["rate_limits.updated", "event_id"] == "text 1 to 512 characters"
    (modalities,) = [field for field in struct_info(Response).fields if field.name == "output_modalities"]
    assert kind_of(modalities.type) == 'list of `"audio"` or `"text"`, exactly 1'
    assert shown["response.created", "response"] == "[Response](#response)"
    assert shown["rate_limits.updated", "rate_limits"] == "list of [RateLimit](#ratelimit)"


# How a socket is opened


def test_every_query_that_is_read_is_on_the_page() -> None:
    """And no other is."""
    asked = {name for queries in QUERIES.values() for name in queries}
    read = [place.read_text(encoding="utf-8") for place in (Path(visits.__file__), Path(sockets.__file__))]
    assert set(re.findall(r'query\.get\("(\w+)"', "".join(read))) == asked
    text = page.document()
    assert [name for name in asked if f"| `{name}` |" not in text] == []


def test_whoever_is_turned_away_finds_how_on_the_page() -> None:
    """With the close that he gets."""
    text = page.document().partition("## How a socket is opened")[2]
    for kind in IN_BAND:
        assert f"| {REPLIES[kind].close} | `{goodbye_of(REPLIES[kind])}` |" in text
    for error in BY_STATUS:
        assert f"| `{REPLIES[error].code}` | {REPLIES[error].status} | {REPLIES[error].close} |" in text
    assert f"`{KEY_PROTOCOL}KEY`" in text


# The document


def references(value: Any) -> Iterator[str]:
    """All of them, wherever they stand."""
    match value:
        case {"$ref": str(place)}:
            yield place
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)
        case _:
            pass


def at(document: dict[str, Any], place: str) -> Any:
    """What a reference leads to."""
    found: Any = document
    for step in place.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Within the document."""
    found = set(references(document))
    assert len(found) > 100
    for place in found:
        assert isinstance(at(document, place), dict), place


def test_the_document_has_what_the_standard_requires(document: dict[str, Any]) -> None:
    """By AsyncAPI 3.0: a version, a title, channels with addresses, operations on messages of their own channel."""
    assert document["asyncapi"] == "3.0.0"
    assert document["info"].keys() >= {"title", "version"}
    assert all(server.keys() >= {"host", "protocol"} for server in document["servers"].values())
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert channel.startswith("#/channels/")
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
    for message in document["components"]["messages"].values():
        assert message["payload"]
    assert all("discriminator" not in schema for schema in document["components"]["schemas"].values())


def test_there_is_a_channel_for_each_protocol(document: dict[str, Any]) -> None:
    """At an address that octi has; `/realtime` is the second's other name."""
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == DOORS.keys() - {"/realtime"}
    assert {DOORS[address].name for address in addresses} == {door.name for door in DOORS.values()}


def test_every_message_goes_one_way_and_audio_both(document: dict[str, Any]) -> None:
    """Each is in the channel of its protocol."""
    for name, channel in document["channels"].items():
        ways = [
            [message["$ref"].rpartition("/")[2] for message in document["operations"][f"{name}.{way}"]["messages"]]
            for way in ("receive", "send")
        ]
        assert set(ways[0]) & set(ways[1]) == ({"audio"} if name == "octi" else set())
        assert {*ways[0], *ways[1]} == channel["messages"].keys()
    assert len(document["components"]["messages"]) == len(MESSAGES) + 1
