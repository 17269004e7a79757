"""A real Prometheus scrapes a worker for a minute, while its children are killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.faults.metrics.prometheus import Prometheus, program
from tests.integration.worker.apps import TIERS
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.scrape import Port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

MINUTE = 60.0
RAN = '{outcome="done",task=~"tick|step"}'


def test_promtool_has_nothing_to_say_about_a_real_scrape(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(env=port.env, slots=2)
    for task in [shop.put("step", f"raise-once:{n}", tier=TIERS[n]) for n in range(3)]:
        shop.settled(task)
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=port.get("/metrics")[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_what_prometheus_has_seen_after_a_minute_of_work_and_murder_is_true(
    shop: Shop, worker: StartWorker, port: Port, tmp_path: Path
) -> None:
    one = worker(processes=3, env=port.env)
    with Prometheus(tmp_path / "prometheus", target=port.number) as prometheus:
        until(lambda: prometheus.total("up") == 1, what="the first scrape")
        batch = shop.put("items", 1_000_000, "sleep:0.005", tier="deep")
        tasks, kills = [], 0
        deadline = time.monotonic() + MINUTE
        while time.monotonic() < deadline:
            tasks += [shop.put("tick", n, tier=TIERS[n % 3]) for n in range(40)]
            tasks.append(shop.put("step", "sleep:0.05", tier="high"))
            shop.settled(tasks[-1])
            if len(tasks) % 5 == 0:
                os.kill(one.children()[0], signal.SIGKILL)
                kills += 1
        for task in tasks:
            shop.settled(task)
        batch.cancel()
        shop.settled(batch)
        assert kills > 5
        total = len(tasks)
        what = f"{total} tasks in Prometheus"
        until(lambda: prometheus.total(f"giveway_tasks_total{RAN}") >= total, what=what)
        assert prometheus.total(f"giveway_tasks_total{RAN}") == total
        assert prometheus.total('giveway_children_ended_total{reason="signal"}') == kills
        _is_true(prometheus, shop)


def _is_true(prometheus: Prometheus, shop: Shop) -> None:
    window = "[90s]"
    assert prometheus.one(f"min_over_time(up{window})") == 1
    assert prometheus.one(f"count_over_time(up{window})") >= 50
    for counter in ("tasks_total", "task_wait_seconds_count", "preemptions_total"):
        fell = prometheus.query(f"resets(giveway_{counter}{window}) > 0")
        assert fell == [], f"{counter} fell when a child was replaced"
    assert prometheus.query(f"resets(giveway_task_run_seconds_bucket{window}) > 0") == []
    for name in ("giveway_queue_depth", "giveway_queue_oldest_seconds", "giveway_tasks_total"):
        tiers = {labels["tier"] for labels, _ in prometheus.query(f"count by (tier) ({name})")}
        assert tiers == set(TIERS)
    assert prometheus.total('giveway_preemptions_total{from_tier="deep"}') > 0
    assert prometheus.one(f'max_over_time(giveway_queue_depth{{tier="high"}}{window})') >= 0
    assert prometheus.total(f'giveway_queue_dead{{queue="{shop.queue}"}}') == 0
    slow = 'histogram_quantile(0.99, sum by (le) (giveway_task_wait_seconds_bucket{tier="high"}))'
    assert 0 < prometheus.one(slow) < 30
