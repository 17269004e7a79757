"""The resource as a whole, and how it is read from what the API server answers."""

import json
from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import Field, ValidationError

from giveway_operator.facts import QueueKey
from giveway_operator.model.part import Part
from giveway_operator.model.problem import InvalidResource, Problem
from giveway_operator.model.spec import Pause, Spec
from giveway_operator.model.status import Status

GROUP: Final = "giveway.dev"
VERSION: Final = "v1alpha1"
KIND: Final = "PriorityQueue"
PLURAL: Final = "priorityqueues"
PAUSE_ANNOTATION: Final = "giveway.dev/pause"
DRY_RUN_ANNOTATION: Final = "giveway.dev/dry-run"


class Metadata(Part):
    """What the operator reads of an object's metadata."""

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class PriorityQueue(Part):
    """A queue, the promises of its tiers, and who keeps them."""

    metadata: Metadata
    spec: Spec
    status: Status = Status()

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Reads an object as the API server answers it; fields it does not know are passed over.

        Raises `InvalidResource`, and nothing else.
        """
        try:
            return cls.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise InvalidResource(
                [Problem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
            ) from None
        except (TypeError, ValueError) as error:
            raise InvalidResource([Problem("", str(error))]) from None

    @property
    def key(self) -> QueueKey:
        return QueueKey(self.metadata.namespace, self.metadata.name)

    @property
    def queue(self) -> str:
        """The queue's name in Redis."""
        return self.spec.queue or self.metadata.name

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of all tiers, the most urgent first."""
        return tuple(tier.name for tier in self.spec.tiers)

    @property
    def served(self) -> tuple[str, ...]:
        """The tiers that these workers serve, the most urgent first."""
        chosen = self.spec.worker.tiers
        return self.tiers if chosen is None else tuple(n for n in self.tiers if n in chosen)

    @property
    def slots_per_replica(self) -> int:
        """Tasks at a time in one replica."""
        if self.spec.scaling.slots_per_replica is not None:
            return self.spec.scaling.slots_per_replica
        template = self.spec.worker.template
        return template.processes * template.slots if template is not None else 1

    @property
    def pause(self) -> Pause:
        """Which way the replicas are held: the annotation wins over the spec."""
        said = self.metadata.annotations.get(PAUSE_ANNOTATION)
        return self.spec.scaling.pause if said is None else Pause(said)

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed: the annotation wins over the spec."""
        said = self.metadata.annotations.get(DRY_RUN_ANNOTATION)
        return self.spec.scaling.dry_run if said is None else said == "true"
