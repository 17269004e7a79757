"""The rules of the verdict: each finds what it is for, says it in words, and nothing else does."""

import re
from pathlib import Path

import pytest

from giveway.cli.top import verdict as module
from giveway.cli.top.facts import Look, Server, Trouble
from giveway.cli.top.past import Past
from giveway.cli.top.verdict import Finding, Health, verdict
from tests.unit.top.looks import SERVER_TIME, look, past, tier, worker


def judge(
    seen: Look | None,
    remembered: Past | None = None,
    *,
    trouble: Trouble | None = None,
    unanswered: float = 0.5,
) -> list[tuple[int, str]]:
    found = verdict(
        seen,
        remembered or past(*([seen] if seen else [])),
        trouble=trouble,
        now=SERVER_TIME,
        unanswered_seconds=unanswered,
    )
    return [(each.rule, each.text) for each in found]


def claimed(number: int) -> dict[str, int]:
    return {"claimed": number}


def test_a_quiet_queue_with_a_worker_is_well() -> None:
    assert judge(look()) == [(16, "all is well: 0 of 2 slots busy")]


def test_how_much_is_done_belongs_to_being_well() -> None:
    looks = [look(tier("high", counters={"done": n * 12}), at=n) for n in range(6)]
    busy = look(
        tier("high", counters={"done": 72}), at=6.0, workers=(worker(running=2), worker("b"))
    )
    assert judge(busy, past(*looks, busy)) == [(16, "all is well: 2 of 4 slots busy, 12.0 tasks/s")]


def test_redis_away_is_told_with_since_when_and_why_and_hides_older_findings() -> None:
    trouble = Trouble("Redis at h:6379 cannot be reached", since=SERVER_TIME - 12)
    assert judge(look(dead=5), trouble=trouble) == [
        (1, "Redis away since 22:13:08 UTC (12 s): Redis at h:6379 cannot be reached")
    ]
    assert judge(None, trouble=trouble)[0][0] == 1


def test_a_redis_that_does_not_answer_is_noticed_before_the_timeout() -> None:
    assert judge(look(), unanswered=7.2) == [(1, "Redis has not answered for 7.2 s")]
    assert judge(look(), unanswered=3.9)[0][0] == 16


def test_a_key_of_a_wrong_type_is_named() -> None:
    rule, text = judge(look(parked=("giveway:{q}:tier:low",)))[0]
    assert rule == 2
    assert text.startswith("giveway:{q}:tier:low holds a wrong type")


@pytest.mark.parametrize(("depth", "words"), [(120, "120 tasks wait"), (1, "1 task waits")])
def test_work_without_any_worker_is_broken_at_once(depth: int, words: str) -> None:
    assert judge(look(tier("low", depth=depth), workers=())) == [(3, f"no worker runs: {words}")]


def test_a_tier_that_nobody_serves_is_named_with_its_age() -> None:
    vip = worker(tiers=("high",), running=2)
    waits = tier("low", depth=3, oldest_seconds=12.0)
    assert judge(look(waits, workers=(vip,))) == [(4, "low waits 12 s: no worker serves it")]
    fresh = tier("low", depth=3, oldest_seconds=4.0)
    assert judge(look(fresh, workers=(vip,)))[0][0] == 16


def test_a_tier_that_only_a_silent_worker_served_is_not_served() -> None:
    waits = tier("low", depth=3, oldest_seconds=12.0)
    workers = (worker(tiers=("low",), silent_seconds=14.0), worker("b", tiers=("high",)))
    assert [rule for rule, _ in judge(look(waits, workers=workers))] == [4, 6]


def test_free_slots_that_take_nothing_up_are_broken() -> None:
    def seen(at: float) -> Look:
        return look(
            tier("low", depth=3, oldest_seconds=at, counters=claimed(7)),
            at=at,
            workers=(worker(running=1),),
        )

    stuck = [seen(at) for at in (0.0, 10.0, 20.0)]
    assert judge(stuck[-1], past(*stuck)) == [
        (5, "nothing has been taken up for 20 s although 1 slot is free")
    ]
    assert judge(stuck[-1], past(*stuck[1:]))[0][0] == 16, "ten seconds prove nothing"


def test_a_full_worker_is_not_stuck() -> None:
    looks = [
        look(
            tier("low", depth=3, oldest_seconds=20.0, counters=claimed(7)),
            at=at,
            workers=(worker(running=2),),
        )
        for at in (0.0, 20.0)
    ]
    assert judge(looks[-1], past(*looks))[0][0] == 16


def test_a_free_slot_between_short_tasks_is_not_stuck() -> None:
    looks = [
        look(tier("low", depth=3, oldest_seconds=20.0, counters=claimed(int(at))), at=at)
        for at in (0.0, 10.0, 20.0)
    ]
    assert judge(looks[-1], past(*looks))[0][0] == 16


