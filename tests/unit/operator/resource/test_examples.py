"""The examples that people copy: each is right, and says what it is for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from giveway_operator.conditions import conditions
from giveway_operator.crd.check import check
from giveway_operator.decision import Bounds
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import plan
from tests.unit.operator.seen import decided, sight

FOLDER = Path(__file__).parents[4] / "examples" / "priorityqueues"
EXAMPLES = sorted(FOLDER.glob("*.yaml"))
USUAL_START_SECONDS = 20.0  # an image that is there, Python, an app, a probe


def resources(name: str) -> list[PriorityQueue]:
    return [PriorityQueue.parse(one) for one in yaml.safe_load_all((FOLDER / name).read_text())]


def test_there_is_one_for_each_thing_that_people_ask_for() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "dry-run",
        "existing-deployment",
        "minimal",
        "scale-to-zero",
        "three-tiers",
        "vip-workers",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_right_and_begins_with_what_it_is_for(path: Path) -> None:
    found = check(path.read_text())
    assert (found.problems, found.others) == ((), ())
    assert found.right
    assert path.read_text().startswith("# ")


def test_the_least_that_works_is_ten_lines() -> None:
    lines = [line for line in (FOLDER / "minimal.yaml").read_text().splitlines() if line[0] != "#"]
    assert len(lines) <= 10


def test_the_examples_do_what_their_names_say() -> None:
    (zero,) = resources("scale-to-zero.yaml")
    assert zero.spec.scaling.min_replicas == 0
    (dry,) = resources("dry-run.yaml")
    assert dry.dry_run
    (existing,) = resources("existing-deployment.yaml")
    assert existing.spec.worker.scale_target_ref is not None
    (shop,) = resources("three-tiers.yaml")
    assert len(shop.tiers) == 3


def slow_starts() -> Iterator[str]:
    """What the operator would say of the examples once a usual start was measured."""
    for path in EXAMPLES:
        for one in resources(path.name):
            seen = sight(decided(0), of=one, bounds=Bounds(startup_seconds=USUAL_START_SECONDS))
            for told in conditions(seen, plan(seen)):
                if told.type == "ColdStartViolatesSLO" and told.state != "False":
                    yield f"{path.stem}, {one.metadata.name}: {told.message}"


def test_no_example_promises_what_a_start_cannot_keep() -> None:
    assert list(slow_starts()) == []


def test_vip_workers_are_on_the_same_queue_as_the_others() -> None:
    vip, others = resources("vip-workers.yaml")
    assert (vip.queue, vip.tiers) == (others.queue, others.tiers)
    assert vip.served == ("high",)
    assert others.served == others.tiers
