"""The resource `PriorityQueue`: the one source of its schema, its checks and its documentation.

Model: pydantic classes describe every field. The definition for the API server (`crd`), the page
docs/priorityqueue.md and the reading of objects are all made from them. What spans fields stands in
one table, `rules`, with the expression for the API server beside the check in Python.

Read an object with `PriorityQueue.parse(object)`; it raises `InvalidResource` and nothing else.
"""

from giveway_operator.model.metadata import DRY_RUN_ANNOTATION, PAUSE_ANNOTATION, Metadata
from giveway_operator.model.problem import InvalidResource, Problem
from giveway_operator.model.resource import (
    GROUP,
    KIND,
    PLURAL,
    VERSION,
    PriorityQueue,
)
from giveway_operator.model.spec import (
    Connections,
    Fallback,
    Pause,
    Redis,
    Scaling,
    Spec,
    Tier,
)
from giveway_operator.model.status import Condition, Status, TierStatus
from giveway_operator.model.worker import ScaleTargetRef, Template, Worker

__all__ = [
    "DRY_RUN_ANNOTATION",
    "GROUP",
    "KIND",
    "PAUSE_ANNOTATION",
    "PLURAL",
    "VERSION",
    "Condition",
    "Connections",
    "Fallback",
    "InvalidResource",
    "Metadata",
    "Pause",
    "PriorityQueue",
    "Problem",
    "Redis",
    "ScaleTargetRef",
    "Scaling",
    "Spec",
    "Status",
    "Template",
    "Tier",
    "TierStatus",
    "Worker",
]