def test_silent_workers_are_counted_and_one_is_named() -> None:
    gone = worker("b", silent_seconds=14.0)
    assert judge(look(workers=(gone, worker()))) == [(6, "1 worker silent for 14 s: pod-b")]
    both = (gone, worker("c", silent_seconds=30.0), worker())
    assert judge(look(workers=both)) == [(6, "2 workers silent for 30 s")]


def test_a_full_redis_is_told_before_it_refuses() -> None:
    assert judge(look(server=Server("Redis 7", 94, 100)))[0] == (
        7,
        "Redis is 94 % full: at its limit new work is refused",
    )
    assert judge(look(server=Server("Redis 7", 89, 100)))[0][0] == 16
    assert judge(look(server=Server("Redis 7", 94, 0)))[0][0] == 16, "no limit is set"


def test_a_full_tier_counts_what_is_delayed() -> None:
    full = look(tier("low", depth=600, delayed=400), limits={"low": 1000})
    assert judge(full)[0] == (8, "low is full (1,000): new work is refused")
    assert judge(look(tier("low", depth=999), limits={"low": 1000}))[0][0] == 16


def test_tasks_that_die_now_are_worse_than_those_that_are_dead() -> None:
    before = look(dead=14, at=0.0)
    after = look(tier("low", counters={"dead": 3}), dead=17, at=30.0)
    assert judge(after, past(before, after)) == [(9, "dead tasks: 17 (+3 in the last minute)")]
    later = look(tier("low", counters={"dead": 3}), dead=17, at=95.0)
    middle = look(tier("low", counters={"dead": 3}), dead=17, at=34.0)
    assert judge(later, past(before, after, middle, later)) == [(13, "dead tasks: 17")]


def test_urgent_work_that_waits_behind_busy_slots_is_late_and_a_backlog_is_not() -> None:
    busy = (worker(running=2), worker("b", running=2))
    late = look(tier("high", depth=1, oldest_seconds=45.0), workers=busy)
    assert judge(late) == [(10, "high waits 45 s: all 4 slots are busy")]
    backlog = look(tier("low", depth=900, oldest_seconds=4500.0), workers=busy)
    assert judge(backlog)[0][0] == 16


def test_a_tier_that_grows_for_a_minute_is_told() -> None:
    looks = [
        look(
            tier("low", depth=n, oldest_seconds=70.0, counters={"enqueued": 3 * n, "done": 2 * n}),
            at=float(n),
            workers=(worker(running=2),),
        )
        for n in range(61)
    ]
    assert judge(looks[-1], past(*looks)) == [(11, "low grows by 60 tasks a minute")]
    assert judge(looks[-1], past(*looks[30:]))[0][0] == 16, "half a minute proves nothing"


def test_a_paused_tier_is_told_once_and_accused_of_nothing_else() -> None:
    paused = tier("high", depth=120, oldest_seconds=900.0, paused=True)
    assert judge(look(paused, workers=())) == [(12, "high is paused: 120 tasks wait")]
    assert judge(look(tier("high", paused=True)))[0][0] == 16


def test_no_worker_and_no_work_is_not_broken() -> None:
    assert judge(look(workers=())) == [(14, "no worker runs, and nothing waits for one")]


def test_a_queue_that_nobody_has_made_is_not_an_outage() -> None:
    trouble = Trouble("queue q does not exist yet", since=SERVER_TIME, away=False)
    assert judge(None, trouble=trouble) == [(15, "queue q does not exist yet")]


def test_the_worst_comes_first_and_the_rest_is_not_lost() -> None:
    seen = look(
        tier("high", depth=2, oldest_seconds=40.0),
        tier("normal", depth=1, paused=True),
        dead=3,
        workers=(worker(tiers=("low",), silent_seconds=99.0), worker("b", tiers=("low",))),
    )
    assert [rule for rule, _ in judge(seen)] == [4, 6, 12, 13]


def test_rules_up_to_nine_are_broken_and_the_last_is_well() -> None:
    health = [Finding(rule, "").health for rule in range(1, 17)]
    assert health == [Health.BROKEN] * 9 + [Health.UNWELL] * 6 + [Health.WELL]


def test_every_rule_of_the_docstring_is_in_the_code() -> None:
    listed = re.findall(r"^ ?(\d+)\. ", module.__doc__ or "", re.MULTILINE)
    coded = re.findall(r"Finding\(\s*(\d+)", Path(module.__file__).read_text())
    assert sorted(map(int, listed)) == sorted({*map(int, coded)}) == list(range(1, 17))
