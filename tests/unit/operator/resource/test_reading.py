"""Reading a resource: defaults, what is meant where two say something, what is passed over."""

import pytest

from giveway_operator.facts import QueueKey
from giveway_operator.model import InvalidResource, Pause, PriorityQueue
from tests.priorityqueues.documents import GONE, Document, changed, from_template, on_deployment


def read(document: Document, **changes: object) -> PriorityQueue:
    return PriorityQueue.parse(changed(document, changes))


def test_what_is_not_said_has_the_defaults_of_the_design() -> None:
    scaling = read(on_deployment()).spec.scaling
    assert (scaling.min_replicas, scaling.max_replicas, scaling.startup_seconds) == (0, 10, 5)
    assert (scaling.replicas, scaling.slots_per_replica, scaling.fallback) == (None, None, None)
    assert (scaling.pause, scaling.dry_run) == (Pause.NONE, False)
    connections = read(on_deployment()).spec.connections
    assert (connections.recycle, connections.max_idle_seconds) == (True, 15)
    assert connections.max_per_cycle == 10


def test_an_empty_mapping_has_the_same_defaults_as_none() -> None:
    given = {"spec.scaling": {}, "spec.connections": {}, "spec.queue": ""}
    assert read(on_deployment(), **given) == read(on_deployment())


def test_null_is_as_if_the_field_were_not_there() -> None:
    given = {"spec.scaling": {"maxReplicas": None, "replicas": None}, "spec.queue": None}
    assert read(on_deployment(), **given) == read(on_deployment())


def test_the_queue_is_called_like_the_resource_unless_it_says_otherwise() -> None:
    assert read(on_deployment()).queue == "shop"
    assert read(on_deployment(), **{"spec.queue": "orders"}).queue == "orders"


def test_a_resource_is_known_by_namespace_and_name() -> None:
    found = read(on_deployment(), **{"metadata.namespace": "prod"})
    assert found.key == QueueKey("prod", "shop")


def test_workers_serve_all_tiers_unless_some_are_named() -> None:
    assert read(on_deployment()).served == ("high", "low")
    named = read(on_deployment(), **{"spec.worker.tiers": ["low", "high"]})
    assert named.served == ("high", "low")  # in the order of urgency, not of the list
    assert read(on_deployment(), **{"spec.worker.tiers": ["low"]}).served == ("low",)


def test_slots_of_a_replica_come_from_the_template_or_are_said() -> None:
    assert read(on_deployment()).slots_per_replica == 1
    assert read(on_deployment(), **{"spec.scaling.slotsPerReplica": 8}).slots_per_replica == 8
    template = {"spec.worker.template.processes": 3, "spec.worker.template.slots": 4}
    assert read(from_template(), **template).slots_per_replica == 12
    agreeing = {**template, "spec.scaling.slotsPerReplica": 12}
    assert read(from_template(), **agreeing).slots_per_replica == 12


@pytest.mark.parametrize("said", list(Pause))
def test_the_annotation_for_a_pause_wins_over_the_field(said: Pause) -> None:
    noted = {"metadata.annotations": {"giveway.dev/pause": said.value}, "spec.scaling.pause": "out"}
    assert read(on_deployment(), **noted).pause is said
    assert read(on_deployment(), **{"spec.scaling.pause": said.value}).pause is said


def test_the_annotation_for_a_dry_run_wins_over_the_field_both_ways() -> None:
    noted = {"metadata.annotations": {"giveway.dev/dry-run": "false"}, "spec.scaling.dryRun": True}
    assert read(on_deployment(), **noted).dry_run is False
    noted["metadata.annotations"] = {"giveway.dev/dry-run": "true"}
    noted["spec.scaling.dryRun"] = False
    assert read(on_deployment(), **noted).dry_run is True
    assert read(on_deployment(), **{"spec.scaling.dryRun": True}).dry_run is True


@pytest.mark.parametrize(
    ("annotation", "value", "known"),
    [
        ("giveway.dev/pause", "true", '"none", "all", "in", "out"'),
        ("giveway.dev/dry-run", "yes", '"true", "false"'),
    ],
)
def test_a_misspelt_annotation_is_refused_and_not_read_as_go_on(
    annotation: str, value: str, known: str
) -> None:
    with pytest.raises(InvalidResource) as caught:
        read(on_deployment(), **{"metadata.annotations": {annotation: value}})
    assert str(caught.value) == (
        f"metadata.annotations[{annotation}]: "
        f'Unsupported value: "{value}": supported values: {known}'
    )


def test_fields_of_a_newer_version_are_passed_over() -> None:
    newer = {"spec.scaling.horizonSeconds": 5, "metadata.managedFields": [{"manager": "x"}]}
    assert read(on_deployment(), **newer).spec == read(on_deployment()).spec


def test_a_status_that_cannot_be_understood_keeps_nothing_from_being_done() -> None:
    old = {"status": {"replicas": "three", "conditions": [{"type": "Ready"}]}}
    assert read(on_deployment(), **old) == read(on_deployment())


def test_a_quantity_is_a_text_however_it_was_written() -> None:
    given = {"spec.worker.template.resources": {"requests": {"cpu": 2, "memory": "1Gi"}}}
    template = read(from_template(), **given).spec.worker.template
    assert template is not None
    assert template.resources is not None
    assert template.resources.requests == {"cpu": "2", "memory": "1Gi"}


def test_promises_and_service_times_may_be_fractions() -> None:
    given = {"spec.tiers[0].sloSeconds": 0.25, "spec.tiers[0].expectedSeconds": 0.02}
    tier = read(on_deployment(), **given).spec.tiers[0]
    assert (tier.slo_seconds, tier.expected_seconds) == (0.25, 0.02)


@pytest.mark.parametrize("document", [None, [], "shop", 5, {}, {"spec": None}, {"spec": []}])
def test_what_is_no_resource_at_all_is_the_same_clear_error(document: object) -> None:
    with pytest.raises(InvalidResource, match=": "):
        PriorityQueue.parse(document)  # type: ignore[arg-type]


def test_what_is_too_deep_is_the_same_clear_error() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidResource, match="too deep"):
        read(on_deployment(), **{"spec.queue": deep})


def test_a_resource_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidResource, match=r"metadata\.name"):
        read(on_deployment(), **{"metadata.name": GONE})
