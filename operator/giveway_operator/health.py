"""Whether the operator is alive, whether it is ready: answered on threads of their own.

*Alive* is that the loop over all queues gets on: the age of the last one that was finished; and
that what runs for ever has not ended: without the Lease's task nothing is decided any more, without
the watch's thread changes are seen late. A restart mends both. An event loop that hangs cannot say
so itself, which is why somebody else is asked here. Neither the API server nor Redis is part of the
answer: with one of them away, or a right, a restart would mend nothing.
*Ready* is that the resources have been listed. A second operator that waits for the Lease is alive
and ready: it takes over without being started first.

`/healthz` answers JSON: `{"alive": …, "loopAgeSeconds": …, "ended": […],
"oldestDecisionSeconds": …, "leader": …, "queues": …}`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from giveway.clock import monotonic
from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Answer, Asked
from giveway_operator.tallies import Tallies

_JSON = "application/json"


class Pulse:
    """When the loop was last finished, and whether the resources were ever listed.

    `beaten`: it was finished at least once of all that were listed.
    """

    def __init__(self) -> None:
        self._at = monotonic()
        self.listed = Event()
        self.beaten = False

    def beat(self, *, listed: bool) -> None:
        """The loop has looked at every queue, whatever came of it. `listed`: all were known."""
        self._at, self.beaten = monotonic(), self.beaten or listed

    @property
    def age_seconds(self) -> float:
        """Since the last beat, or since the start."""
        return monotonic() - self._at


@dataclass(frozen=True, slots=True)
class Health:
    """Answers the probes; see `giveway.telemetry.listener` for who listens.

    `ended`: what was to run for ever and does not.
    """

    pulse: Pulse
    tallies: Tallies
    leading: Callable[[], bool]
    ended: Callable[[], Sequence[str]]
    stalled_seconds: float
    metrics: Exposition

    def respond(self, asked: Asked) -> Answer:
        """On any thread."""
        if asked.path == "/metrics":
            packed = "gzip" in asked.accept_encoding.lower()
            return self.metrics.page(accept=asked.accept, packed=packed)
        if asked.path == "/healthz":
            return self._alive()
        if asked.path == "/readyz":
            return self._ready()
        return Answer(404, b"here are /metrics, /healthz and /readyz\n")

    def _alive(self) -> Answer:
        age, ended = self.pulse.age_seconds, list(self.ended())
        alive = age <= self.stalled_seconds and not ended
        told = {
            "alive": alive,
            "loopAgeSeconds": round(age, 1),
            "ended": ended,
            "oldestDecisionSeconds": round(self.tallies.oldest_look_seconds(), 1),
            "stalledSeconds": self.stalled_seconds,
            "leader": self.leading(),
            "queues": self.tallies.known,
        }
        return Answer(200 if alive else 503, json.dumps(told).encode() + b"\n", _JSON)

    def _ready(self) -> Answer:
        if self.pulse.listed.is_set():
            return Answer(200, b"ok\n")
        return Answer(503, b"the PriorityQueues have not been listed yet\n")
