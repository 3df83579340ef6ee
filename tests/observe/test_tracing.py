"""octi/observe/tracing.py: spans by OpenTelemetry's SDK, that nothing done to them can break."""

import math
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import ProxyTracerProvider, SpanKind
from structlog.testing import capture_logs

from octi import __version__
from octi.observe.base import current_span, in_span
from octi.observe.tracing import FLUSH_S, LONGEST, open_otel, resource_for
from octi.trace_config import Sampler, TraceConfig
from tests.observe.collector import collecting
from tests.observe.spans import Spans, about, failed, when

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def parent(flags: str = "01") -> dict[str, str]:
    return {"traceparent": f"00-{TRACE}-{SPAN}-{flags}"}


def test_spans_hang_together_without_any_global_context() -> None:
    """Whoever else uses OpenTelemetry in this process is not met."""
    spans = Spans()
    root = spans.tracer.root("root", {"a": 1})
    with in_span(root):
        part = current_span().begin("part", {"b": ("x", "y")}, client=True)
        part.begin("inner").end()
        part.end()
    root.end()
    assert spans.tree() == ["root", ["part", ["inner"]]]
    kinds = [spans.only(name).kind for name in ("root", "part", "inner")]
    assert kinds == [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.INTERNAL]
    assert about(spans.only("part"), "b") == [("x", "y")]
    assert isinstance(trace.get_tracer_provider(), ProxyTracerProvider)
    assert not trace.get_current_span().get_span_context().is_valid


def test_times_are_as_they_are_given() -> None:
    """What was noticed later began when it began."""
    spans = Spans(lambda: 1000.0)
    root = spans.tracer.root("root")
    root.begin("part", at=1000.5).end(at=1002.25)
    root.end(at=1003.0)
    assert when(spans.only("part")) == (1000.5, 1002.25)
    assert when(spans.only("root")) == (1000.0, 1003.0)


def test_no_span_begins_before_its_parent_or_ends_before_it_began() -> None:
    """Clocks are set back, and what is reckoned may be wrong."""
    spans = Spans(lambda: 1000.0)
    root = spans.tracer.root("root")
    root.begin("part", at=900.0).end(at=800.0)
    root.end(at=math.pi)
    assert [when(span) for span in spans.all] == [(1000.0, 1000.0)] * 2


def test_what_is_done_to_a_span_that_is_over_does_nothing() -> None:
    """The first end is the end; parts may still begin in it."""
    spans = Spans()
    root = spans.tracer.root("root")
    root.end()
    root.note({"late": True})
    root.rename("other")
    root.end(error="late")
    root.begin("part").end()
    assert spans.tree() == ["root", ["part"]]
    assert about(spans.only("root"), "late", "error.type") == [None, None]
    assert not failed(spans.only("root"))


def test_a_span_that_is_never_over_is_never_told() -> None:
    """Its parts are."""
    spans = Spans()
    spans.tracer.root("root").begin("part").end()
    assert [span.name for span in spans.all] == ["part"]


def test_an_error_is_a_word_and_marks_the_span() -> None:
    """By the name that the conventions have for it."""
    spans = Spans()
    spans.tracer.root("root").end(error="upstream_lost")
    root = spans.only("root")
    assert (failed(root), about(root, "error.type")) == (True, ["upstream_lost"])


def test_long_texts_are_cut() -> None:
    """A model's name may be a client's idea."""
    spans = Spans()
    spans.tracer.root("root", {"model": "m" * 10_000}).end()
    assert about(spans.only("root"), "model") == ["m" * LONGEST]


def test_a_root_belongs_to_the_trace_that_a_request_names() -> None:
    """And one that names none begins its own."""
    spans = Spans()
    for headers in (parent(), {}):
        spans.tracer.root("root", headers=headers).end()
    contexts = [span.context for span in spans.all if span.context]
    assert sorted(f"{context.trace_id:032x}" == TRACE for context in contexts) == [False, True]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        "x" * 100_000,
    ],
)
def test_a_parent_that_makes_no_sense_is_ignored(said: str) -> None:
    """The request is answered all the same."""
    spans = Spans()
    spans.tracer.root("root", headers={"traceparent": said}).end()
    assert spans.only("root").parent is None


@given(parents=st.text(max_size=80), states=st.text(max_size=200))
def test_no_header_can_break_anything(parents: str, states: str) -> None:
    """Whatever a client sends."""
    spans = Spans()
    spans.tracer.root("root", headers={"traceparent": parents, "tracestate": states}).end()
    spans.tracer.root("root", headers={**parent(), "tracestate": states}).end()
    assert len(spans.all) == 2


