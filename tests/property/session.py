"""One run of the machine against one server: shared by the test, the mutants and the long form."""

from contextlib import closing
from uuid import uuid4

import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from giveway.store.connect import connect
from tests.property.bench import Bench
from tests.property.coverage import Coverage
from tests.property.rules_requests import Requests
from tests.property.rules_stories import Stories


class Protocol(Requests, Stories):
    """All rules together."""


def profile(*, examples: int, steps: int, shrink: bool = True) -> settings:
    """How long to run. Nothing is stored: a run is repeated by its seed (docs/testing.md)."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def run(url: str, *, profile: settings, coverage: Coverage) -> None:
    """Runs the machine; raises what it finds."""
    with (
        closing(connect(url, name="giveway:property")) as store,
        redis.Redis.from_url(url) as client,
    ):

        class Run(Protocol):
            @staticmethod
            def make_bench() -> Bench:
                return Bench(store, client, f"property-{uuid4().hex[:12]}", coverage)

        run_state_machine_as_test(Run, settings=profile)
