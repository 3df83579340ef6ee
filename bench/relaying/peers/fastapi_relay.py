"""A relay on FastAPI, uvicorn, uvloop and websockets: python fastapi_relay.py PORT PROVIDER."""

import asyncio
import json
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

LARGEST = 1 << 24


def application(provider: str) -> FastAPI:
    """One route."""
    app = FastAPI()

    @app.websocket("/v1/realtime")
    async def relay(client: WebSocket) -> None:
        await client.accept()
        url = f"{provider}/v1/realtime?model=gpt-realtime"
        async with connect(url, compression=None, max_size=LARGEST) as upstream:
            ways = [asyncio.create_task(up(client, upstream)), asyncio.create_task(down(upstream, client))]
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()

    return app


async def up(client: WebSocket, upstream) -> None:
    """What the client says, each event read."""
    with suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        while True:
            text = await client.receive_text()
            json.loads(text)["type"]
            await upstream.send(text)


async def down(upstream, client: WebSocket) -> None:
    """What the provider says, each event read."""
    with suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        async for text in upstream:
            json.loads(text)["type"]
            await client.send_text(text)


def main(port: str, provider: str) -> None:
    """Serve."""
    app = application(provider)
    uvicorn.run(app, host="127.0.0.1", port=int(port), ws="websockets", loop="uvloop", log_level="error", backlog=1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
