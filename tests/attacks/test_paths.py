"""What is closed to strangers is closed by every spelling of its path, and every way to ask for it."""

import msgspec
import pytest

from octi.web.needs import EVERYBODY, NEEDS
from tests.attacks.target import GUARDED, Answer, Target, target, upgrade

CLOSED = sorted(
    {(method, rule.replace("<", "").replace(">", "")) for (method, rule), need in NEEDS.items() if need != EVERYBODY}
)
PATHS = ("/metrics", "/debug/census", "/sessions", "/sessions/s/transcript", "/token")
# Statuses by which nothing is given away. 308: to a spelling that is as closed.
REFUSED = {400, 401, 403, 404, 405, 308}


def spellings(path: str, host: str) -> list[str]:
    """A path as somebody may write it who hopes that the guard reads it otherwise than the router does."""
    first, last = path[:2], path[1:]
    escaped = "".join(f"%{ord(each):02x}" for each in last)
    return [
        path,
        f"{path}/",
        f"/{path}",
        f"///{path}",
        f"/.{path}",
        f"/x/..{path}",
        f"/livez/../{last}",
        f"/livez/..;{path}",
        f"/livez%2f..%2f{last}",
        f"/livez%00{path}",
        f"{path}%00",
        f"{path}%00.json",
        f"{path}%20",
        f"{path}%09",
        f"{path}.",
        f"{path}...",
        f"{path}/.",
        f"{path};x=y",
        f"{path};/livez",
        f"{path}?x=/livez",
        f"{path}#/livez",
        f"{path}%23/livez",
        f"{path}%3f",
        f"{path}.json",
        f"/%2e{path}",
        f"/%2e%2e{path}",
        f"/{escaped}",
        f"/{escaped.upper()}",
        f"%2f{last}",
        f"/%2f{last}",
        f"/%5c{last}",
        f"/\\{last}",
        path.replace("/", "%2f"),
        path.replace("/", "\\"),
        path.replace("/", "//"),
        path.replace("/", "%c0%af"),
        path.replace("/", "%ef%bc%8f"),
        path.replace("/", "%252f"),
        path.upper(),
        path.title(),
        f"{first}%cc%81{path[2:]}",
        path.replace("s", "%c5%bf"),
        f"http://{host}{path}",
        f"http://octi.example{path}",
        f"http://{host}/livez/..{path}",
        f"http:{path}",
        f"//{host}{path}",
        f"{host}{path}",
        last,
    ]


async def asked(octi: Target, method: str, target_: str, *more: str) -> Answer:
    """The answer to a request whose line is written as it is."""
    lines = "".join(f"{line}\r\n" for line in more)
    head = f"{method} {target_} HTTP/1.1\r\nHost: {octi.host}\r\nConnection: close\r\n{lines}\r\n"
    return await octi.say(head.encode(), ends=False)


@pytest.mark.parametrize("path", PATHS)
async def test_no_spelling_of_a_path_gets_round_the_guard(path: str) -> None:
    """Whatever the router makes of it, it is refused, or found nowhere."""
    async with target(GUARDED) as octi:
        for spelling in spellings(path, octi.host):
            for method in ("POST",) if path == "/token" else ("GET", "HEAD"):
                answer = await asked(octi, method, spelling, "Content-Length: 0")
                assert answer.status in REFUSED, (method, spelling, answer.raw)


async def test_no_method_gets_round_the_guard() -> None:
    """Whatever it is called, and whatever a header says that it shall be."""
    async with target(GUARDED) as octi:
        for path in PATHS:
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "GETT", "X-Y"):
                answer = await asked(octi, method, path, "Content-Length: 0")
                assert answer.status in REFUSED, (method, path)
            for header in ("X-HTTP-Method-Override: OPTIONS", "X-HTTP-Method: OPTIONS", "X-Method-Override: OPTIONS"):
                assert (await asked(octi, "GET", path, header)).status in REFUSED
            answer = await asked(octi, "OPTIONS", path, "Access-Control-Request-Method: GET")
            assert answer.body in {b"", b"\n"} or answer.status in REFUSED


@pytest.mark.parametrize(
    "header",
    [
        "X-Original-URL: /livez",
        "X-Rewrite-URL: /livez",
        "X-Forwarded-Prefix: /livez",
        "X-Forwarded-Path: /livez",
        "X-Script-Name: /metrics",
        "X-Forwarded-For: 127.0.0.1",
        "X-Real-IP: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
        "X-Forwarded-Host: 127.0.0.1",
        "Host: localhost",
        "Authorization: Bearer",
        "Authorization: Bearer null",
        "Authorization:",
        "Cookie: octi=1",
        "Origin: null",
    ],
)
async def test_no_header_opens_a_path(header: str) -> None:
    """By which some proxy tells some other server who or where somebody is."""
    async with target(GUARDED) as octi:
        for path in PATHS:
            method = "POST" if path == "/token" else "GET"
            assert (await asked(octi, method, path, header, "Content-Length: 0")).status in REFUSED
        assert (await asked(octi, "GET", "/livez", "X-Original-URL: /metrics")).body == b'{"status":"ok"}\n'


async def test_all_that_is_closed_is_closed() -> None:
    """Every route that is not for everybody, with nothing in hand: 401, before it is looked whether there is any."""
    async with target(GUARDED) as octi:
        for method, path in CLOSED:
            answer = await asked(octi, method, path, "Content-Length: 0")
            assert answer.status == 401, (method, path, answer.raw)
            assert "error" in msgspec.json.decode(answer.body)


@pytest.mark.parametrize("target_", ["octi.example:443", "/metrics", "*", "http://octi.example/"])
async def test_octi_is_nobodys_proxy(target_: str) -> None:
    """CONNECT, an address of somebody else, and `*` lead nowhere."""
    async with target() as octi:
        assert (await asked(octi, "CONNECT", target_)).status in {400, 404, 405}
        foreign = await asked(octi, "GET", "http://169.254.169.254/latest/meta-data/")
        assert foreign.status in {400, 404}
        assert (await asked(octi, "OPTIONS", "*")).status in {200, 400, 404, 405}
        await octi.is_well()


@pytest.mark.parametrize(
    "path",
    [
        "/ws/realtime/",
        "//ws/realtime",
        "/ws/../ws/realtime",
        "/ws/%72ealtime",
        "/WS/realtime",
        "/ws/realtime%00",
        "/ws/realtime;x",
        "/ws\\realtime",
        "ws/realtime",
        "/ws/realtime/../../v1/realtime",
    ],
)
async def test_a_socket_is_at_its_own_paths_alone(path: str) -> None:
    """A spelling that a proxy may take for another is no door. (The absolute form is one: proxies write it.)"""
    async with target() as octi:
        answer = await octi.say(upgrade(path, octi.host), ends=False)
        assert answer.status in {400, 404}, answer.raw


async def test_every_spelling_of_a_door_is_guarded() -> None:
    """None is let in without a credential, by the absolute form either."""
    async with target(GUARDED) as octi:
        for door in ("/ws/realtime", "/v1/realtime", "/realtime"):
            for spelling in spellings(door, octi.host):
                answer = await octi.say(upgrade(spelling, octi.host), ends=False)
                assert answer.status in REFUSED, (spelling, answer.raw)
        assert octi.provider.opened == 0
