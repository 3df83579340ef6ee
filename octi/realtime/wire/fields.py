"""The fields that many events share: what they mean, their units and their bounds."""

from typing import Annotated

from msgspec import Meta, UnsetType

Id = Annotated[str, Meta(min_length=1, max_length=512)]
EventId = Annotated[Id, Meta(description="The server's own id of this event.", examples=["event_000042"])]
ClientEventId = Annotated[
    str,
    Meta(
        max_length=512,
        description="The client's own id of this event. Only an `error` about it says it again, as `error.event_id`.",
        examples=["my_event_7"],
    ),
]
ItemId = Annotated[Id, Meta(description="An item of the conversation.", examples=["item_5c95b58a322f39f2b082"])]
NewItemId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        description="The client's own choice; left out, the server makes one. No other item may have it.",
        examples=["item_mine_1"],
    ),
]
PreviousItemId = Annotated[
    Id | None, Meta(description="The item before it; null: it is the first.", examples=["item_e4d19c0c7f2a41b09a11"])
]
ResponseId = Annotated[
    Id, Meta(description="The response that this is part of.", examples=["resp_1c0e6b0a9d8f7e6c5b4a"])
]
CallId = Annotated[
    Id, Meta(description="Of a function's call; its output names it.", examples=["call_7d2f9a61c0b84e35af10"])
]
OutputIndex = Annotated[int, Meta(ge=0, description="Which of the response's items it is, from 0.", examples=[0])]
ContentIndex = Annotated[int, Meta(ge=0, description="Which of the item's parts it is, from 0.", examples=[0])]
Milliseconds = Annotated[int, Meta(ge=0, extra_json_schema={"x-unit": "ms"}, examples=[1480])]
Tokens = Annotated[int, Meta(ge=0, extra_json_schema={"x-unit": "tokens"}, examples=[12])]
UnixTime = Annotated[int, Meta(ge=0, extra_json_schema={"x-unit": "s since 1970"}, examples=[1795294832])]
Sound = Annotated[
    str,
    Meta(
        description="Audio in the session's format, as base64.",
        extra_json_schema={"contentEncoding": "base64"},
        examples=["AAABAAIAAwA="],
    ),
]
Share = Annotated[float, Meta(ge=0, le=1)]
ArgumentsJson = Annotated[
    str,
    Meta(
        description="The arguments, an object as JSON in a string.",
        extra_json_schema={"contentMediaType": "application/json"},
        examples=['{"city":"Paris"}'],
    ),
]
FunctionName = Annotated[str, Meta(min_length=1, max_length=512, examples=["get_weather"])]
Noise = Annotated[str | UnsetType, Meta(description="Random letters that some providers add. Ignore them.")]
Words = Annotated[str, Meta(examples=["That is 56."])]
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(
        max_length=16,
        description="Whatever the client wants told again in the response's events, to know it by.",
        examples=[{"topic": "summary"}],
    ),
]
