"""The policies by name: how each is made, and over which parameters it is tuned.

A grid has stages. All combinations of the first are tried with the defaults of the rest, then all
of the second with each of the best of the first: the parameters that matter most are searched in
full, the others around good places.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import prod
from typing import Any

from giveway_operator.simulate.policies.fixed import Fixed, FixedSettings
from giveway_operator.simulate.policies.giveway import GivewayLaw, GivewaySettings
from giveway_operator.simulate.policies.hpa import Hpa, HpaSettings
from giveway_operator.simulate.policies.keda import Keda, KedaSettings
from giveway_operator.simulate.policies.kpa import Kpa, KpaSettings
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Policy

Settings = GivewaySettings | KedaSettings | HpaSettings | KpaSettings | FixedSettings
Choice = Mapping[str, Any]
_SHARES = (0.05, 0.1, 0.2)
BEST_OF_A_STAGE = 2  # places around which the next stage searches


@dataclass(frozen=True, slots=True)
class Family:
    """One policy with its defaults and its grid. `stages`: for each, axes of choices."""

    name: str
    default: Settings
    make: Callable[[Any, Surroundings], Policy]
    stages: tuple[tuple[tuple[Choice, ...], ...], ...]

    @property
    def most_trials(self) -> int:
        """How many settings a search tries at most."""
        sizes = [prod(map(len, axes)) for axes in self.stages]
        return sizes[0] + sum(BEST_OF_A_STAGE * size for size in sizes[1:])

    def around(self, settings: Settings, *, stage: int) -> Iterator[Settings]:
        """All combinations of one stage, with these settings for the rest."""
        for choices in product(*self.stages[stage]):
            changed = settings
            for choice in choices:
                changed = replace(changed, **choice)
            yield changed


def _axis(name: str, values: Sequence[object]) -> tuple[Choice, ...]:
    return tuple({name: value} for value in values)


FAMILIES = (
    Family(
        "giveway",
        GivewaySettings(),
        GivewayLaw,
        ((_axis("min_replicas", (0, 2, 4, 6, 8, 12, 16, 20)),),),
    ),
    Family(
        "keda",
        KedaSettings(),
        Keda,
        (
            (
                (*_axis("list_length", (5.0, 10.0)), *_axis("length_share", _SHARES)),
                _axis("min_replicas", (0, 4, 8, 16)),
            ),
            (
                _axis("polling_seconds", (30.0, 10.0)),
                _axis("stabilization_seconds", (300.0, 60.0)),
            ),
            (_axis("cooldown_seconds", (300.0, 60.0)), _axis("min_replicas", (0, 2, 4, 6, 12))),
        ),
    ),
    Family(
        "hpa",
        HpaSettings(),
        Hpa,
        (
            (
                (*_axis("length", (5.0, 10.0)), *_axis("length_share", _SHARES)),
                _axis("busy_share", (None, 0.85)),
                _axis("min_replicas", (1, 4, 8, 16)),
            ),
            (
                _axis("stabilization_seconds", (300.0, 120.0, 60.0)),
                _axis("min_replicas", (2, 4, 6, 12)),
            ),
        ),
    ),
    Family(
        "kpa",
        KpaSettings(),
        Kpa,
        (
            (
                _axis("target", (0.7, 1.0, 1.5, 2.0, 4.0, 8.0)),
                _axis("min_replicas", (0, 4, 8, 16)),
            ),
            (
                _axis("stable_seconds", (60.0, 120.0, 300.0)),
                _axis("min_replicas", (0, 2, 4, 6, 12)),
            ),
        ),
    ),
    Family(
        "fixed",
        FixedSettings(),
        Fixed,
        ((_axis("count", (*range(1, 11), 12, 14, 16, 20, 24, 32, 40)),),),
    ),
)
BY_NAME = {family.name: family for family in FAMILIES}
RIVALS = ("keda", "hpa", "kpa")


def in_words(settings: Settings) -> str:
    """The settings as `name value`, those that are not set left out."""
    return ", ".join(
        f"{name} {value:g}" for name, value in asdict(settings).items() if value is not None
    )
