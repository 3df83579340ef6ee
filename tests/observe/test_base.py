"""octi/observe/base.py: the ports, and the span that a task works in."""

import inspect

import trio

from octi.observe.base import Meter, Observer, Span, Tracer, current_span, in_span


def test_who_is_not_there_is_told_nothing() -> None:
    """Every method of the meter returns nothing; a span has no context, and its parts are itself."""
    observer = Observer()
    span = observer.tracer.root("session", headers={"traceparent": "00-1-2-01"})
    assert span.begin("turn", {"a": 1}) is span
    assert dict(span.headers) == {}
    assert not observer.words
    assert type(observer.meter) is Meter
    methods = [name for name, _ in inspect.getmembers(Meter, inspect.isfunction)]
    assert len(methods) > 10
    assert all(inspect.signature(getattr(Meter, name)).return_annotation is None for name in methods)


def test_outside_of_any_span_nobody_is_told() -> None:
    """And it is the same one each time."""
    assert current_span() is current_span()
    assert type(current_span()) is Span


async def test_tasks_work_in_the_span_of_who_started_them() -> None:
    """And who started them goes on in his own afterwards."""
    outer, inner = Span(), Span()
    seen: list[Span] = []

    async def work() -> None:
        await trio.lowlevel.checkpoint()
        seen.append(current_span())

    with in_span(outer):
        async with trio.open_nursery() as nursery:
            with in_span(inner):
                nursery.start_soon(work)
            assert current_span() is outer
            nursery.start_soon(work)
    assert {id(span) for span in seen} == {id(outer), id(inner)}
    assert current_span() is not outer


def test_a_tracer_may_be_asked_without_a_request() -> None:
    """Work that nobody asked for has a root of its own."""
    assert type(Tracer().root("work")) is Span
