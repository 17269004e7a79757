"""The screen as text: what a person sees at any size, and that it is never larger than that."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from giveway.cli.top.controls import Controls, Said
from giveway.cli.top.facts import GaveWay, Look, Phase, Standing, Trouble
from giveway.cli.top.moment import Moment, moment
from giveway.cli.top.panels.sparks import bar, spark
from giveway.cli.top.picture import picture, shares, text
from tests.unit.top.looks import NAMES, SERVER_TIME, batch, look, past, tier, work, worker


def drawn(shown: RenderableType, *, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(shown)
    return captured.get().removesuffix("\n").split("\n")


def screen(
    seen: Moment, controls: Controls | None = None, *, width: int = 80, height: int = 24
) -> list[str]:
    return drawn(
        picture(seen, controls or Controls(), width=width, height=height),
        width=width,
        height=height,
    )


def seen(*looks: Look, trouble: Trouble | None = None, unanswered: float = 0.1) -> Moment:
    return moment(
        "packaging",
        looks[-1] if looks else None,
        past(*looks),
        trouble=trouble,
        now=SERVER_TIME,
        unanswered_seconds=unanswered,
    )


def busy(**fields: Any) -> Look:
    """Urgent work runs above a batch; another batch waits to resume."""
    stack = (
        work("build_one", tier="high", seconds=0.4),
        work("check_all", tier="normal", phase=Phase.SUSPENDED, seconds=2.0),
        work("build_all", phase=Phase.SUSPENDED, seconds=12.0),
    )
    given: dict[str, Any] = {
        "workers": (worker(running=1, work=stack, gave_way=(gave_way(1), gave_way(2))),),
        "batches": (
            batch("b-returned", done=10, standing=Standing.RETURNED),
            batch("b-running", done=80),
        ),
        "names": {"from-1": "build_all", "to-1": "build_one"},
    }
    return look(
        tier("high", depth=3, oldest_seconds=1.2),
        tier("low", depth=12_345, oldest_seconds=4_000.0, suspended=2, inflight=3),
        **(given | fields),
    )


def gave_way(number: int) -> GaveWay:
    at = int(SERVER_TIME * 1000) - 1000 * number
    return GaveWay(at, f"from-{number}", "low", f"to-{number}", "high", "inline")


def row(lines: Sequence[str], word: str) -> str:
    return next(line for line in lines if word in line)


@pytest.mark.parametrize("width", [40, 80, 100, 119, 149, 150, 200, 300])
@pytest.mark.parametrize("height", [10, 16, 24, 40, 100])
@pytest.mark.parametrize("helping", [False, True])
def test_it_fills_every_terminal_exactly(width: int, height: int, helping: bool) -> None:
    lines = screen(seen(busy()), Controls(helping=helping), width=width, height=height)
    assert len(lines) == height
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("height", [8, 24])
def test_before_the_first_look_it_is_as_large(height: int) -> None:
    lines = screen(seen(), height=height)
    assert len(lines) == height
    assert "looking for the first time" in lines[1]
    assert "q quit" in lines[-1]


def test_eighty_columns_show_verdict_and_tiers_first_and_everything_else_below() -> None:
    lines = screen(seen(busy()))
    assert "packaging" in lines[0]
    assert "Redis 7" in lines[0]
    assert lines[1].startswith(" ● all is well")
    for title in ("waiting", "oldest", "runs", "susp", "in/s", "out/s", "wait p50", "p95", "p99"):
        assert title in lines[3]
    assert [line.split()[1] for line in lines[4:7]] == [*NAMES]
    assert "12,345" in lines[6]
    assert "66m" in lines[6]
    below = "\n".join(lines[7:])
    assert all(word in below for word in ("1 worker", "batches", "gave way", "q quit"))


def test_the_queue_is_named_even_where_there_is_room_for_little_else() -> None:
    assert "packaging" in screen(seen(busy()), width=40)[0]


def test_in_flight_but_suspended_does_not_run() -> None:
    wanted = row(screen(seen(busy())), "12,345").split()
    assert wanted[3:6] == ["66m", "1", "2"]


def test_a_wide_screen_adds_counters_and_the_line_of_the_last_minute() -> None:
    looks = [busy(at=float(n)) for n in range(9)] + [
        look(tier("high", counters={"done": 9, "failed": 4, "retried": 3, "dead": 1}), at=9.0)
    ]
    lines = screen(seen(*looks), width=200, height=50)
    assert all(word in lines[3] for word in ("failed", "retried", "dead"))
    assert row(lines, "high").rstrip(" │").endswith("▁" * 8 + "█")
    assert row(lines, "high").split()[-5:-2] == ["4", "3", "1"]


def test_a_batch_stands_below_the_task_which_it_gave_way_to_and_deeper_the_lower() -> None:
    lines = screen(seen(busy()), height=40)
    at = next(i for i, line in enumerate(lines) if "1 build_one" in line)
    assert "└ check_all" in lines[at + 1]
    assert "suspended 2.0s" in lines[at + 1]
    assert "└ build_all" in lines[at + 2]
    assert lines[at + 1].index("└") < lines[at + 2].index("└")


def test_slots_are_named_where_there_are_several() -> None:
    crowd = worker(slots=2, work=(work("a", process=1), work("b", process=1, slot=1)))
    lines = screen(seen(look(workers=(crowd,))), height=40)
    assert "2.1 a" in row(lines, " a ")
    assert "2.2 b" in row(lines, " b ")


def test_a_silent_worker_is_marked_with_its_age() -> None:
    lines = screen(seen(look(workers=(worker("b", silent_seconds=14.0), worker("a")))))
    assert "✗ 1 worker silent for 14 s: pod-b" in lines[1]
    assert "silent for 14 s" in row(lines, "✗ pod-b")
    assert "2 workers, 1 silent" in "\n".join(lines)


def test_batches_tell_how_far_how_fast_and_how_long_yet() -> None:
    lines = screen(seen(busy(at=0.0), busy(at=4.0, batches=(batch("b-running", done=88),))))
    running = row(lines, "88/100")
    assert "2.0/s" in running
    assert "6.0s left" in running
    assert "batches: 1 running" in "\n".join(lines)


def test_a_batch_that_waits_promises_no_end() -> None:
    back = [batch("b", done=n, standing=Standing.RETURNED) for n in (10, 20)]
    lines = screen(seen(*(look(at=float(n), batches=(each,)) for n, each in enumerate(back))))
    assert "to resume" in row(lines, "20/100")
    assert "left" not in row(lines, "20/100")


def test_a_batch_of_unknown_length_shows_what_is_done() -> None:
    assert "7 done" in "\n".join(screen(seen(look(batches=(batch("b", done=7, total=0),)))))


def test_who_gave_way_for_whom_the_latest_first_with_names_where_they_are_known() -> None:
    lines = screen(seen(busy()), height=40)
    latest = row(lines, "→")
    assert "22:13:19  build_all low → build_one high" in latest
    assert "inline" in latest
    assert "…from-2 low → …to-2 high" in lines[lines.index(latest) + 1]


def test_what_has_no_room_is_counted() -> None:
    many = tuple(worker(f"{n:02}", running=1, work=(work("a"),)) for n in range(40))
    assert "… and 7" in row(screen(seen(look(workers=many))), "… and")


def test_the_selected_tier_is_marked_and_always_in_sight() -> None:
    chosen = Controls(tier="low")
    lines = screen(seen(busy()), chosen)
    assert "▸ low" in row(lines, "12,345")
    assert "p pause low" in lines[-1]
    assert "▸ low" in "\n".join(screen(seen(busy()), chosen, height=9))


def test_paused_and_draining_tiers_say_so_in_words_where_there_is_room() -> None:
    changed = seen(look(tier("high", paused=True), tier("low", open=False)))
    wide = screen(changed, width=100)
    assert "high paused" in row(wide, "high")
    assert "low draining" in row(wide, "low")
    assert "high ‖" in row(screen(changed), "high")


def test_while_redis_is_away_the_last_look_stays_and_says_how_old_it_is() -> None:
    trouble = Trouble("Redis at h:1 cannot be reached", since=SERVER_TIME - 5)
    lines = screen(seen(busy(), trouble=trouble, unanswered=6.0))
    assert lines[1].startswith(" ✗ Redis away since 22:13:15 UTC (5.0 s): Redis at h:1")
    assert "tiers as of 22:13:14 UTC" in lines[2]
    assert "12,345" in "\n".join(lines)


def test_further_findings_stand_below_the_worst() -> None:
    lines = screen(seen(look(tier("low", depth=1, paused=True), dead=2)))
    assert lines[1].startswith(" ▲ low is paused: 1 task waits")
    assert lines[2].startswith("   also: dead tasks: 2")


def test_the_status_line_says_what_was_done() -> None:
    lines = screen(seen(busy()), Controls(said=Said("low goes on")))
    assert lines[-2].strip() == "low goes on"


def test_help_explains_the_keys_in_place_of_the_panels() -> None:
    lines = screen(seen(busy()), Controls(helping=True))
    assert "pause it" in "\n".join(lines)
    assert "12,345" in "\n".join(lines)
    assert "1 worker" not in "\n".join(lines)


def test_help_explains_the_columns_where_there_is_room() -> None:
    shown = "\n".join(screen(seen(busy()), Controls(helping=True)))
    assert "failed dead  since the queue began" in shown
    assert "…" not in shown  # eighty columns are enough for all of it
    low = "\n".join(screen(seen(busy()), Controls(helping=True), height=18))
    assert "pause it" in low
    assert "since the queue began" not in low


def test_a_verdict_that_is_too_long_for_a_line_goes_on_in_a_second_one() -> None:
    why = "Redis at h:1 cannot be reached (Connection refused): is it up, and is redis_url right?"
    lines = screen(seen(busy(), trouble=Trouble(why, since=SERVER_TIME - 5)))
    assert lines[1].startswith(" ✗ Redis away since 22:13:15 UTC")
    assert lines[2].rstrip().endswith("is redis_url right?")
    assert len(lines) == 24


def test_what_runs_is_shown_with_the_id_that_cancel_wants() -> None:
    assert "id-build_one" in row(screen(seen(busy())), "1 build_one")


def test_eighty_by_twenty_four_shows_batches_rather_than_old_news() -> None:
    news = tuple(gave_way(n) for n in range(1, 11))
    slots = (work("build_one", tier="high"), work("build_all", process=1))
    lines = screen(seen(busy(workers=(worker(running=2, work=slots, gave_way=news),))))
    assert "80/100" in "\n".join(lines)
    assert "10/100" in "\n".join(lines)


def test_a_name_that_looks_like_markup_is_shown_as_it_is() -> None:
    odd = worker(running=1, work=(work("[red]odd[/]"),))
    assert "[red]odd[/]" in "\n".join(screen(seen(look(workers=(odd,)))))


def test_as_text_nothing_is_left_out_and_nothing_is_for_fingers() -> None:
    many = tuple(worker(f"{n:02}", running=1, work=(work("a"),)) for n in range(40))
    lines = drawn(text(seen(busy(workers=many)), width=100), width=100, height=25)
    shown = "\n".join(lines)
    assert all(f"pod-{n:02}" in shown for n in range(40))
    assert "q quit" not in shown
    assert max(map(cell_len, lines)) <= 100


# -- how the height is shared ---------------------------------------------------------------------


def test_each_panel_gets_a_little_before_one_gets_more() -> None:
    assert shares(9, [10, 10, 10]) == [3, 3, 3]
    assert shares(8, [10, 10, 10]) == [4, 4, 0]
    assert shares(2, [10, 10, 10]) == [0, 0, 0]


def test_what_one_panel_does_not_need_is_the_others_and_at_last_the_last_ones() -> None:
    assert shares(18, [9, 1, 1]) == [11, 3, 4]
    assert shares(30, [1, 1, 1]) == [3, 3, 24]


# -- bars and lines -------------------------------------------------------------------------------


def test_a_bar_is_as_long_as_its_share_and_never_nothing_for_something() -> None:
    assert bar(10, largest=10, width=4) == "████"
    assert bar(5, largest=10, width=4) == "██"
    assert bar(1, largest=10_000, width=4) == "▏"
    assert bar(0, largest=10, width=4) == ""
    assert bar(0, largest=0, width=4) == ""


def test_a_line_has_its_latest_value_on_the_right_and_fits() -> None:
    assert spark([0, 7, 3.5], width=10) == "▁█▅"
    assert spark([0, 0], width=10) == "▁▁"
    assert spark([], width=10) == ""
    assert spark([1] * 50 + [3] * 50, width=10) == "▃▃▃▃▃█████"
    assert len(spark([1.0] * 59, width=10)) == 10
