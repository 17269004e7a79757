"""A fleet of fixed size: no autoscaler, no start, no delay. The others are measured against it."""

from dataclasses import dataclass

from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight


@dataclass(frozen=True, slots=True)
class FixedSettings:
    """So many replicas from beginning to end."""

    count: int = 10


class Fixed:
    """Asks for nothing."""

    name = "fixed"
    period_seconds = 60.0
    bell_seconds: float | None = None

    def __init__(self, settings: FixedSettings, around: Surroundings) -> None:
        self._count = min(
            max(settings.count, around.workers.min_replicas), around.workers.max_replicas
        )

    def first_replicas(self) -> int:
        return self._count

    def replicas(self, sight: Sight) -> int:  # noqa: ARG002  # it looks at nothing
        return self._count
