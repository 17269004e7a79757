"""docs/autoscaling/records.json: what was measured, and nothing that follows from it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "docs" / "autoscaling" / "records.json"


@dataclass(frozen=True, slots=True)
class TierRecord:
    """One tier in one run. Waits in seconds."""

    tier: str
    tasks: int
    kept: int
    p50: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One held-out seed."""

    seed: int
    pod_hours: float
    work_hours: float
    scaled: int
    pods_started: int
    peak_pods: int
    cold_starts: int
    tiers: tuple[TierRecord, ...]


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """One policy on one load. `tried`: settings that were looked at, 0 if it ran as installed.

    `preemption`: whether batches gave way. `trained_kept` and `trained_pod_hours`: what these
    settings reached on the training seeds. `everywhere`: the settings are the same on all loads.
    """

    policy: str
    preemption: bool
    tried: int
    settings: dict[str, float | None]
    trained_kept: float
    trained_pod_hours: float
    runs: tuple[RunRecord, ...]
    everywhere: bool = False

    @property
    def key(self) -> tuple[str, bool, bool, bool]:
        """Of all records of a load, which one this is."""
        return self.policy, self.preemption, self.tried > 0, self.everywhere


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One standard load. `slo_seconds` by tier, the most urgent first."""

    name: str
    title: str
    hours: float
    startup_seconds: float
    target: float
    slo_seconds: dict[str, float]
    policies: tuple[PolicyRecord, ...] = field(default=())


def read(path: Path = FILE) -> tuple[LoadRecord, ...]:
    """All records; none if the file is not there."""
    if not path.exists():
        return ()
    return tuple(map(_load, json.loads(path.read_text())["loads"]))


def write(loads: Iterable[LoadRecord], path: Path = FILE) -> None:
    """All records."""
    text = json.dumps({"loads": [asdict(load) for load in loads]}, indent=1)
    path.write_text(text + "\n")


def _load(found: dict[str, Any]) -> LoadRecord:
    return LoadRecord(**found | {"policies": tuple(map(_policy, found["policies"]))})


def _policy(found: dict[str, Any]) -> PolicyRecord:
    return PolicyRecord(**found | {"runs": tuple(map(_run, found["runs"]))})


def _run(found: dict[str, Any]) -> RunRecord:
    tiers = tuple(TierRecord(**tier) for tier in found["tiers"])
    return RunRecord(**found | {"tiers": tiers})
