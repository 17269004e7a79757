"""Traces: what is stored beside a task, what a broken tracer may not do, and what it costs."""

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from giveway import GiveWay, Giveway
from giveway.core.task import Claimed, Fence, TaskId
from giveway.telemetry.tracing import span_of, traceparent

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def claimed(parent: str = PARENT) -> Claimed:
    return Claimed(TaskId("a"), Fence(5_000), "high", "build", b"{}", 2_000, trace=parent)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> trace.Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")


def run(tracer: Any, parent: str = PARENT, error: BaseException | None = None) -> None:
    span = span_of(tracer, claimed(parent), queue="q", owner="w")
    span.begin()
    span.end(error)


def test_the_current_span_is_written_as_w3c_says() -> None:
    context = SpanContext(
        int(PARENT[3:35], 16), int(PARENT[36:52], 16), is_remote=False, trace_flags=TraceFlags(1)
    )
    with use_span(NonRecordingSpan(context)):
        assert traceparent() == PARENT
    assert traceparent() == ""


def test_a_span_is_the_child_of_its_producers(
    tracer: trace.Tracer, exporter: InMemorySpanExporter
) -> None:
    run(tracer)
    (span,) = exporter.get_finished_spans()
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", span.parent.is_remote) == (PARENT[3:35], True)
    assert span.attributes is not None
    assert span.attributes["giveway.waited_ms"] == 3


@pytest.mark.parametrize("parent", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_what_is_no_traceparent_begins_a_trace(
    tracer: trace.Tracer, exporter: InMemorySpanExporter, parent: str
) -> None:
    with tracer.start_as_current_span("around"):  # of this thread, and nothing to the task
        run(tracer, parent)
    assert exporter.get_finished_spans()[0].parent is None


def test_the_context_of_before_is_back_afterwards(tracer: trace.Tracer) -> None:
    with tracer.start_as_current_span("around") as around:
        run(tracer, error=GiveWay())
        assert trace.get_current_span() is around


def test_an_unsampled_trace_stays_unsampled(
    tracer: trace.Tracer, exporter: InMemorySpanExporter
) -> None:
    run(tracer, PARENT[:-2] + "00")
    assert exporter.get_finished_spans() == ()


class Broken:
    """An exporter's trouble, at each end."""

    def __init__(self, tracer: trace.Tracer | None) -> None:
        self.tracer = tracer

    def start_span(self, *args: Any, **kwargs: Any) -> Any:
        if self.tracer is None:
            raise RuntimeError("no")
        span = self.tracer.start_span(*args, **kwargs)
        span.end = self.end  # type: ignore[method-assign, assignment]
        return span

    def end(self, *_: Any) -> None:
        raise RuntimeError("no")


def test_a_tracer_that_fails_does_not_fail_the_task(tracer: trace.Tracer) -> None:
    run(Broken(None))
    run(Broken(tracer))
    assert not trace.get_current_span().get_span_context().is_valid


def test_who_does_not_use_opentelemetry_does_not_load_it() -> None:
    program = """
import sys
from giveway import Giveway
from giveway.telemetry import tracing
app = Giveway("q")
@app.task
def build(n: int) -> None: ...
assert build.call(1).new_task().trace == ""
assert tracing.tracer() is None
tracing.flush()
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_call_takes_the_span_of_the_moment_when_it_is_sent(tracer: trace.Tracer) -> None:
    app = Giveway("q")

    @app.task
    def build(n: int) -> None: ...

    call = build.call(1)
    with tracer.start_as_current_span("click") as click:
        sent = call.new_task()
    assert f"{click.get_span_context().span_id:016x}" in sent.trace
