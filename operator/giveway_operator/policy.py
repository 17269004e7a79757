"""The control law: how many replicas keep the promises of all tiers."""

from giveway_operator.decision import Bounds, Decision, Memory
from giveway_operator.load import Seen


def decide(
    seen: Seen, *, bounds: Bounds, memory: Memory, current: int, now: float
) -> tuple[Decision, Memory]:
    """The replicas to ask for now. `current`: replicas asked for until now, pods or not."""
    raise NotImplementedError
