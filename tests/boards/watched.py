"""A Prometheus with the chart's rules that scrapes operators and workers as its monitors do.

What a monitor adds is written out here: a pod's namespace and name as labels, and for the operator
that the labels which it gives its series are kept (`honor_labels`).
"""

from collections.abc import Callable

import yaml

from tests.boards.expressions import RULES, Expression
from tests.faults.metrics.prometheus import Prometheus
from tests.integration.worker.waiting import until

Answer = list[tuple[dict[str, str], float]]


def configuration(*, namespace: str, operators: list[int], workers: list[int]) -> str:
    """`operators`, `workers`: their ports."""

    def targets(ports: list[int], *, called: str, where: str) -> list[dict[str, object]]:
        return [
            {
                "targets": [f"127.0.0.1:{port}"],
                "labels": {"namespace": where, "pod": f"{called}-{number}"},
            }
            for number, port in enumerate(ports)
        ]

    return yaml.safe_dump(
        {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "rule_files": [str(file) for file in RULES],
            "scrape_configs": [
                {
                    "job_name": "operator",
                    "honor_labels": True,
                    "static_configs": targets(operators, called="operator", where="giveway"),
                },
                {
                    "job_name": "workers",
                    "static_configs": targets(workers, called="worker", where=namespace),
                },
            ],
        }
    )


class Watched:
    """What it answers to the chart's expressions, for the queues of one namespace.

    `rate`: over how long rates and quantiles are taken, as Grafana says it by the picture's width.
    """

    def __init__(
        self, prometheus: Prometheus, *, namespace: str, queue: str, rate: str = "1m"
    ) -> None:
        self.prometheus, self._namespace, self._queue = prometheus, namespace, queue
        self._rate = rate

    def answer(self, one: Expression) -> Answer:
        """Fails if Prometheus does not understand it."""
        asked = one.filled(rate=self._rate, namespace=self._namespace, queue=self._queue)
        return self.prometheus.query(asked)

    def empty(self, expressions: list[Expression]) -> list[str]:
        """Those that nothing answers."""
        return [str(one) for one in expressions if not self.answer(one)]

    def until_all_answer(
        self, expressions: list[Expression], *, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Waits for it; `meanwhile` is done before each look."""
        left = list(expressions)

        def none_is_empty() -> bool:
            nonlocal left
            meanwhile()
            left = [one for one in left if not self.answer(one)]
            return not left

        try:
            until(none_is_empty, what="an answer to every expression", within=90)
        except AssertionError as late:
            raise AssertionError(
                f"{late}; empty: {[f'{one}: {one.expr}' for one in left]}"
            ) from None
        assert not self.empty(expressions), "each answered once, and some do no more"

    def total(self, series: str, **labels: str) -> float:
        """The sum of such series; to be counted once, there must not be more than one of a tier."""
        chosen = {"namespace": self._namespace, "queue": self._queue} | labels
        matchers = ",".join(f'{name}="{value}"' for name, value in chosen.items())
        return self.prometheus.total(f"{series}{{{matchers}}}")

    def troubles(self) -> list[str]:
        """Rules that could not be evaluated, and why."""
        return [
            f"{rule['name']}: {rule.get('lastError')}"
            for rule in self.prometheus.rules()
            if rule["health"] != "ok"
        ]
