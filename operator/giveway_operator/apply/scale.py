"""Sets the replicas of a Deployment, if they still are what the decision was made from."""

from dataclasses import dataclass

from giveway_operator.cluster.api import Api


@dataclass(frozen=True, slots=True)
class Scaled:
    """`done` False: the replicas were `found` and not what was expected; decide again."""

    done: bool
    found: int
    resource_version: str = ""


async def scale(
    api: Api,
    *,
    namespace: str,
    name: str,
    replicas: int,
    expected: int,
    resource_version: str = "",
) -> Scaled:
    """Ask for `replicas`. `expected`, `resource_version`: of the Deployment as it was seen.

    The version moves with every status the Deployment gets: on a conflict it is read again, and
    asked once more if the replicas still are as expected. Raises `ClusterError`.
    """
    raise NotImplementedError
