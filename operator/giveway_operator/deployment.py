"""From a PriorityQueue's template to the Deployment of its workers. Pure.

The template is an allow list (`model.worker`); everything that the restricted pod security standard
asks for is set here, whatever the namespace enforces, and cannot be unset. Redis is reached by
Secrets of the same namespace: the URL as a variable, the password as a file, so that it can be
rotated under a running worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from giveway.errors import ConfigurationError
from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue

QUEUE_LABEL = "giveway.dev/priorityqueue"
DIGEST_ANNOTATION = "giveway.dev/template"


class TemplateRefused(ConfigurationError):
    """The template asks for what it may not have. The message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Deployment to apply. `body`: as the API takes it, without `replicas`.

    `digest`: of the body; stands in its annotation, so that an equal one need not be applied.
    """

    namespace: str
    name: str
    owner_uid: str
    digest: str
    body: Mapping[str, object]


def manifest(
    resource: PriorityQueue, *, service_accounts: frozenset[str] = frozenset()
) -> Manifest:
    """The Deployment for a resource with a template, owned by its live uid.

    `service_accounts`: those that a template may name. Raises `TemplateRefused`.
    """
    raise NotImplementedError


def deployment_name(key: QueueKey) -> str:
    """At most 47 characters, so that its pods' names and labels fit in 63."""
    raise NotImplementedError


def selector(key: QueueKey) -> Mapping[str, str]:
    """The labels by which a resource's Deployment finds its pods; never change."""
    raise NotImplementedError
