"""The chatty app, traced with a real SDK as an application would set it up: where it is imported.

Spans go to a file, a line each, in batches by a thread of the SDK's, as they would to a collector.
"""

import os
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

from tests.integration.worker.chatty import app, build

SPANS = "spans.jsonl"

_out = (Path(os.environ["GIVEWAY_TEST_FOLDER"]) / SPANS).open("a")
_provider = TracerProvider()
_provider.add_span_processor(
    BatchSpanProcessor(
        ConsoleSpanExporter(out=_out, formatter=lambda span: span.to_json(indent=None) + "\n")
    )
)
trace.set_tracer_provider(_provider)

__all__ = ["app", "build"]
