"""What octi sends a provider to carry out a verdict. Pure."""

from octi.realtime.arbiter import UNASKED
from octi.realtime.requests import request
from octi.realtime.steps import ToProvider

OWN_ITEM = "octi_i_"  # begins the ids of the items that octi writes; a provider takes 32 characters


def delete(item: str) -> ToProvider:
    """An item is to be no part of the conversation any more."""
    return request("conversation.item.delete", event_id=UNASKED, item_id=item)


def written(number: int, role: str, text: str, behind: str) -> ToProvider:
    """A message in somebody's place: behind the one that it is to replace."""
    kind = "input_text" if role == "user" else "output_text"
    item = {
        "id": f"{OWN_ITEM}{number}",
        "type": "message",
        "role": role,
        "content": [{"type": kind, "text": text}],
    }
    return request("conversation.item.create", event_id=UNASKED, previous_item_id=behind, item=item)


def silence() -> ToProvider:
    """What the provider itself plays to a call's user is to stop at once."""
    return request("output_audio_buffer.clear", event_id=UNASKED)
