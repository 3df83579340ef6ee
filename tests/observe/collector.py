"""A collector of OTLP over HTTP, on loopback: what an octi sends to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@attrs.define(eq=False)
class Posted:
    """What was posted to a server: paths, headers, spans."""

    status: int = 200
    paths: list[str] = attrs.field(factory=list)
    keys: list[str | None] = attrs.field(factory=list)
    spans: list[Span] = attrs.field(factory=list)
    services: set[str] = attrs.field(factory=set)

    @property
    def names(self) -> list[str]:
        """What the spans are called, in the order in which they ended."""
        return [span.name for span in self.spans]

    def parent(self, name: str) -> str:
        """The name of what a span is a part of; "" if that is not here."""
        (span,) = (span for span in self.spans if span.name == name)
        return next((each.name for each in self.spans if each.span_id == span.parent_span_id), "")


@contextmanager
def collecting(status: int = 200) -> Iterator[tuple[str, Posted]]:
    """A collector of OTLP over HTTP, on loopback; its address, and what it was sent."""
    posted = Posted(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            posted.paths.append(self.path)
            posted.keys.append(self.headers.get("Authorization"))
            for each in request.resource_spans:
                found = {pair.key: pair.value.string_value for pair in each.resource.attributes}
                posted.services.add(found["service.name"])
                posted.spans += [span for scope in each.scope_spans for span in scope.spans]
            self.send_response(posted.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name is not ours
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", posted
        finally:
            server.shutdown()
            thread.join()
