"""Who is measured, and why somebody is not."""

import pytest

from bench.relaying.kit import PEERS, Missing
from bench.relaying.relays import RELAYS, Place, filled_in, nginx
from bench.relaying.rounds import usable
from bench.relaying.running import cores
from bench.relaying.trial import Bench
from tests.bench.kits import KIT


def test_a_relay_that_is_not_there_says_where_it_would_come_from() -> None:
    """It is skipped, with its reason; octi always is there."""
    bench = Bench(KIT, cores(), seconds=1, warm_s=1)
    versions, skipped = usable(bench, [relay for relay in RELAYS if relay.name != "nginx"])
    assert set(versions) == {"octi", "octi-own", "none"}
    assert skipped["aiohttp"] == "there is no python; make bench installs it"
    assert "make bench installs it where it can" in skipped["litellm"]
    assert {"node-raw", "node-parse"} <= skipped.keys()


def test_peers_configurations_are_filled_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without the line that is for readers of the template, and with its braces as nginx has them."""
    folder = tmp_path_factory.mktemp("nginx")
    text = filled_in("nginx.conf", folder, port=8000, provider="http://localhost:9", trust="").read_text(
        encoding="utf-8"
    )
    assert "listen 127.0.0.1:8000" in text
    assert "{port}" not in text
    assert "{{" not in text


def test_every_peers_program_is_in_the_repository() -> None:
    """By the names that the relays start."""
    assert {
        "node_ws.mjs",
        "aiohttp_relay.py",
        "fastapi_relay.py",
        "nginx.conf",
        "litellm.yaml",
        "package-lock.json",
    } <= {path.name for path in PEERS.iterdir()}


def test_the_npm_lock_names_no_address() -> None:
    """As all locks."""
    assert "://" not in (PEERS / "package-lock.json").read_text(encoding="utf-8")


def test_nginx_without_nginx_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """And says of which package it is."""
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    with pytest.raises(Missing, match="nginx-light"):
        nginx(KIT, Place(1, tmp_path_factory.mktemp("nginx"), "http://localhost:9"))
