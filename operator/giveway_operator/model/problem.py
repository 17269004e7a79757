"""What is wrong with a resource: one line for each field that is, with the fix."""

from collections.abc import Sequence
from dataclasses import dataclass

from giveway.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field. `field`: its path, as `spec.tiers[1].sloSeconds`; "": all."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class InvalidResource(ConfigurationError):
    """A PriorityQueue that cannot be acted upon. `problems` has every field and its fix."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)
