"""The resource as a whole, and how it is read from what the API server answers.

The status is not read here: what the operator has written there is in its own `status`.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Self

from pydantic import ValidationError

from giveway_operator.facts import QueueKey
from giveway_operator.model.admission import refused, without_nulls
from giveway_operator.model.metadata import DRY_RUN_ANNOTATION, PAUSE_ANNOTATION, Metadata
from giveway_operator.model.part import Part
from giveway_operator.model.problem import InvalidResource, Problem
from giveway_operator.model.rule import broken
from giveway_operator.model.rules import RULES
from giveway_operator.model.spec import Pause, Spec

GROUP: Final = "giveway.dev"
VERSION: Final = "v1alpha1"
KIND: Final = "PriorityQueue"
PLURAL: Final = "priorityqueues"

_STEERING: Final = {
    PAUSE_ANNOTATION: tuple(Pause),
    DRY_RUN_ANNOTATION: ("true", "false"),
}


class PriorityQueue(Part):
    """A queue in Redis, what each of its tiers promises, and the workers that keep it.

    Giveway starts as many workers as the promises take, lets the idle ones go, and says in
    status.decision why it chose that number.
    """

    metadata: Metadata
    spec: Spec

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Reads an object as the API server answers it; fields it does not know are passed over.

        Raises `InvalidResource`, and nothing else: objects are older than rules, and annotations
        are judged by no rule of the API server.
        """
        cleaned: Any = document
        try:
            cleaned = without_nulls(document)
            queue = cls.model_validate_json(json.dumps(cleaned))
        except RecursionError:
            raise InvalidResource([Problem("", "is nested too deep")]) from None
        except (TypeError, ValueError) as error:
            raise InvalidResource(_told(cleaned, error)) from None
        if problems := [*broken(RULES, resource=queue), *_annotations(queue.metadata)]:
            raise InvalidResource(problems)
        return queue

    @cached_property
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


def _annotations(metadata: Metadata) -> Iterator[Problem]:
    """A misspelt annotation must not be read as "go on"."""
    for name, known in _STEERING.items():
        said = metadata.annotations.get(name)
        if said is not None and said not in known:
            yield Problem(
                f"metadata.annotations[{name}]",
                f'Unsupported value: "{said}": supported values: '
                + ", ".join(f'"{one}"' for one in known),
            )


def _told(document: Any, error: Exception) -> list[Problem]:
    """In the API server's words; in pydantic's for what no schema speaks of (metadata)."""
    if not isinstance(document, dict):
        return [Problem("", "is no object: pass a mapping with metadata and spec")]
    if problems := refused(document):
        return problems
    if isinstance(error, ValidationError):
        return [Problem(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
    return [Problem("", f"cannot be read: {error}")]
