"""What the API server keeps: defaults, pruning, status beside the rest, the `scale` subresource."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from giveway_operator.model import PriorityQueue
from giveway_operator.model.admission import spec_schema
from giveway_operator.model.schema import Schema
from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.priorityqueues.documents import changed, from_template, on_deployment
from tests.reconcile.resource.server import Queues, complaints

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "priorityqueues").glob("*.yaml"))

EVERYTHING = changed(
    from_template("everything"),
    {
        "spec.redis.passwordSecret": {"name": "shop-redis"},
        "spec.redis.caSecret": {"name": "shop-redis"},
        "spec.scaling": {"fallback": {"replicas": 2}},
        "spec.worker.template.env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}},
        ],
        "spec.worker.template.tolerations": [{"key": "spot", "value": "yes"}],
    },
)
"""Every part that has a default inside."""


def defaults(schema: Schema, path: str) -> dict[str, Any]:
    """Every default of the schema by its path; of a list, in its first entry."""
    found = {path: schema["default"]} if not isinstance(schema.get("default", {}), dict) else {}
    for name, one in schema.get("properties", {}).items():
        found |= defaults(one, f"{path}.{name}")
    return found | (defaults(schema["items"], f"{path}[0]") if "items" in schema else {})


def said(value: Any) -> Any:
    """Without what is absent: nulls and empty lists are no defaults."""
    if isinstance(value, dict):
        return {key: said(one) for key, one in value.items() if one not in (None, [])}
    return [said(one) for one in value] if isinstance(value, list) else value


def at(document: Any, path: str) -> Any:
    for step in path.replace("[0]", ".0").split("."):
        document = document[int(step) if step.isdigit() else step]
    return document


@pytest.mark.parametrize("document", [on_deployment(), EVERYTHING])
def test_what_is_not_said_is_filled_in_as_the_model_has_it(
    document: dict[str, Any], queues: Queues
) -> None:
    stored = queues.create(document)
    read = PriorityQueue.parse(document).spec.model_dump(mode="json", by_alias=True)
    assert stored["spec"] == said(read)
    assert PriorityQueue.parse(stored).spec == PriorityQueue.parse(document).spec


def test_every_default_is_filled_in(queues: Queues) -> None:
    templated = queues.create(EVERYTHING)["spec"]
    on_target = queues.create(on_deployment())["spec"]
    wanted = defaults(spec_schema(), "spec")
    assert len(wanted) > 20
    for path, value in wanted.items():
        stored = on_target if "scaleTargetRef" in path else templated
        if "configMapKeyRef" in path:
            path = path.replace("env[0]", "env.1")  # noqa: PLW2901 -- the second entry has it
        assert (path, at({"spec": stored}, path)) == (path, value)


def test_the_status_is_written_by_itself_and_judged_by_its_own_schema(queues: Queues) -> None:
    queues.create(changed(on_deployment(), {"status": {"replicas": 7}}))
    assert "status" not in queues.get("shop")
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Keeping",
        "message": "",
        "lastTransitionTime": "2026-11-21T18:50:54Z",
        "observedGeneration": 1,
    }
    written = {"replicas": 3, "decision": "high: 3 pods", "conditions": [condition], "other": 1}
    queues.merge("shop", {"status": written, "spec": {"queue": "x"}}, "/status")
    stored = queues.get("shop")
    assert stored["status"] == {key: written[key] for key in ("replicas", "decision", "conditions")}
    assert stored["spec"]["queue"] == ""
    assert stored["metadata"]["generation"] == 1
    with pytest.raises(Refused) as caught:
        queues.merge("shop", {"status": {"replicas": "three"}}, "/status")
    assert (
        "status.replicas",
        'Invalid value: "string": replicas in body must be of type integer: "string"',
    ) in complaints(caught.value)


def test_scale_pins_and_is_judged_like_any_change(queues: Queues) -> None:
    queues.create(on_deployment())
    status = {"replicas": 2, "selector": "giveway.dev/priorityqueue=shop"}
    queues.merge("shop", {"status": status}, "/status")
    with pytest.raises(Refused, match="does not exist"):
        queues.get("shop", "/scale")  # nothing is pinned
    queues.merge("shop", {"spec": {"replicas": 3}}, "/scale")
    scale = queues.get("shop", "/scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 3}, status)
    assert PriorityQueue.parse(queues.get("shop")).spec.scaling.replicas == 3
    with pytest.raises(Refused) as caught:
        queues.merge("shop", {"spec": {"replicas": 11}}, "/scale")
    assert complaints(caught.value) == [
        (
            "spec.scaling.replicas",
            "replicas must not be above maxReplicas: pin fewer, or raise maxReplicas",
        )
    ]


def test_what_is_allowed_cannot_fall_below_a_pin(queues: Queues) -> None:
    queues.create(changed(on_deployment(), {"spec.scaling.replicas": 8}))
    with pytest.raises(Refused, match="replicas must not be above maxReplicas"):
        queues.merge("shop", {"spec": {"scaling": {"maxReplicas": 5}}})


def test_a_pin_of_none_is_a_pin(queues: Queues) -> None:
    queues.create(changed(on_deployment(), {"spec.scaling.minReplicas": 2}))
    queues.merge("shop", {"spec": {"replicas": 0}}, "/scale")
    assert PriorityQueue.parse(queues.get("shop")).spec.scaling.replicas == 0


def test_kubectl_scale_pins_and_a_patch_hands_back(
    queues: Queues, cluster: Cluster, namespace: str
) -> None:
    queues.create(on_deployment())
    cluster.kubectl("--namespace", namespace, "scale", "pq/shop", "--replicas=3")
    assert queues.get("shop")["spec"]["scaling"]["replicas"] == 3
    # As docs/priorityqueue.md has it.
    patch = '{"spec":{"scaling":{"replicas":null}}}'
    cluster.kubectl("--namespace", namespace, "patch", "pq/shop", "--type=merge", "-p", patch)
    assert "replicas" not in queues.get("shop")["spec"]["scaling"]


def test_null_is_as_if_the_field_were_not_there(queues: Queues) -> None:
    given = changed(on_deployment(), {"spec.scaling": {"maxReplicas": None, "replicas": None}})
    assert queues.create(given)["spec"] == queues.create(on_deployment("other"))["spec"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_taken_and_read_back_as_it_was_written(path: Path, queues: Queues) -> None:
    for document in yaml.safe_load_all(path.read_text()):
        stored = queues.create(document)
        assert PriorityQueue.parse(stored).spec == PriorityQueue.parse(document).spec
