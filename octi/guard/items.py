"""Which items a client may add to the conversation: written anew, field by field. Pure."""

from collections.abc import Mapping
from typing import Any

from octi.errors import BadMessage
from octi.guard.policy import Grant
from octi.surface import shown

NOT_ALLOWED = "not_allowed"
COMMON = frozenset({"id", "object", "type", "status"})
OF_KIND: Mapping[str, frozenset[str]] = {
    "message": COMMON | {"role", "content"},
    "function_call": COMMON | {"name", "arguments", "call_id"},
    "function_call_output": COMMON | {"call_id", "output"},
    "mcp_approval_response": COMMON | {"approval_request_id", "approve", "reason"},
}
OF_PART: Mapping[str, frozenset[str]] = {
    "input_text": frozenset({"type", "text"}),
    "input_audio": frozenset({"type", "audio", "transcript"}),
    "input_image": frozenset({"type", "image_url", "detail"}),
    "output_text": frozenset({"type", "text"}),
    "output_audio": frozenset({"type", "audio", "transcript"}),
}
OF_USER = {"input_text": "user_text", "input_audio": "user_audio", "input_image": "user_image"}


def allowed_item(item: Any, grant: Grant) -> dict[str, Any]:
    """An item that may be added. Raises BadMessage that names the field at fault."""
    if not isinstance(item, dict):
        raise BadMessage("Invalid type for 'item': an object.", "item", "invalid_type")
    kind = item.get("type")
    fields = OF_KIND.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise not_allowed("item.type", f"add items of type {said(kind)}")
    if kind == "message":
        return {**_plain(item, fields, "item", but="content"), "content": _content(item, grant)}
    if not grant.lets(str(kind)):
        raise not_allowed("item.type", f"add items of type {said(kind)}")
    return _plain(item, fields, "item")


def _content(item: Mapping[str, Any], grant: Grant) -> list[dict[str, Any]]:
    role, content = item.get("role"), item.get("content")
    if role != "user" and not (role in {"system", "assistant"} and grant.lets(str(role))):
        raise not_allowed("item.role", f"add messages of role {said(role)}")
    if not isinstance(content, list):
        raise BadMessage("Invalid type for 'item.content': a list.", "item.content", "invalid_type")
    return [_part(part, f"item.content[{number}]", role == "user", grant) for number, part in enumerate(content)]


def _part(part: Any, where: str, by_user: bool, grant: Grant) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    fields = OF_PART.get(kind) if isinstance(kind, str) else None
    if fields is None or (by_user and not grant.lets(OF_USER.get(str(kind), "assistant of the user's"))):
        raise not_allowed(f"{where}.type", f"add content of type {said(kind)}")
    image = part.get("image_url")
    if isinstance(image, str) and not image.startswith("data:"):
        raise not_allowed(f"{where}.image_url", "have anything fetched: an image is a data: address")
    return _plain(part, fields, where)


def _plain(value: Mapping[str, Any], fields: frozenset[str], where: str, but: str = "") -> dict[str, Any]:
    """Fields that are known, each a text, a yes or no, or nothing."""
    for name, inner in value.items():
        if name not in fields:
            raise not_allowed(f"{where}.{shown(name)}", "say this")
        if name != but and not (inner is None or isinstance(inner, str | bool)):
            raise BadMessage(f"Invalid type for '{where}.{name}'.", f"{where}.{name}", "invalid_type")
    return {name: inner for name, inner in value.items() if name != but}


def not_allowed(param: str, what: str) -> BadMessage:
    """A refusal of the policy's."""
    return BadMessage(f"Not allowed: '{param}'. This client may not {what}.", param, NOT_ALLOWED)


def said(kind: Any) -> str:
    """What somebody wrote for a name."""
    return f"'{shown(kind)}'" if isinstance(kind, str) else "that is no text"
