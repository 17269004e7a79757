"""Events on a resource, de-duplicated: what is said again within ten minutes is counted."""

from dataclasses import dataclass
from typing import Literal

from giveway_operator.cluster.api import Api
from giveway_operator.facts import QueueKey


@dataclass(frozen=True, slots=True)
class Event:
    """`reason`: CamelCase, for programs. `action`: what was done about it, CamelCase."""

    key: QueueKey
    uid: str
    reason: str
    note: str
    action: str = "Reconcile"
    type: Literal["Normal", "Warning"] = "Normal"


class Events:
    """One for the whole operator. `instance`: of this process (its pod)."""

    def __init__(self, api: Api, *, instance: str) -> None:
        raise NotImplementedError

    async def record(self, event: Event) -> None:
        """Write it, or count it. Never raises for the API server's sake: an Event is a courtesy."""
        raise NotImplementedError

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        raise NotImplementedError
