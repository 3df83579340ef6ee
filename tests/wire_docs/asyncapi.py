"""docs/asyncapi.yaml: both protocols for programs, from the same classes as docs/wire.md."""

from typing import Any

import msgspec
import yaml  # type: ignore[import-untyped]  # its types are a package of their own, and this writes one plain file

from octi.realtime.wire.answers import OF_ANSWERS
from octi.realtime.wire.client import CLIENT_EVENTS
from octi.realtime.wire.said import SAID
from octi.realtime.wire.server import OF_SESSIONS
from octi.web.openapi import tidied
from tests.wire_docs.opening import QUERIES
from tests.wire_docs.page import OCTI_CLIENT
from tests.wire_docs.showing import Message, example, meaning_of, tag_of

Json = dict[str, Any]

HEAD = "# Written by `python -m tests.wire_docs.writing` from the classes of octi/realtime/wire/.\n"
SCHEMAS = "#/components/schemas/{name}"
INFO: Json = {
    "title": "octi over WebSocket",
    "version": "1",
    "description": "Both protocols of octi, a self-hosted gateway for voice agents. For people: docs/wire.md.",
}
SERVERS: Json = {
    "local": {"host": "127.0.0.1:8080", "protocol": "ws", "description": "Where octi listens if nobody says otherwise."}
}
BINARY: Json = {
    "name": "audio",
    "title": "binary",
    "summary": "PCM16, little-endian, 24 kHz, mono, in a binary message.",
    "contentType": "application/octet-stream",
    "payload": {"type": "string", "format": "binary"},
}
ENDPOINTS: Json = {
    "octi": ("/ws/realtime", "The OCTI protocol", OCTI_CLIENT, SAID),
    "realtime": ("/v1/realtime", "The Realtime API", CLIENT_EVENTS, (*OF_SESSIONS, *OF_ANSWERS)),
}


def document() -> Json:
    """The document."""
    messages = {name: (*asked, *told) for name, (_, _, asked, told) in ENDPOINTS.items()}
    classes = [message for each in messages.values() for message in each]
    _, schemas = msgspec.json.schema_components(classes, ref_template=SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": {name: channel(name, messages[name]) for name in ENDPOINTS},
        "operations": {key: value for name in ENDPOINTS for key, value in operations(name).items()},
        "components": {
            "messages": {**{component(each): message(each) for each in classes}, "Audio.binary": BINARY},
            "schemas": {name: tidied(schema, discriminators=False) for name, schema in sorted(schemas.items())},
        },
    }


def channel(name: str, messages: tuple[Message, ...]) -> Json:
    """One socket. A name in the document is a message's type, with where it comes from."""
    address, title, _, _ = ENDPOINTS[name]
    binary = {"audio": {"$ref": "#/components/messages/Audio.binary"}} if name == "octi" else {}
    query = {key: {"type": "string", "description": said} for key, said in QUERIES[name].items()}
    return {
        "address": address,
        "title": title,
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}}},
        "messages": {
            **binary,
            **{component(each): {"$ref": f"#/components/messages/{component(each)}"} for each in messages},
        },
    }


def operations(name: str) -> Json:
    """What octi receives and sends on one socket."""
    _, title, asked, told = ENDPOINTS[name]
    return {
        f"{name}.{action}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"{title}: {who}.",
            "messages": [{"$ref": f"#/channels/{name}/messages/{each}"} for each in message_names(name, spoken)],
        }
        for action, who, spoken in (("receive", "what clients say", asked), ("send", "what octi says", told))
    }


def message_names(name: str, messages: tuple[Message, ...]) -> list[str]:
    """Those of one direction; audio goes both ways on the OCTI protocol's socket."""
    return [*(["audio"] if name == "octi" else []), *map(component, messages)]


def component(kind: Message) -> str:
    """A message's name in the document: its class's, for a type may stand in both protocols."""
    return kind.__name__


def message(kind: Message) -> Json:
    """One message."""
    return {
        "name": tag_of(kind),
        "title": tag_of(kind),
        "summary": meaning_of(kind),
        "payload": {"$ref": SCHEMAS.format(name=kind.__name__)},
        "examples": [{"name": kind.__name__, "payload": example(kind)}],
    }


class Plain(yaml.SafeDumper):  # type: ignore[misc]  # it has no types
    """Without anchors: each mention is written out."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is referred to."""
        return True


def text() -> str:
    """The file."""
    written: str = yaml.dump(document(), Dumper=Plain, sort_keys=False, allow_unicode=True, width=118)
    return HEAD + written
