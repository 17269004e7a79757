"""A real Prometheus watches two operators and two workers: what do the dashboards get to see?"""

from pathlib import Path

from giveway import State, TaskHandle
from giveway.core.task import Request
from tests.boards.expressions import EXPRESSIONS, Expression
from tests.boards.watched import Watched, configuration
from tests.faults.metrics.prometheus import Prometheus
from tests.integration.worker.apps import TIERS
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.scrape import Port, free_port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

SLO = {"high": 120, "normal": 300, "low": 3600, "deep": 7200}
DEPTH = "namespace_queue_tier:giveway_queue_depth:max"
OLDEST = "namespace_queue_tier:giveway_queue_oldest_seconds:max"
NO_WORKER = "no worker has ever run"
# The resource has another name than its queue, so that a join which is wrong finds nothing.
assert NAME != "parcels"


def resource(scene: Scene, queue: str) -> None:
    scene.deployment()
    tiers = [{"name": name, "sloSeconds": SLO[name]} for name in TIERS]
    worker = {"scaleTargetRef": {"name": NAME}}
    redis = {"secret": {"name": "redis"}}
    scene.create({"spec": {"queue": queue, "redis": redis, "tiers": tiers, "worker": worker}})


def needs_a_worker(one: Expression) -> bool:
    """What the operator cannot know, or has not yet: how long was waited, what a decision took."""
    if one.where.startswith("workers.json"):
        return True
    words = (
        "task_wait",
        "task_run",
        "giveway_tasks",
        "preemptions",
        "yield_seconds",
        "leases_lost",
        "decision_seconds",
    )
    return any(word in one.expr for word in (*words, "giveway_slots"))


def test_every_expression_answers_what_is_true_with_no_worker_and_with_some(
    shop: Shop,
    worker: StartWorker,
    scene: Scene,
    run_operator: StartOperator,
    tmp_path: Path,
) -> None:
    resource(scene, shop.queue)
    operators = [run_operator().port.number, run_operator().port.number]
    ports = [Port(free_port()), Port(free_port())]
    written = configuration(
        namespace=scene.namespace, operators=operators, workers=[port.number for port in ports]
    )
    asked = [one for one in EXPRESSIONS if not one.may_be_empty]
    with Prometheus(tmp_path / "prometheus", configuration=written) as prometheus:
        watched = Watched(prometheus, namespace=scene.namespace, queue=shop.queue)
        _an_idle_queue_without_workers_shows_numbers(watched, asked)
        for port in ports:
            worker(env=port.env, processes=2, slots=1)
        _work_that_gives_way_fails_and_retries(shop, watched)
        _everything_answers(watched, shop, asked)
        _it_is_true(watched, shop)
        assert watched.troubles() == []
        assert prometheus.query('ALERTS{alertstate="firing"}') == []


def _an_idle_queue_without_workers_shows_numbers(watched: Watched, asked: list[Expression]) -> None:
    expected = [one for one in asked if not needs_a_worker(one)]
    assert len(expected) > 60
    watched.until_all_answer(expected)
    assert watched.total(DEPTH) == 0
    assert watched.total("namespace_queue:giveway_queue_workers:max") == 0
    assert watched.total("namespace_queue_tier:giveway_operator_queue_slo_seconds:min") == sum(
        SLO.values()
    )


def _work_that_gives_way_fails_and_retries(shop: Shop, watched: Watched) -> None:
    batches = [shop.put("items", 1_000_000, "sleep:0.005", tier="deep") for _ in range(4)]
    until(
        lambda: all(shop.record(one).state is State.RUNNING for one in batches),
        what="four batches to run",
    )
    for _ in range(4):
        shop.settled(shop.put("step", "sleep:0.05", tier="high"))
    shop.settled(shop.put("step", "raise-once:one", tier="normal"))
    shop.settled(shop.put("step_tried_once", "raise:always", tier="normal"))
    until(lambda: watched.prometheus.total("up") == 4, what="all four to have been scraped")


def _everything_answers(watched: Watched, shop: Shop, asked: list[Expression]) -> None:
    """While urgent work keeps coming in, as what is rated over a minute needs."""
    done: list[TaskHandle[int]] = []

    def urgent_work() -> None:
        done.append(shop.put("tick", len(done), tier="high"))
        shop.settled(done[-1])

    watched.until_all_answer(asked, meanwhile=urgent_work)


def _it_is_true(watched: Watched, shop: Shop) -> None:
    """Two workers and two operators tell of it, and it is counted once."""
    request = Request(f"{shop.queue}-pause", 1)
    shop.store.run(shop.commands.pause(request, ["low"], True))
    for number in range(5):
        shop.put("tick", number, tier="low")
    total = watched.total
    until(lambda: total(DEPTH, tier="low") == 5, what="five that wait")
    # Series come with one scrape or the next, and with a rule that is evaluated after it.
    for name, number in {
        DEPTH: 5,
        "namespace_queue:giveway_queue_dead:max": 1,
        "namespace_queue:giveway_queue_workers:max": 2,
        "namespace_queue_state:giveway_slots:sum": 4,
        "namespace_queue_tier:giveway_queue_paused:max": 1,
    }.items():
        until(lambda name=name, number=number: total(name) == number, what=f"{name} to be {number}")  # type: ignore[misc]
    assert total("namespace_queue_tier:giveway_queue_inflight:max", tier="deep") == 4
    waited = until(lambda: total(OLDEST, tier="low"), what="an age")
    now = shop.tier("low").oldest_seconds
    assert now - 5 < waited <= now, "a scrape and a rule, each once a second"
    ratio = "namespace_queue_tier:giveway_promise_used:ratio"
    used = until(lambda: total(ratio, tier="low"), what="a share of the promise")
    assert used <= shop.tier("low").oldest_seconds / SLO["low"]
    of_each = f'sum by (instance) (giveway_queue_arrived_total{{queue="{shop.queue}"}})'
    arrived, counted = f"max({of_each})", shop.counter("enqueued")
    until(lambda: watched.prometheus.one(arrived) == counted, what=f"{counted} arrivals")
    gave_way = f'sum(giveway_preemptions_total{{queue="{shop.queue}",from_tier="deep"}})'
    assert watched.prometheus.one(gave_way) >= 4