def test_nobody_is_told_of_the_trace_unless_that_is_asked_for() -> None:
    """Then by the parent alone: what others put into the trace's state is not octi's to tell."""
    headers = {**parent(), "tracestate": "vendor=secret"}
    assert dict(Spans().tracer.root("root", headers=headers).headers) == {}
    spans = Spans(config=TraceConfig(onward=True))
    part = spans.tracer.root("root", headers=headers).begin("part")
    part.end()
    context = spans.only("part").context
    assert context is not None
    assert dict(part.headers) == {"traceparent": f"00-{TRACE}-{context.span_id:016x}-01"}


@pytest.mark.parametrize(
    ("sampler", "flags", "kept"),
    [
        (Sampler.ALWAYS_ON, "00", True),
        (Sampler.ALWAYS_OFF, "01", False),
        (Sampler.PARENTBASED_ALWAYS_ON, "00", False),
        (Sampler.PARENTBASED_ALWAYS_ON, None, True),
        (Sampler.PARENTBASED_ALWAYS_OFF, "01", True),
        (Sampler.PARENTBASED_ALWAYS_OFF, None, False),
        (Sampler.PARENTBASED_TRACEIDRATIO, "01", True),
        (Sampler.PARENTBASED_TRACEIDRATIO, None, False),
        (Sampler.TRACEIDRATIO, "01", False),
    ],
)
def test_the_sampler_decides_by_the_parent_or_by_share(sampler: Sampler, flags: str | None, kept: bool) -> None:
    """A trace is kept as a whole, or not at all; whoever is asked is told."""
    spans = Spans(config=TraceConfig(sampler=sampler, share=0.0, onward=True))
    root = spans.tracer.root("root", headers=parent(flags) if flags else {})
    part = root.begin("part")
    part.note({"a": 1})
    part.end(error="e")
    root.rename("other")
    root.end()
    assert len(spans.all) == (2 if kept else 0)
    assert part.headers["traceparent"].endswith("-01" if kept else "-00")


def test_a_share_of_the_traces_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the trace's number, so that all who are asked decide alike."""
    numbers = iter([int(0.2 * 2**64), int(0.3 * 2**64)])
    monkeypatch.setattr(RandomIdGenerator, "generate_trace_id", lambda self: next(numbers))
    spans = Spans(config=TraceConfig(sampler=Sampler.TRACEIDRATIO, share=0.25))
    for name in ("kept", "not"):
        spans.tracer.root(name).end()
    assert [span.name for span in spans.all] == ["kept"]


def test_a_node_says_who_it_is() -> None:
    """Its operator's word counts more than octi's own."""
    told = dict(resource_for(TraceConfig()).attributes)
    assert (told["service.name"], told["service.version"]) == ("octi", __version__)
    assert told["service.instance.id"] != dict(resource_for(TraceConfig()).attributes)["service.instance.id"]
    own: Any = (("service.name", "a"), ("service.instance.id", "pod-1"), ("k8s.pod.name", "p"))
    told = dict(resource_for(TraceConfig(resource=own)).attributes)
    assert (told["service.name"], told["service.instance.id"], told["k8s.pod.name"]) == ("a", "pod-1", "p")
    assert resource_for(TraceConfig(resource=own, service="b")).attributes["service.name"] == "b"


def test_the_environment_has_no_say_beside_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They were read once, and checked."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    spans = Spans()
    spans.tracer.root("root").end()
    assert spans.only("root").resource.attributes["service.name"] == "octi"


async def test_what_is_told_is_sent_before_octi_ends() -> None:
    """Also where whoever opened it is cancelled."""
    with collecting() as (url, posted), trio.CancelScope() as scope:
        async with open_otel(TraceConfig(base=url, service="desk")) as tracer:
            tracer.root("root").end()
            scope.cancel()
            await trio.lowlevel.checkpoint()
    assert (posted.paths, posted.names, posted.services) == (["/v1/traces"], ["root"], {"desk"})


async def test_a_collector_that_hangs_holds_up_the_end_no_longer_than_it_may() -> None:
    """The end has its timetable; what was not sent is counted."""
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    with capture_logs() as lines, trio.fail_after(FLUSH_S + 10):
        async with open_otel(
            TraceConfig(base=f"http://127.0.0.1:{port}"), lambda: trio.current_time() + 0.01
        ) as tracer:
            tracer.root("root").end()
    await listener.aclose()
    assert [(line["event"], line.get("spans")) for line in lines] == [
        ("traces are sent", None),
        ("octi has ended with traces that were not sent", 1),
    ]


async def test_no_key_is_in_the_line_that_says_where_traces_go() -> None:
    """Neither of the address nor of the headers."""
    config = TraceConfig(base="http://user:sk-secret@127.0.0.1:9", headers=(("authorization", "sk-secret"),))
    with capture_logs() as lines:
        async with open_otel(config):
            pass
    assert lines[0]["collector"] == "http://user:***@127.0.0.1:9/v1/traces"
    assert "sk-secret" not in str(lines)
