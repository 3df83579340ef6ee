"""A kit of which nothing is there, and a provider that does not run."""

from pathlib import Path

from bench.relaying.kit import Kit
from bench.relaying.provider import Provider

KIT = Kit(program=Path("/nowhere/relayload"), tls=True, environments=Path("/nowhere/environments"))
PROVIDER_PLACE = Provider("http://localhost:9", 9, (1 << 30) + 1)
