"""What the API server refuses, and that it says what `giveway crd check` says (FAULTS 29)."""

import pytest

from giveway_operator.crd.check import check
from tests.cluster.api import Refused
from tests.priorityqueues.documents import changed, from_template, on_deployment
from tests.priorityqueues.mistake import Mistake
from tests.priorityqueues.mistakes import MISTAKES
from tests.priorityqueues.yaml_text import as_yaml
from tests.reconcile.resource.server import Queues, complaints


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_refused_in_the_words_of_the_offline_check(
    mistake: Mistake, asked: Queues
) -> None:
    offline = [(one.field, one.message) for one in check(as_yaml(mistake.document)).problems]
    assert asked.complaints(mistake.document) == offline


@pytest.mark.parametrize("document", [on_deployment(), from_template()])
def test_the_resources_that_the_mistakes_are_made_in_are_taken(
    document: dict[str, object], asked: Queues
) -> None:
    assert asked.complaints(document) == []


@pytest.mark.parametrize(
    "path",
    [
        "spec.worker.template.securityContext",
        "spec.worker.template.hostNetwork",
        "spec.worker.template.volumes",
        "spec.worker.template.privileged",
        "spec.redis.secret.namespace",
        "spec.worker.scaleTargetRef.namespace",
        "spec.scalling",
    ],
)
def test_a_field_that_does_not_exist_is_refused_or_dropped_but_never_kept(
    path: str, queues: Queues
) -> None:
    base = from_template() if ".template." in path else on_deployment()
    document = changed(base, {path: True})
    (problem,) = check(as_yaml(document)).problems
    with pytest.raises(Refused) as caught:
        queues.create(document)
    # The offline check adds what was meant.
    assert f'strict decoding error: unknown field "{path}"' in caught.value.message
    assert problem.message.startswith(f'unknown field "{path}"')
    kept = queues.create(document, strict=False)
    without = queues.create(changed(base, {"metadata.name": "other"}))
    assert kept["spec"] == without["spec"]


def test_several_mistakes_are_told_at_once_by_both(asked: Queues) -> None:
    wrong = changed(
        on_deployment(),
        {
            "spec.scaling": {"minReplicas": 5, "maxReplicas": 3, "replicas": 4},
            "spec.tiers[1].name": "high",
            "spec.worker.tiers": ["middle", "middle"],
        },
    )
    offline = {(one.field, one.message) for one in check(as_yaml(wrong)).problems}
    assert len(offline) == 5
    assert set(asked.complaints(wrong)) == offline


def test_a_change_is_judged_like_a_creation(queues: Queues) -> None:
    queues.create(on_deployment())
    with pytest.raises(Refused) as caught:
        queues.merge("shop", {"spec": {"scaling": {"minReplicas": 11}}})
    assert complaints(caught.value) == [
        (
            "spec.scaling.maxReplicas",
            "maxReplicas must not be below minReplicas: raise it, or lower minReplicas",
        )
    ]
    assert queues.get("shop")["spec"]["scaling"]["minReplicas"] == 0


def test_the_dearest_resource_that_is_allowed_is_taken(asked: Queues) -> None:
    # The API server reckons a rule's cost from the longest lengths; this one has them all.
    labels = {f"example.com/key-{n}": "v" * 63 for n in range(32)}
    match = [{"key": f"k{n}", "operator": "In", "values": ["v" * 63] * 64} for n in range(16)]
    terms = [{"matchExpressions": match, "matchFields": match} for _ in range(4)]
    largest = changed(
        from_template("a" * 47),
        {
            "spec.tiers": [{"name": f"{n:x}" + "t" * 62, "sloSeconds": 5} for n in range(16)],
            "spec.worker.tiers": [f"{n:x}" + "t" * 62 for n in range(16)],
            "spec.worker.template.env": [
                {"name": f"V{n}" + "_" * 200, "value": "x" * 1000} for n in range(128)
            ],
            "spec.worker.template.podLabels": labels,
            "spec.worker.template.podAnnotations": labels,
            "spec.worker.template.affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}
                }
            },
        },
    )
    assert check(as_yaml(largest)).problems == ()
    assert asked.complaints(largest) == []
