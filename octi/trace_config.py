"""The settings of traces, by the names that OpenTelemetry gives them; `octi.config` puts them with the others."""
# ruff: noqa: RUF009 - `setting` makes attrs fields, but ruff only knows `attrs.field` by its name

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from urllib.parse import unquote

import attrs

from octi.settings import has_host, one_of, setting, switch, text

TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # what may name a header
PRINTED = re.compile(r"[ -~]*")
TRACES_PATH = "/v1/traces"  # below a collector's base address

Pairs = tuple[tuple[str, str], ...]


class Sampler(StrEnum):
    """Which traces are kept. PARENTBASED: as whoever asked has decided; the rest is for who brings no trace."""

    ALWAYS_ON = "always_on"
    ALWAYS_OFF = "always_off"
    TRACEIDRATIO = "traceidratio"
    PARENTBASED_ALWAYS_ON = "parentbased_always_on"
    PARENTBASED_ALWAYS_OFF = "parentbased_always_off"
    PARENTBASED_TRACEIDRATIO = "parentbased_traceidratio"


class Exporter(StrEnum):
    """Where traces go."""

    OTLP = "otlp"
    NONE = "none"


class Protocol(StrEnum):
    """How they go there."""

    HTTP = "http/protobuf"


def collector(said: str) -> str:
    """An address to which traces can be posted."""
    if not re.fullmatch(r"https?://[^\s?#]+", said := said.strip()) or not has_host(said):
        raise ValueError("an http:// or https:// address, such as http://127.0.0.1:4318")
    return said


def pairs(said: str) -> Pairs:
    """Names and values, with commas between them; values are percent-decoded."""
    try:
        return tuple(pair(each) for each in said.split(",") if each.strip())
    except ValueError:
        raise ValueError("name=value, with commas between several and %2C for a comma in a value") from None


def pair(said: str) -> tuple[str, str]:
    """A name and its value. Raises ValueError."""
    name, equals, value = said.partition("=")
    name, value = name.strip(), unquote(value.strip(), errors="strict")
    if not equals or not TOKEN.fullmatch(name):
        raise ValueError
    return name, value


def headers(said: str) -> Pairs:
    """Pairs that may stand in a request's head."""
    found = pairs(said)
    if not all(PRINTED.fullmatch(value) for _, value in found):
        raise ValueError("name=value, with commas between several, in printable ASCII")
    return found


def ratio(said: str) -> float:
    """A share of the whole."""
    if not re.fullmatch(r"\s*(0(\.[0-9]{1,9})?|1(\.0{1,9})?|\.[0-9]{1,9})\s*", said):
        raise ValueError("a number from 0 to 1")
    return float(said)


@attrs.frozen(kw_only=True)
class TraceConfig:
    """Whether octi tells what it does by OpenTelemetry, where to, and how much of it."""

    base: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "A collector that takes OpenTelemetry's traces by HTTP, such as http://127.0.0.1:4318. Needs octi[otel].",
        collector,
        otherwise="no traces",
    )
    traces: str = setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "The same with its path, if that is not /v1/traces below OTEL_EXPORTER_OTLP_ENDPOINT.",
        collector,
    )
    headers: Pairs = setting(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Headers for the collector: name=value, with commas between several, %20 for a space.",
        headers,
        secret=True,
    )
    protocol: Protocol = setting(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "How traces are sent: http/protobuf.", one_of(Protocol), "http/protobuf"
    )
    certificate: str = setting(
        "OTEL_EXPORTER_OTLP_CERTIFICATE", "File with certificates (PEM) to trust for a collector at https.", text
    )
    exporter: Exporter = setting(
        "OTEL_TRACES_EXPORTER", "otlp, or none: no traces, whatever else is set.", one_of(Exporter), "otlp"
    )
    disabled: bool = setting("OTEL_SDK_DISABLED", "No traces, whatever else is set: true, false.", switch, "false")
    service: str = setting("OTEL_SERVICE_NAME", "What octi is called in traces.", text, otherwise="octi")
    resource: Pairs = setting(
        "OTEL_RESOURCE_ATTRIBUTES",
        "What else is told of this octi in all its traces, such as deployment.environment.name=staging.",
        pairs,
    )
    sampler: Sampler = setting(
        "OTEL_TRACES_SAMPLER",
        f"Which traces are kept: {', '.join(Sampler)}.",
        one_of(Sampler),
        "parentbased_always_on",
    )
    share: float = setting(
        "OTEL_TRACES_SAMPLER_ARG", "How many of them, for the samplers that end in traceidratio: 0 to 1.", ratio, "1"
    )
    onward: bool = setting(
        "OCTI_TRACE_PROVIDER",
        "Whether the provider is told of the trace by a traceparent header, for one that is traced as well: "
        "true, false.",
        switch,
        "false",
    )

    @property
    def endpoint(self) -> str:
        """Where traces are posted; "" for nowhere."""
        if self.disabled or self.exporter is Exporter.NONE:
            return ""
        return self.traces or (self.base and self.base.rstrip("/") + TRACES_PATH)


def broken_trace_rules(config: TraceConfig, can_read: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong with them together."""
    if config.endpoint and config.certificate and not can_read(config.certificate):
        yield f"OTEL_EXPORTER_OTLP_CERTIFICATE={config.certificate!r}: should be a file that octi can read"
