"""What a metric is: a name, a kind, labels, and the question that it answers.

The catalogues (`metrics`, and the operator's) are made of these; `exposition` turns readings of
them into what a scraper gets; docs/metrics.md and the dashboards take their words from them.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram", "info"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One family. `name` as exposed, but for the `_total` of a counter; see `full_name`."""

    name: str
    kind: Kind
    help: str
    answers: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    words: tuple[tuple[str, str], ...] = ()  # what the last label may be, and what that means

    @property
    def full_name(self) -> str:
        """What to type into Prometheus."""
        return self.name + {"counter": "_total", "info": "_info"}.get(self.kind, "")
