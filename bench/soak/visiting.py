"""Those who upset octi's HTTP side, and make no session."""

import random
from urllib.parse import urlsplit

import trio

WAIT_S = 7.0  # octi gives a head five seconds
SOON_S = 0.3
UPGRADE = "GET /ws/realtime HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


async def visit(base: str, how: str, chance: random.Random) -> None:
    """One connection, which may end as it likes."""
    host = urlsplit(base).netloc
    name, _, port = host.rpartition(":")
    try:
        async with await trio.open_tcp_stream(name, int(port)) as stream:
            await stream.send_all(opening(how, host, chance))
            patience_s = WAIT_S if how in {"half a head", "half an upgrade"} else 2.0
            if how == "leaves early":
                patience_s = chance.uniform(0, SOON_S)
            with trio.move_on_after(patience_s):
                while await stream.receive_some():
                    pass
    except (OSError, trio.BrokenResourceError):
        pass  # octi hung up: so it should


def opening(how: str, host: str, chance: random.Random) -> bytes:
    """What it says."""
    upgrade = UPGRADE.format(host=host)
    match how:
        case "garbage":
            return chance.randbytes(chance.randint(1, 20_000))
        case "half a head":
            return f"GET /sessions HTTP/1.1\r\nHost: {host}\r\nX-Lo".encode()
        case "half an upgrade":
            return upgrade.encode()
        case "bad upgrade":
            return f"{upgrade}Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: short\r\n\r\n".encode()
        case "half a body":
            head = f"POST /sessions HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n\r\n"
            return f'{head}{{"voice": "all'.encode()
        case "unknown session":
            return f"{upgrade.replace('realtime', 'realtime?session=nobody')}Sec-WebSocket-Version: 13\r\n\r\n".encode()
        case _:
            return f"GET /sessions?limit=200 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
