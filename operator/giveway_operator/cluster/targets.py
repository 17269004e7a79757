"""Deployments as facts. What keeps one from growing is told in the words of its own conditions."""

from lightkube.models.apps_v1 import DeploymentCondition
from lightkube.models.meta_v1 import LabelSelector, LabelSelectorRequirement
from lightkube.resources.apps_v1 import Deployment

from giveway_operator.facts import TargetFacts

_OPERATORS = {"In": "in", "NotIn": "notin"}


def target_facts(deployment: Deployment, *, conflict: str = "") -> TargetFacts:
    """What is to be known of it. `conflict`: who else scales it."""
    metadata, spec, status = deployment.metadata, deployment.spec, deployment.status
    assert metadata is not None, "the API server answers Deployments with metadata"
    trouble, message = _trouble(deployment)
    return TargetFacts(
        name=metadata.name or "",
        exists=True,
        uid=metadata.uid or "",
        resource_version=metadata.resourceVersion or "",
        replicas=spec.replicas or 0,
        ready=(status.readyReplicas or 0) if status else 0,
        selector=selector_text(spec.selector),
        conflict=conflict,
        trouble=trouble,
        trouble_message=message,
    )


def selector_text(selector: LabelSelector | None) -> str:
    """As kubectl's `-l` takes it. An absent selector is "", which the API server takes as all."""
    if selector is None:
        return ""
    labels = sorted((selector.matchLabels or {}).items())
    terms = [f"{name}={value}" for name, value in labels]
    return ",".join(terms + [_term(one) for one in selector.matchExpressions or []])


def _term(requirement: LabelSelectorRequirement) -> str:
    if requirement.operator in _OPERATORS:
        values = ",".join(requirement.values or [])
        return f"{requirement.key} {_OPERATORS[requirement.operator]} ({values})"
    return f"!{requirement.key}" if requirement.operator == "DoesNotExist" else requirement.key


def _trouble(deployment: Deployment) -> tuple[str, str]:
    """1. pods cannot be made (a quota, pod security); 2. a rollout does not get on."""
    conditions = (deployment.status.conditions if deployment.status else None) or []
    for one in conditions:
        if one.type == "ReplicaFailure" and one.status == "True":
            return one.reason or "ReplicaFailure", _line(one)
    for one in conditions:
        if one.type == "Progressing" and one.status == "False":
            return one.reason or "NotProgressing", _line(one)
    return "", ""


def _line(condition: DeploymentCondition) -> str:
    return " ".join((condition.message or "").split())[:300]
