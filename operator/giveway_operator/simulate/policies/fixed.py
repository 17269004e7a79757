"""A fleet of fixed size: no autoscaler, no start, no delay. The others are measured against it."""

from dataclasses import dataclass

from giveway_operator.simulate.sight import Sight


@dataclass(slots=True)
class Fixed:
    """So many replicas from beginning to end."""

    count: int
    name: str = "fixed"
    period_seconds: float = 60.0
    bell_seconds: float | None = None

    def first_replicas(self) -> int:
        return self.count

    def replicas(self, sight: Sight) -> int:  # noqa: ARG002  # it looks at nothing
        return self.count
