"""What makes an operator dead for its liveness probe: what a restart mends, and nothing else."""

import asyncio
import json
from typing import Any

import kopf
import pytest

from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Asked
from giveway_operator import handlers
from giveway_operator.health import Health, Pulse
from giveway_operator.loop.register import Register
from giveway_operator.tallies import Tallies
from tests.integration.worker.waiting import until


def answer(ended: list[str], *, stalled_seconds: float = 60.0) -> tuple[int, dict[str, Any]]:
    tallies = Tallies()
    health = Health(
        Pulse(), tallies, lambda: True, lambda: ended, stalled_seconds, Exposition(tallies)
    )
    told = health.respond(Asked("/healthz"))
    found: dict[str, Any] = json.loads(told.body)
    return told.status, found


def test_while_everything_goes_on_it_is_alive() -> None:
    status, told = answer([])

    assert (status, told["alive"], told["ended"]) == (200, True, [])


def test_what_was_to_run_for_ever_and_has_ended_is_named() -> None:
    status, told = answer(["lease"])

    assert (status, told["alive"], told["ended"]) == (503, False, ["lease"])


def test_a_loop_that_does_not_get_on_is_dead() -> None:
    status, told = answer([], stalled_seconds=-1.0)

    assert (status, told["alive"]) == (503, False)


def test_only_a_look_at_all_that_is_listed_is_a_whole_one() -> None:
    pulse = Pulse()

    pulse.beat(listed=False)
    before = pulse.beaten
    pulse.beat(listed=True)
    pulse.beat(listed=False)

    assert (before, pulse.beaten) == (False, True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("stopped", [False, True])
def test_a_watch_whose_thread_has_ended_is_seen_unless_it_was_told_to(
    monkeypatch: pytest.MonkeyPatch, *, stopped: bool
) -> None:
    async def leaves(**_: object) -> None:
        raise SystemExit  # nothing that the thread goes on after

    async def watches() -> bool:
        watch = handlers.Watch(Register(), namespaces=["a"], watch_seconds=5, context=None)
        before = watch.ended
        if stopped:
            await watch.stop()
        watch.start()
        await asyncio.to_thread(
            until, lambda: not watch._thread.is_alive(), what="the thread to end"
        )
        assert not before
        ended = watch.ended
        await watch.stop()
        return ended

    monkeypatch.setattr(kopf, "operator", leaves)
    assert asyncio.run(watches()) is not stopped
