"""A real Prometheus watches a release while it works and while it fails: what does it tell?"""

from pathlib import Path
from types import ModuleType

import pytest

from tests.boards.expressions import EXPRESSIONS
from tests.boards.watched import Watched
from tests.faults.metrics.prometheus import Prometheus
from tests.integration.worker.waiting import until
from tests.kubernetes.conftest import Say
from tests.kubernetes.story.scene import CEILING_SECONDS, Scene, queue
from tests.kubernetes.watched.conftest import IMAGE, NAME, QUEUE, app_of
from tests.kubernetes.watched.load import WAITING, Load
from tests.kubernetes.watched.watch import Watch

DEPTH = "namespace_queue_tier:giveway_queue_depth:max"
INFLIGHT = "namespace_queue_tier:giveway_queue_inflight:max"
REPLICAS = "namespace_name_queue_kind:giveway_operator_replicas:max"
KINDS = ("desired", "current", "ready")
DEAD = "namespace_queue:giveway_queue_dead:max"
# Longer than a busy machine takes for a cold start: here they are to be kept.
SLO = {"high": 120, "normal": 300, "low": 3600}
ONE_POD = {"minReplicas": 0, "maxReplicas": 1, "zeroWindowSeconds": 600}
WHOLE_RUN = "30m"
# Instead of the minutes for which the chart's alerts wait.
ALERTS_WAIT = "1s"
STAGED = {
    ("GivewayDeadGrowing", QUEUE),
    ("GivewayNoWorker", "nobody"),
    ("GivewayOperatorBlind", "blind"),
}

# Installation, load, a failure; images are built before it, if they are not in the cache.
pytestmark = pytest.mark.timeout(1500)


def test_every_expression_tells_what_was_counted_and_alerts_tell_of_failures_only(
    scene: Scene, parcels: ModuleType, tmp_path: Path, say: Say
) -> None:
    watch = Watch(scene.kube, namespace=scene.namespace, folder=tmp_path)
    with watch.running() as prometheus:
        watched = Watched(prometheus, namespace=scene.namespace, queue=QUEUE, rate=WHOLE_RUN)
        _is_watched(scene, watched)  # what a counter has at the first scrape is no rise
        _queue(scene, NAME, queue=QUEUE, scaling=ONE_POD)
        load = Load(parcels)
        load.begin()
        _what_waits_and_runs_is_told(scene, watched)
        load.between(urgent=4)
        load.finish()
        load.leave(urgent=2)
        load.stumble()
        say(f"done: {dict(load.outcomes)}, gave way: {dict(load.preemptions)}")
        asked = [one for one in EXPRESSIONS if not one.may_be_empty]
        assert len(asked) > 100
        watched.until_all_answer(asked)
        say(f"{len(asked)} expressions answer")
        _what_was_done_is_told(watched, load)
        assert watched.troubles() == []
        assert _firing(prometheus) == set(), "nothing has failed so far"
        watch.shorten(prometheus, alerts_wait=ALERTS_WAIT)
        _fail(scene, load)
        until(
            lambda: _firing(prometheus) >= STAGED,
            what=f"{STAGED} to fire",
            within=CEILING_SECONDS,
        )
        say(f"fires: {sorted(_firing(prometheus))}")
        assert {name for name, queue in _firing(prometheus) if queue == QUEUE} == {
            "GivewayDeadGrowing"
        }
        assert watched.total(DEAD) == load.outcomes["dead"]
        _what_was_done_is_told(watched, load)


def _queue(scene: Scene, name: str, **spec: object) -> None:
    tiers = [{"name": tier, "sloSeconds": seconds} for tier, seconds in SLO.items()]
    scene.queue(
        name, tiers=tiers, worker={"template": {"app": "parcels:app", "image": IMAGE}}, **spec
    )


def _what_waits_and_runs_is_told(scene: Scene, watched: Watched) -> None:
    """By a worker and by the operator, and counted once."""
    _is_watched(scene, watched)
    until(
        lambda: watched.total(DEPTH, tier="low") == WAITING,
        what=f"{WAITING} that wait",
        within=CEILING_SECONDS,
    )
    assert watched.total(DEPTH) == WAITING
    assert watched.total(INFLIGHT, tier="low") == 1
    until(
        lambda: [watched.total(REPLICAS, kind=kind) for kind in KINDS] == [1] * len(KINDS),
        what=f"one replica that is {KINDS}",
        within=CEILING_SECONDS,
    )
    assert scene.replicas(NAME) == len(scene.pods(NAME)) == 1


def _is_watched(scene: Scene, watched: Watched) -> None:
    """By the monitors: all whom they mean, found here by another way than theirs."""
    query = "?labelSelector=app.kubernetes.io/component=operator"

    def seen() -> bool:
        operators = scene.kube.api.get(scene.path("pods") + query)["items"]
        meant = {each["metadata"]["name"] for each in (*operators, *scene.pods(NAME))}
        return meant == {labels["pod"] for labels, up in watched.prometheus.query("up") if up}

    until(seen, what="operator and worker to be scraped", within=CEILING_SECONDS)


def _what_was_done_is_told(watched: Watched, load: Load) -> None:
    """By the one worker there was."""
    ours = f'queue="{QUEUE}"'

    def told(expression: str, label: str) -> dict[str, float]:
        found = watched.prometheus.query(expression)
        return {labels[label]: value for labels, value in found if value}

    outcomes = f"sum by (outcome) (giveway_tasks_total{{{ours}}})"
    until(
        lambda: told(outcomes, "outcome") == dict(load.outcomes),
        what=f"runs that ended as {dict(load.outcomes)}",
        within=CEILING_SECONDS,
    )
    gave_way = f"sum by (mode) (giveway_preemptions_total{{{ours}}})"
    assert told(gave_way, "mode") == dict(load.preemptions)
    arrived = f"max(sum by (instance) (giveway_queue_arrived_total{{{ours}}}))"
    until(
        lambda: watched.prometheus.one(arrived) == load.enqueued,
        what=f"{load.enqueued} arrivals",
        within=CEILING_SECONDS,
    )


def _fail(scene: Scene, load: Load) -> None:
    """A task dies; an image that is not there; a Redis that is not there."""
    load.fail()
    scene.queue("nobody", worker={"template": {"app": "parcels:app", "image": "localhost/none:1"}})
    app_of(scene, "nobody").urgent.enqueue(1)
    elsewhere = {"url": "redis://nowhere.invalid:6379/0"}
    scene.kube.api.post(
        scene.path("secrets"), {"metadata": {"name": "elsewhere"}, "stringData": elsewhere}
    )
    asked = queue("blind", redis={"secret": {"name": "elsewhere"}})
    scene.kube.api.post(scene.path("priorityqueues"), asked)


def _firing(prometheus: Prometheus) -> set[tuple[str, str]]:
    found = prometheus.query('ALERTS{alertstate="firing"}')
    return {(labels["alertname"], labels.get("queue", "")) for labels, _ in found}
