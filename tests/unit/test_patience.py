"""A worker that waits for Redis says what is wrong, and does not fill the log with it."""

import pytest

from giveway.runtime import patience
from giveway.runtime.patience import Patience


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was said, with the clock in `now`."""
    lines: list[str] = []

    def event(name: str, *, level: str = "info", error: str = "") -> None:
        lines.append(f"{name} {error}".strip())

    monkeypatch.setattr(patience, "event", event)
    return lines


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    instant = [100.0]
    monkeypatch.setattr(patience, "monotonic", lambda: instant[0])
    return instant


def test_the_same_trouble_is_told_every_half_minute_and_another_at_once(
    said: list[str], now: list[float]
) -> None:
    one = Patience()
    for _ in range(10):
        one.delay(OSError("cut"))
        one.delay(OSError("refused"))
    assert said == ["redis_unavailable cut", "redis_unavailable refused"]
    now[0] += 31
    one.delay(OSError("refused"))
    assert said[2:] == ["redis_unavailable refused"]
    one.over()
    one.over()
    assert said[3:] == ["redis_back"]
    one.delay(OSError("cut"))
    assert said[4:] == ["redis_unavailable cut"]


def test_troubles_that_never_read_alike_do_not_fill_the_log(
    said: list[str], now: list[float]
) -> None:
    one = Patience()
    for number in range(1000):
        now[0] += 1
        one.delay(OSError(f"trouble {number}"))
    assert len(said) == 20


def test_waiting_grows_to_two_seconds_and_begins_anew(said: list[str], now: list[float]) -> None:
    one = Patience()
    waits = [one.delay(OSError("cut")) for _ in range(20)]
    assert waits[0] <= 0.05
    assert all(1.0 <= wait <= 2.0 for wait in waits[10:])
    one.over()
    assert one.delay(OSError("cut")) <= 0.05
