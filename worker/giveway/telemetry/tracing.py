"""A trace goes on from whoever enqueued a task to the code that runs it (OpenTelemetry).

The producer's side is a `traceparent` (W3C) beside the task; the worker's side is a CONSUMER span
around the function, the *child* of the span that enqueued it. A link would be right if one span
worked on many messages; here each has its own, and one trace from the click to the finished package
is what people look for (docs/decisions/0063). A task that is tried again and a batch that goes on
elsewhere have one span for each run, all children of the same.

Nothing is imported here: while the application has not imported OpenTelemetry there is no span to
go on from and nobody to export one. So the price without it is one look into `sys.modules`, for
each enqueue and for each hand of tasks. Setting up the SDK is the application's (docs/operations.md
says what forking means for it).

Invariant: whatever a tracer does, the task runs and its outcome is its own.
"""

import asyncio
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from giveway.core.task import Claimed
from giveway.errors import Interrupt
from giveway.telemetry.events import event

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

_API: Final = "opentelemetry.trace"
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_FLUSH_MS: Final = 2_000


def traceparent() -> str:
    """Of the span that the calling code is in; "" without one."""
    api: Any = sys.modules.get(_API)
    if api is None or not hasattr(api, "get_current_span"):  # being imported at this moment
        return ""
    context = api.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def tracer() -> "Tracer | None":
    """What makes spans; None as long as the application has set up nothing that takes them."""
    api: Any = sys.modules.get(_API)
    if api is None or not hasattr(api, "get_tracer_provider"):
        return None
    provider = api.get_tracer_provider()
    if isinstance(provider, api.ProxyTracerProvider | api.NoOpTracerProvider):
        return None
    return _tracer_of(provider)


def span_of(tracer: "Tracer", claimed: Claimed, *, queue: str, owner: str) -> "RunSpan":
    """The span of a run, named as OpenTelemetry's conventions for messaging name things."""
    attributes: dict[str, str | int] = {
        "messaging.system": "giveway",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": queue,
        "messaging.message.id": claimed.id,
        "messaging.client.id": owner,
        "giveway.tier": claimed.tier,
        "giveway.attempt": claimed.attempts + 1,
        "giveway.fence": claimed.fence,
        "giveway.waited_ms": claimed.waited_us // 1_000,
    }
    name = claimed.name or "unknown"
    return RunSpan(tracer, name, parent=claimed.trace, attributes=attributes)


def flush() -> None:
    """Send what is kept: a child ends without what Python, and so the SDK, does at exit."""
    api: Any = sys.modules.get(_API)
    with _harmless():
        force = getattr(api.get_tracer_provider(), "force_flush", None) if api else None
        if force is not None:
            force(_FLUSH_MS)


class RunSpan:
    """The span of one run of a task; it may begin and end more than once (a batch that skips)."""

    __slots__ = ("_attributes", "_name", "_parent", "_span", "_token", "_tracer")

    def __init__(
        self, tracer: "Tracer", name: str, *, parent: str, attributes: Mapping[str, str | int]
    ) -> None:
        self._tracer, self._name = tracer, name
        self._parent, self._attributes = parent, attributes
        self._span: Span | None = None
        self._token: Token[Context] | None = None

    def begin(self) -> None:
        """User code begins, in this context."""
        from opentelemetry import context, trace

        with _harmless():
            self._span = self._tracer.start_span(
                self._name,
                context=_remote(self._parent),
                kind=trace.SpanKind.CONSUMER,
                attributes=self._attributes,
            )
            self._token = context.attach(trace.set_span_in_context(self._span))

    def end(self, error: BaseException | None) -> None:
        """It has ended, in the same context."""
        from opentelemetry import context

        token, self._token = self._token, None
        span, self._span = self._span, None
        with _harmless():
            if token is not None:
                context.detach(token)
            if span is not None:
                _judge(span, error)
                span.end()


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- an exporter's trouble is not the task's
        event("tracing_failed", level="debug", raised=error)


def _tracer_of(provider: Any) -> "Tracer":
    """One for each provider: making one takes longer than a span."""
    global _made  # noqa: PLW0603 -- the application has one provider, and it rarely changes
    if _made is None or _made[0] is not provider:
        _made = provider, provider.get_tracer("giveway")
    return _made[1]


_made: "tuple[Any, Tracer] | None" = None


def _remote(parent: str) -> "Context":
    """A context that knows of this span and of nothing else; the calling thread's is no part."""
    from opentelemetry.context import Context
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    found = _TRACEPARENT.fullmatch(parent)
    if found is None:
        return Context()
    trace_id, span_id, flags = (int(one, 16) for one in found.groups())
    of = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return set_span_in_context(NonRecordingSpan(of), Context())


def _judge(span: "Span", error: BaseException | None) -> None:
    """A batch that gives way, or a task that is told to stop, has not failed."""
    from opentelemetry.trace import Status, StatusCode

    if error is None:
        return
    if isinstance(error, Interrupt | asyncio.CancelledError):
        span.set_attribute("giveway.interrupted_by", type(error).__name__)
        return
    span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))
