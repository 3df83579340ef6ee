"""A relay on aiohttp and uvloop, in the shape of VoiceRAG's rtmt.py: python aiohttp_relay.py PORT PROVIDER."""

import asyncio
import json
import sys
from contextlib import suppress

import aiohttp
import uvloop
from aiohttp import web

LARGEST = 1 << 24
SESSION = web.AppKey("session", aiohttp.ClientSession)
PROVIDER = web.AppKey("provider", str)


async def relay(request: web.Request) -> web.WebSocketResponse:
    """One client."""
    client = web.WebSocketResponse(compress=False, max_msg_size=LARGEST)
    await client.prepare(request)
    url = f"{request.app[PROVIDER]}/v1/realtime?model=gpt-realtime"
    async with request.app[SESSION].ws_connect(url, max_msg_size=LARGEST) as provider:
        with suppress(ConnectionResetError):
            await asyncio.gather(pass_on(client, provider), pass_on(provider, client))
    return client


async def pass_on(source, target) -> None:
    """Read every message, as rtmt.py does, and send it on."""
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            json.loads(message.data)["type"]
            await target.send_str(message.data)
    await target.close()


async def started(app: web.Application) -> None:
    """The provider's side, without a limit of connections."""
    app[SESSION] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


def main(port: str, provider: str) -> None:
    """Serve."""
    app = web.Application()
    app[PROVIDER] = provider
    app.on_startup.append(started)
    app.router.add_get("/{path:.*}", relay)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(port), print=None, backlog=1024, access_log=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
