"""/metrics, /healthz and /readyz: which question goes to whom.

A probe answers 200, or 503 with a reason on each line, because whoever reads it at night has
nothing else. What is healthy and what is ready: `runtime/health.py`. Who listens: `listener.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Answer, Asked

Reasons = Sequence[str]


@dataclass(frozen=True, slots=True)
class Probes:
    """`not_healthy` and `not_ready` give reasons; none if all is well."""

    metrics: Exposition
    not_healthy: Callable[[], Reasons]
    not_ready: Callable[[], Reasons]

    def respond(self, asked: Asked) -> Answer:
        """On any thread."""
        if asked.path == "/metrics":
            return self.metrics.page(
                accept=asked.accept, packed="gzip" in asked.accept_encoding.lower()
            )
        if asked.path == "/healthz":
            return _verdict(self.not_healthy())
        if asked.path == "/readyz":
            return _verdict(self.not_ready())
        return Answer(404, b"here are /metrics, /healthz and /readyz\n")


def _verdict(reasons: Reasons) -> Answer:
    lines = "".join(f"{reason}\n" for reason in reasons or ["ok"])
    return Answer(503 if reasons else 200, lines.encode())
