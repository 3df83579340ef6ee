"""Who gets in where, found out by asking: the tables of docs/access.md."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tests.guard_docs.scene import CALLERS, DOORS, FROM_AFAR, SOCKETS, House
from tests.web.test_sockets import Octi, answer_to, asking

BEGIN, END = "<!-- who gets in: written by tests.guard_docs -->", "<!-- who gets in ends here -->"
SHUT = (401, 403, 404)

Row = Sequence[str]


def outcome(status: int) -> str:
    """A status as the table has it: what is wrong with an empty request is no affair of the guard's."""
    return str(status) if status in SHUT else "yes"


async def knock(house: House, method: str, rule: str, brought: str | None) -> str:
    """What happens to who brings something to a door."""
    record, secret = await house.session()
    kept = next(iter(house.services.store._secrets), "")  # type: ignore[attr-defined]  # of the memory's, which it is
    names = {"<session_id>": record.id, "<call_id>": "rtc_1", "<digest>": kept, "<path:name>": "octi.js"}
    path = re.sub(r"<[^>]+>", lambda found: names[found[0]], rule)
    headers = {} if brought is None else {"Authorization": f"Bearer {brought.replace('{secret}', secret)}"}
    body = {"sessionId": record.id, "note": "x"}
    if rule.endswith("/events"):
        method = "HEAD"  # it has no end
    answer = await house.client.open(path, method=method, headers=headers, json=body, scope_base={"client": FROM_AFAR})
    said = await answer.get_json(silent=True) if answer.status_code == 404 else None
    if said and said.get("code") == "no_recording":
        return "yes"  # he may hear what there is, and there is nothing
    return outcome(answer.status_code)


async def knock_at_socket(octi: Octi, house: House, path: str, brought: str | None) -> str:
    """The same, at a socket's door, as a client that reads a status."""
    record, secret = await house.session()
    said = {} if brought is None else {"Authorization": f"Bearer {brought.replace('{secret}', secret)}"}
    status, _, _ = await answer_to(octi, asking(path.replace("{session}", record.id), **said))
    return outcome(status)


async def rows(octi: Octi, house: House) -> list[Row]:
    """Each door, with what happens to everybody there."""
    told: list[Row] = []
    for method, rule in DOORS:
        told.append([f"`{method} {rule}`", *[await knock(house, method, rule, each) for each in CALLERS.values()]])
    for what, path in SOCKETS.items():
        tried = [await knock_at_socket(octi, house, path, each) for each in CALLERS.values()]
        told.append([f"a socket: {what}", *tried])
    return told


def table(head: Sequence[str], told: Sequence[Row]) -> Iterator[str]:
    """As Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in told:
        yield f"| {' | '.join(row)} |"


def rewritten(page: str, told: Mapping[str, Sequence[Row]]) -> str:
    """A page with its table made anew. Raises ValueError where it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page should have {BEGIN} and {END}")
    lines = "\n".join(table(["door", *CALLERS], told["guarded"]))
    return f"{before}{BEGIN}\n\n{lines}\n\n{END}{after}"
