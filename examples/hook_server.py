"""A webhook for octi that judges what is said (docs/hooks.md). Nothing but Python is needed.

    OCTI_HOOK_SECRET=a-secret python examples/hook_server.py --port 8089
    OCTI_HOOK_SECRET=a-secret OCTI_HOOK_URL=http://127.0.0.1:8089/judge octi serve

Replace `judge` with your own.
"""

import argparse
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOST_BYTES = 1 << 20
OLDEST_S = 300  # a question that is older was recorded by somebody, and is sent again


def judge(turn: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a turn."""
    said = turn["text"].lower()
    if "bomb" in said:
        return {"action": "block", "say": "Let us talk about something else.", "reason": "weapons"}
    if turn["side"] == "agent" and "acme" in said:
        return {"action": "replace", "text": "You will find it in our own shop."}
    if "shut up" in said:
        return {"action": "interrupt"}
    return {"action": "allow"}


def is_octis(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether octi has sent this, and just now."""
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > OLDEST_S:
        return False
    right = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v1={right}".encode(), signature.encode())


class Handler(BaseHTTPRequestHandler):
    """Answers octi's questions; nobody else's."""

    protocol_version = "HTTP/1.1"  # octi keeps the connection for the next turn
    timeout = 60
    secret = ""

    def do_POST(self) -> None:
        """Judge one turn."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        timestamp, signature = self.headers.get("Octi-Timestamp", ""), self.headers.get("Octi-Signature", "")
        if self.secret and not is_octis(self.secret, timestamp, signature, body, time.time()):
            self.send_error(401)
            return
        answer = json.dumps(judge(json.loads(body))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server names it
        """What is said is not logged."""


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(description="A webhook for octi.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8089, help="0: any that is free")
    told = parser.parse_args()
    Handler.secret = os.environ.get("OCTI_HOOK_SECRET", "")
    with ThreadingHTTPServer((told.host, told.port), Handler) as server:
        print(f"http://{told.host}:{server.server_port}/judge", flush=True)  # noqa: T201  its user wants to know
        server.serve_forever()


if __name__ == "__main__":
    main()
