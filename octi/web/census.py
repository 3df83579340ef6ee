"""`/debug/census`: what this octi holds just now. For operators only: it names sessions.

Who they are `octi.web.callers` finds out, where keys are asked for; else whoever asks from the same machine.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import attrs
from quart import Blueprint, Request
from quart.typing import ResponseReturnValue

from octi.observe.census import take_census
from octi.services import Services
from octi.web.replies import NO_STORE

HERE = ("localhost", "127.0.0.1", "::1")  # any other name may be a stranger's, who lets it lead here
PROXIED = ("forwarded", "via", "x-real-ip")  # a proxy on this machine speaks for somebody else
PROXIED_PREFIX = "x-forwarded-"
OWN_SITES = ("none", "same-origin")  # the address typed by hand, or a page of octi's own


def census_pages(services: Services) -> Blueprint:
    """`/debug/census`."""
    pages = Blueprint("census", __name__)

    @pages.get("/debug/census")
    async def census() -> ResponseReturnValue:
        return census_of(services), 200, NO_STORE

    return pages


def is_local(asked: Request) -> bool:
    """Does somebody on this machine ask, for himself, and no page that a browser loaded from elsewhere?"""
    headers = asked.headers
    proxied = any(name.lower() in PROXIED or name.lower().startswith(PROXIED_PREFIX) for name, _ in headers)
    from_elsewhere = "origin" in headers or headers.get("sec-fetch-site", "none") not in OWN_SITES
    return _is_loopback(asked.remote_addr or "") and _host_of(asked) in HERE and not proxied and not from_elsewhere


def census_of(services: Services) -> dict[str, Any]:
    """The process, the node's sessions with what waits in them, and what waits in the parts that they share."""
    taken = take_census()
    return {
        **attrs.asdict(taken),
        "totals": taken.totals,
        "sessions": {str(session): dict(depths) for session, depths in services.live.census().items()},
        "followers": len(services.live.feed),
        "parts": {part: dict(figures) for part, figures in services.gauges().items()},
    }


def _host_of(asked: Request) -> str | None:
    try:
        return urlsplit(f"//{asked.host}").hostname
    except ValueError:  # brackets that do not close
        return None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
