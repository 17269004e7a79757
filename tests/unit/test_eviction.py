"""When a worker speaks of the eviction policy, and when it does not."""

import asyncio
import logging

import pytest

from giveway.errors import StoreMisconfigured, StoreUnavailable
from giveway.runtime import eviction
from giveway.runtime.eviction import EvictionWatch
from giveway.store.memory import ServerMemory


def _said(caplog: pytest.LogCaptureFixture, *answers: str | Exception | None) -> EvictionWatch:
    """A watch after one look for each answer."""
    coming = iter(answers)

    async def look() -> ServerMemory:
        answer = next(coming)
        if isinstance(answer, Exception):
            raise answer
        return ServerMemory(answer, used_bytes=7, limit_bytes=0)

    async def looks(watch: EvictionWatch) -> None:
        for _ in answers:
            await watch.once()

    caplog.set_level(logging.INFO, "giveway")
    watch = EvictionWatch(look)
    asyncio.run(looks(watch))
    return watch


UNSAFE, SAFE = "eviction_policy_unsafe", "eviction_policy_safe"


@pytest.mark.parametrize(
    ("answers", "said", "unsafe"),
    [
        (["noeviction", "noeviction"], [], False),
        (["allkeys-lru", "allkeys-lru"], [UNSAFE], True),
        (["allkeys-lru", "volatile-lru"], [UNSAFE, UNSAFE], True),
        (["allkeys-lru", "noeviction", "noeviction"], [UNSAFE, SAFE], False),
        ([None], [], None),
        ([StoreMisconfigured("no INFO")], [], None),
        (["allkeys-lru", StoreUnavailable("away"), "allkeys-lru"], [UNSAFE], True),
    ],
)
def test_what_is_new_is_said_once(
    caplog: pytest.LogCaptureFixture,
    answers: list[str | Exception | None],
    said: list[str],
    unsafe: bool | None,
) -> None:
    watch = _said(caplog, *answers)
    assert [record.message for record in caplog.records] == said
    assert watch.unsafe is unsafe


def test_what_a_server_uses_of_its_memory_is_known_once_it_has_said_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _said(caplog, StoreMisconfigured("no INFO")).memory is None
    memory = _said(caplog, "noeviction", StoreUnavailable("away")).memory
    assert memory is not None
    assert (memory.used_bytes, memory.limit_bytes) == (7, 0)


def test_what_lasts_is_said_again_after_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = iter([10.0, 3_000.0, 3_700.0, 3_700.0])
    monkeypatch.setattr(eviction, "monotonic", lambda: next(instants))
    _said(caplog, *["allkeys-lru"] * 3)
    assert len(caplog.records) == 2
