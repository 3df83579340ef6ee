"""The order of a run."""

from bench.relaying.loads import load_named
from bench.relaying.relays import BY_NAME, Place, environment, octi
from bench.relaying.rounds import brief, order
from bench.relaying.trial import Started, arguments
from tests.bench.kits import KIT, PROVIDER_PLACE

RELAYS = [BY_NAME[name] for name in ("octi", "node-raw", "nginx")]
LOADS = [load_named(name) for name in ("sat", "p100")]


def test_each_round_has_every_relay_under_every_load() -> None:
    """Load by load, so that relays are compared that ran soon after each other."""
    trials = [(load.name, relay.name) for load, relay in order(RELAYS, LOADS, 0)]
    assert trials[:3] == [("sat", "octi"), ("sat", "node-raw"), ("sat", "nginx")]
    assert len(set(trials)) == 6


def test_each_round_begins_with_another_relay() -> None:
    """Nobody is always the first."""
    assert [next(order(RELAYS, LOADS, number))[1].name for number in range(4)] == ["octi", "node-raw", "nginx", "octi"]


def test_where_there_is_no_relay_nobody_speaks_tls() -> None:
    """The load generator itself does not."""
    loads = [load_named(name) for name in ("sat", "sat+tls")]
    assert [load.name for load, _ in order([BY_NAME["none"]], loads, 0)] == ["sat"]


def test_whoever_watches_is_told_the_costs() -> None:
    """A line a trial."""
    assert brief({"opens_s": 100.2, "cpu_us_open": 999.7}) == "100 opens/s, 1000 us of CPU each"
    assert brief({"cpu_us_message": 12.34, "cpu_percent": 50.0, "p99_ms": 0.5}).startswith(
        "12.3 us a message, 50 % CPU"
    )


def test_octis_own_door_is_loaded_with_sound_as_it_is() -> None:
    """And each relay at its door, with whose CPU time counts."""
    own = arguments(Started(BY_NAME["octi-own"], 8000, 1 << 30, 0.1), PROVIDER_PLACE, ["load", "-n", "1"])
    peer = arguments(Started(BY_NAME["litellm"], 8000, 1 << 30, 0.1), PROVIDER_PLACE, ["load", "-n", "1"])
    assert own[:6] == ["load", "-p", "8000", "-u", "/ws/realtime", "-b"]
    assert own[-4:] == ["-P", f"{1 << 30},{PROVIDER_PLACE.pid}", "-n", "1"]
    assert "-b" not in peer
    assert peer[peer.index("-H") + 1].startswith("Authorization: Bearer ")


def test_octi_is_started_as_users_do_with_a_store_and_a_log() -> None:
    """Nothing is switched off; with TLS it trusts the run's authority."""
    place = Place(8000, KIT.program.parent, "https://localhost:9", KIT.program)
    env = environment(place, octi(KIT, place))
    assert env["OCTI_UPSTREAM_URL"] == "https://localhost:9/v1"
    assert env["OCTI_STORE_URL"].startswith("sqlite:///")
    assert env["SSL_CERT_FILE"] == str(KIT.program)
