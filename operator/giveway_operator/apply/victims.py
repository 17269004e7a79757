"""Removes chosen pods: marks them as the cheapest, then asks for so many fewer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from giveway_operator.cluster.api import Api
from giveway_operator.facts import PodFacts


@dataclass(frozen=True, slots=True)
class ScaledIn:
    """`gone`: names of the pods that were asked to go. `replicas`: what is asked for now.

    `refused`: why fewer (or none) went than were chosen, for people; "" if all did.
    """

    gone: tuple[str, ...]
    replicas: int
    refused: str = ""


async def scale_in(
    api: Api,
    *,
    namespace: str,
    name: str,
    selector: Mapping[str, str],
    expected: int,
    victims: Sequence[PodFacts],
    still_idle: Callable[[PodFacts], bool],
) -> ScaledIn:
    """Look again, mark, scale in by as many as could be marked. Raises `ClusterError`.

    `expected`: replicas as they were when the victims were chosen. `still_idle`: asked for each
    just before it is marked, and once more before the number is written.
    """
    raise NotImplementedError


async def delete_pod(api: Api, *, namespace: str, name: str, uid: str) -> bool:
    """Delete the pod if it is still this one; False: it has gone, or is another by now."""
    raise NotImplementedError


async def clear_marks(api: Api, *, namespace: str, selector: Mapping[str, str]) -> int:
    """Take our deletion costs from pods that live on: after a restart, or a scale-in that failed.

    Only those that we put there. Returns how many.
    """
    raise NotImplementedError
