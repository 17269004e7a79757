"""What decorators accept, and what they say when they do not."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from giveway import Batch, ConfigurationError, Giveway, GivewayError, Retry, UnknownTier


@pytest.fixture
def app() -> Giveway:
    return Giveway("definitions")


def work(n: int = 0) -> int:
    """Double it."""
    return 2 * n


def items(batch: Batch, n: int = 0) -> int:
    return n


def test_a_task_without_options_has_the_documented_defaults(app: Giveway) -> None:
    app.task(work)
    task = app.registry.get("work")
    assert task is not None
    assert (task.tier, task.retry, task.timeout, task.soft_timeout) == (
        "normal",
        Retry(),
        None,
        None,
    )
    assert (task.max_crashes, task.retain_seconds, task.on_partition) == (3, 600, "stop")
    assert (task.is_batch, task.is_async) == (False, False)


def test_a_batch_without_options_has_the_documented_defaults(app: Giveway) -> None:
    app.batch(items)
    batch = app.registry.get("items")
    assert batch is not None
    assert (batch.preempt, batch.on_item_error, batch.max_suspended_seconds) == (
        "inline",
        "retry",
        60,
    )
    assert (batch.retain_seconds, batch.total_timeout, batch.is_batch) == (86_400, None, True)


def test_without_a_normal_tier_a_task_goes_to_the_least_urgent_one() -> None:
    app = Giveway("definitions", tiers=("gold", "silver", "bronze"))
    assert app.task(work).definition.tier == "bronze"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tier", "urgent"),
        ("tier", 0),
        ("tier", -1),
        ("tier", True),
        ("tier", ""),
        ("name", ""),
        ("name", "a b"),
        ("name", 7),
        ("name", "x" * 129),
        ("retry", 3),
        ("retry", False),
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", "60"),
        ("timeout", True),
        ("timeout", float("nan")),
        ("soft_timeout", 0),
        ("max_crashes", 0),
        ("max_crashes", 1.5),
        ("max_crashes", True),
        ("retain", -1),
        ("retain", 0.5),
        ("on_partition", "wait"),
        ("on_partition", 1),
    ],
)
@pytest.mark.parametrize("kind", ["task", "batch"])
def test_a_wrong_option_is_refused_with_task_field_and_fix(
    app: Giveway, kind: str, field: str, value: Any
) -> None:
    fn: Callable[..., Any] = work if kind == "task" else items
    with pytest.raises(ConfigurationError) as caught:
        getattr(app, kind)(**{field: value})(fn)
    message = str(caught.value)
    assert field in message
    assert "\n" not in message
    assert app.registry.names() == ()
    if field != "name":
        assert message.startswith(f"{kind} {fn.__name__}: ")


@pytest.mark.parametrize(
    ("field", "value", "fix"),
    [
        ("preempt", "never", 'it takes "inline" or "yield"'),
        ("on_item_error", "ignore", 'it takes "retry" or "skip" or "fail"'),
        ("max_suspended", 0, "it takes a number of seconds above 0"),
        ("total_timeout", -1, "it takes a number of seconds above 0"),
    ],
)
def test_a_wrong_option_of_a_batch_is_refused_with_the_fix(
    app: Giveway, field: str, value: Any, fix: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"batch items: {field}={value!r} .* {fix}"):
        app.batch(**{field: value})(items)


def test_a_soft_timeout_must_come_before_the_hard_one(app: Giveway) -> None:
    with pytest.raises(ConfigurationError, match=r"soft_timeout=60.0 .* below timeout=60"):
        app.task(timeout=60, soft_timeout=60)(work)


def test_an_unknown_tier_names_those_there_are(app: Giveway) -> None:
    with pytest.raises(
        UnknownTier, match="there is no tier 'urgent'; the tiers are high, normal, low"
    ):
        app.task(tier="urgent")(work)


@pytest.mark.parametrize("kind", ["task", "batch"])
def test_an_option_that_does_not_exist_is_refused_by_name(app: Giveway, kind: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"@app.{kind}: 'priority' is not an option"):
        getattr(app, kind)(priority=3)


def test_who_misspells_an_option_is_told_which_there_are(app: Giveway) -> None:
    with pytest.raises(ConfigurationError, match="it takes name, tier, retry, timeout, soft_"):
        getattr(app, "task")(tiemout=3)  # noqa: B009 -- mypy would refuse it as well


@pytest.mark.parametrize("option", ["preempt", "on_item_error", "max_suspended", "total_timeout"])
def test_an_option_of_batches_is_refused_for_a_task(app: Giveway, option: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"@app.task: '{option}' is not an option"):
        getattr(app, "task")(**{option: "inline"})  # noqa: B009 -- mypy would refuse it as well


def test_two_tasks_of_one_name_are_refused(app: Giveway) -> None:
    app.task(work)
    with pytest.raises(ConfigurationError, match=r"two tasks are called 'work'.*name="):
        app.task(work)


def generates(n: int) -> Any:
    yield n


class Callable_:  # noqa: N801 -- a class in place of a function
    def __call__(self) -> None: ...


@pytest.mark.parametrize("fn", [generates, Callable_(), Callable_, len, 7, lambda: None])
def test_what_is_no_named_function_is_refused(app: Giveway, fn: Any) -> None:
    with pytest.raises(ConfigurationError):
        app.task(fn)


def test_a_decorated_function_is_still_that_function(app: Giveway) -> None:
    task = app.task(tier="high")(work)
    assert task(21) == 42
    assert (task.__name__, task.__doc__, task.__wrapped__) == ("work", "Double it.", work)  # type: ignore[attr-defined]
    assert inspect.signature(task) == inspect.signature(work)


def test_a_decorated_coroutine_function_is_still_awaitable(app: Giveway) -> None:
    @app.task
    async def later(n: int) -> int:
        return 2 * n

    assert asyncio.run(later(21)) == 42
    assert later.definition.is_async


def test_options_are_a_copy_and_leave_the_task_alone(app: Giveway) -> None:
    task = app.task(work)
    high = task.options(tier="high", delay=1.5)
    both = high.options(id="a.b-c_1", front=True)
    assert both.call().new_task().tier == "high"
    assert both.call().new_task().delay_us == 1_500_000
    assert both.call().new_task().id == "a.b-c_1"
    assert task.call().new_task().tier == "normal"
    assert high.call().new_task().unique_seconds is None
    assert both.call().new_task().unique_seconds == 600


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tier", "urgent"),
        ("tier", 0),
        ("tier", -1),
        ("tier", True),
        ("delay", -1),
        ("delay", "5"),
        ("delay", float("nan")),
        ("delay", True),
        ("delay", 1e12),
        ("id", ""),
        ("id", "a b"),
        ("id", "x" * 129),
        ("id", "a:b"),
        ("id", 7),
        ("id", "é"),
        ("id", "a\n"),
        ("unique_for", -1),
        ("unique_for", "x"),
        ("front", 1),
        ("front", "yes"),
    ],
)
def test_a_wrong_option_of_a_call_is_refused_by_name(app: Giveway, field: str, value: Any) -> None:
    task = app.task(work)
    with pytest.raises(GivewayError, match=f"^task work: .*{field}") as caught:
        task.options(**{field: value})
    assert "\n" not in str(caught.value)


def test_uniqueness_without_an_id_is_refused(app: Giveway) -> None:
    with pytest.raises(GivewayError, match="unique_for= belongs to an id"):
        app.task(work).options(unique_for=5).call().new_task()


@pytest.mark.parametrize("queue", ["", "a b", "a{b}", "a:b", "x" * 64, "-a"])
def test_a_queue_name_that_could_not_be_a_key_is_refused(queue: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a valid name"):
        Giveway(queue)


def test_an_app_without_a_queue_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIVEWAY_QUEUE", raising=False)
    with pytest.raises(ConfigurationError, match="GIVEWAY_QUEUE"):
        _ = Giveway().queue


def test_the_queue_and_the_tiers_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIVEWAY_QUEUE", "from-env")
    monkeypatch.setenv("GIVEWAY_TIERS", "now,later")
    app = Giveway()
    assert (app.queue, app.tiers) == ("from-env", ("now", "later"))
    assert Giveway("mine", tiers=("a",)).tiers == ("a",)
