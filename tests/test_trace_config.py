"""octi/trace_config.py: OpenTelemetry's settings as octi reads them."""

import pytest

from octi.config import Config, read_config
from octi.errors import BadConfig
from octi.settings import all_settings
from octi.trace_config import Sampler, TraceConfig


def read(**env: str) -> TraceConfig:
    return read_config(env).traces


def problem(**env: str) -> str:
    with pytest.raises(BadConfig) as caught:
        read_config(env)
    (line,) = caught.value.problems
    return line


def test_without_a_collector_there_is_nowhere_to_send_to() -> None:
    """Whatever else is said."""
    assert TraceConfig().endpoint == ""
    assert read(OTEL_SERVICE_NAME="desk", OTEL_TRACES_SAMPLER="always_on").endpoint == ""


@pytest.mark.parametrize(
    ("env", "endpoint"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " https://c/otlp/ "}, "https://c/otlp/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/in"}, "http://t/in"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/"}, "http://t/"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, ""),
    ],
)
def test_traces_go_where_opentelemetry_says(env: dict[str, str], endpoint: str) -> None:
    """To the address for traces as it is, or else to /v1/traces below the one for everything."""
    assert read_config(env).traces.endpoint == endpoint


def test_headers_are_percent_decoded_and_never_shown() -> None:
    """Among them is a key."""
    config = read(OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20sk-1%2C2, x-team = a=b ,")
    assert config.headers == (("authorization", "Bearer sk-1,2"), ("x-team", "a=b"))
    assert "sk-1" not in repr(config)


@pytest.mark.parametrize("said", ["sk-secret", "=sk-secret", "a b=sk-secret", "a=sk-secret%0D%0Ab", "a=%ffsk-secret"])
def test_headers_that_are_none_are_refused_unseen(said: str) -> None:
    """Nor can a value smuggle in another header."""
    line = problem(OTEL_EXPORTER_OTLP_HEADERS=said)
    assert line.startswith("OTEL_EXPORTER_OTLP_HEADERS=***: should be name=value")


def test_what_is_told_of_the_node_is_read_in_pairs() -> None:
    """In any language."""
    assert read(OTEL_RESOURCE_ATTRIBUTES="service.namespace=caf%C3%A9,a=").resource == (
        ("service.namespace", "café"),
        ("a", ""),
    )


@pytest.mark.parametrize(("said", "share"), [("0", 0.0), ("1", 1.0), ("0.25", 0.25), (".5", 0.5), ("1.0", 1.0)])
def test_a_share_is_between_nothing_and_all(said: str, share: float) -> None:
    """Of the traces that nobody else has decided about."""
    config = read(OTEL_TRACES_SAMPLER="ParentBased_TraceIDRatio", OTEL_TRACES_SAMPLER_ARG=said)
    assert (config.sampler, config.share) == (Sampler.PARENTBASED_TRACEIDRATIO, share)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://c:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_TRACES_SAMPLER_ARG", "half"),
        ("OTEL_RESOURCE_ATTRIBUTES", "staging"),
    ],
)
def test_what_octi_cannot_do_is_refused_by_name(name: str, said: str) -> None:
    """Better at the start than by silence."""
    assert problem(**{name: said}).startswith(f"{name}={said!r}: should be ")


def test_a_certificate_must_be_readable_where_it_is_used() -> None:
    """It may stay set while traces are off."""
    env = {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/no/such"}
    assert read_config(env, can_read=lambda path: False).traces.certificate == "/no/such"
    with pytest.raises(BadConfig) as caught:
        read_config({**env, "OTEL_EXPORTER_OTLP_ENDPOINT": "https://c"}, can_read=lambda path: False)
    assert caught.value.problems == ["OTEL_EXPORTER_OTLP_CERTIFICATE='/no/such': should be a file that octi can read"]


def test_providers_are_told_of_traces_only_on_request() -> None:
    """They are somebody else."""
    assert not TraceConfig().onward
    assert read(OCTI_TRACE_PROVIDER="true").onward


def test_every_setting_is_among_octis_own() -> None:
    """So that they may stand in .env, and are in .env.example."""
    known = {spec.name for spec in all_settings(Config)}
    assert {spec.name for spec in all_settings(TraceConfig)} <= known
