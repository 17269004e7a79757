"""`giveway simulate`: what people see of it, and what it writes."""

import csv
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.command_line import SCRIPT, SHOP, CommandLine

SHORT = ("simulate", "--load", "bursts:duration=10m")


@pytest.fixture
def shell(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture
def shop(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


def test_all_policies_are_shown_on_the_same_load(shell: CommandLine) -> None:
    said = shell.ok(*SHORT).out
    assert said.startswith("bursts:duration=10m: ")
    for word in ("giveway", "keda", "hpa", "kpa", "fixed", "pod-hours", "cold", "max"):
        assert word in said
    assert "pods over " in said
    assert "█" in said


def test_eighty_columns_hold_every_table(shell: CommandLine) -> None:
    told = shell.ok("simulate", "--load", "bursts:duration=1h").out

    # The plot is as wide as the terminal, or as a pipe is held to be.
    assert max(len(line) for line in told.splitlines() if "│" not in line) <= 80


def test_the_first_example_is_one_that_scaling_can_win(shell: CommandLine) -> None:
    """With nothing but a load: promises are kept, for fewer pod-hours than anybody else."""
    ours, *rivals = shell.ok("simulate", "--load", "bursts", "--json").json["policies"]

    assert ours["kept"] > 0.99
    assert ours["pod_hours"] < 0.75 * min(one["pod_hours"] for one in rivals)


@pytest.mark.parametrize(
    ("promised", "startup", "hint"),
    [
        ("high=5,normal=60,low=3600", "20s", "high (5.0s): promised sooner than a pod starts"),
        ("high=5,normal=60,low=3600", "90s", "high (5.0s) and normal (60s): promised sooner"),
        ("high=20,normal=60,low=3600", "20s", ""),
    ],
)
def test_a_promise_that_is_over_before_a_pod_starts_is_told(
    shell: CommandLine, promised: str, startup: str, hint: str
) -> None:
    told = shell.ok(*SHORT, "--policy", "giveway", "--slo", promised, "--startup", startup).out
    told = " ".join(told.split())

    assert hint in told
    assert ("--min" in told) == bool(hint)


def test_programs_get_one_document(shell: CommandLine) -> None:
    arguments = (*SHORT, "--policy", "giveway,fixed", "--fixed", "12", "--json")
    found = shell.ok(*arguments).json
    assert (found["load"], found["seconds"]) == ("bursts:duration=10m", 600.0)
    ours, fixed = found["policies"]
    assert (ours["policy"], fixed["policy"]) == ("giveway", "fixed")
    assert fixed["pod_hours"] == pytest.approx(12 * fixed["ended_at"] / 3600)
    assert fixed["settings"] == {"count": 12}
    assert sum(tier["tasks"] for tier in ours["tiers"]) == found["tasks"]
    assert ours["unserved"] == 0
    assert shell.ok(*arguments).json == found  # the seed decides everything
    assert shell.ok(*arguments, "--seed", "2").json != found


def test_giving_way_is_what_keeps_the_promise_behind_batches(shell: CommandLine) -> None:
    rows = ["0,low,600,300", "100,high,1,"]
    (shell.folder / "t.csv").write_text("\n".join(["seconds,tier,service_seconds,items", *rows]))
    arguments = ("--trace", "t.csv", "--policy", "fixed", "--fixed", "1", "--json")
    kept = [
        shell.ok("simulate", *arguments, *way).json["policies"][0]["kept"]
        for way in ((), ("--no-preemption",))
    ]
    assert kept == [1.0, 0.0]


def test_a_drawn_load_can_be_written_and_read_again(shell: CommandLine) -> None:
    one = ("--policy", "giveway", "--json")
    drawn = shell.ok(*SHORT, *one, "--out", "t.csv").json
    read = shell.ok("simulate", "--trace", "t.csv", *one).json
    assert read["tasks"] == drawn["tasks"]
    assert read["work_seconds"] == pytest.approx(drawn["work_seconds"], rel=1e-4)


def test_the_search_says_which_settings_it_found(shell: CommandLine) -> None:
    said = shell.ok(*SHORT, "--policy", "fixed", "--tune", "--target", "90").out
    assert "fixed: count " in said


def test_a_picture_is_written(shell: CommandLine) -> None:
    shell.ok(*SHORT, "--policy", "giveway", "--plot", "p.png")
    assert (shell.folder / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("giveway simulate --policy k", "keda kpa"),
        ("giveway simulate --load b", "bursts bulk"),
        ("giveway simulate --from r", "redis"),
        ("giveway operator run --log j", "json"),
        ("giveway operator run --log-level W", "WARNING"),
    ],
)
def test_what_may_be_chosen_is_completed(tmp_path: Path, typed: str, completed: str) -> None:
    at = str(len(typed.split()) - 1)
    asked = {"_GIVEWAY_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": at}

    assert CommandLine(tmp_path, asked).ok().out.split() == completed.split()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "simulate what? Give one of --trace FILE, --load SPEC or --from redis"),
        (("--load", "bulk", "--trace", "t.csv"), "Give one of"),
        (("--load", "storm"), "there is no 'storm'"),
        (("--load", "bulk", "--policy", "vpa"), "there is no 'vpa'; there are giveway, keda"),
        (("--load", "bulk", "--slo", "high"), "'high' is not TIER=SECONDS"),
        (("--load", "bulk", "--slo", "a=1,b=2"), "--load has the tiers high, normal, low"),
        (("--load", "bulk", "--startup", "slow"), "--startup: 'slow' is no duration"),
        (("--load", "bulk", "--min", "5", "--max", "4"), "--min 5 is above --max 4"),
        (("--from", "redis"), "--from redis needs --out"),
        (("--from", "kafka"), "--from: traces are recorded from redis only, not from 'kafka'"),
        (("--from", "redis", "--out", "no/t.csv"), "--out no/t.csv: there is no folder no; make"),
        (("--load", "bulk", "--out", "no/t.csv"), "there is no folder no"),
        (("--load", "bulk", "--plot", "no/p.png"), "--plot no/p.png: there is no folder no"),
        (("--load", "bulk", "--plot", "p.jpg"), "--plot p.jpg: its name must end in .png"),
        (("--load", "bulk:duration=0s"), "0s must be above 0 and at most 31 days"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    shell: CommandLine, arguments: tuple[str, ...], why: str
) -> None:
    assert why in shell.refused("simulate", *arguments, code=2)


def test_a_bad_trace_names_its_line_and_column(shell: CommandLine) -> None:
    (shell.folder / "t.csv").write_text("seconds,tier,service_seconds\n0,high,1\n1,high,fast\n")
    told = shell.refused("simulate", "--trace", "t.csv", code=1)
    assert told == "t.csv, line 3, column service_seconds: 'fast' is not a number"


def watchers(shop: CommandLine) -> int:
    """Connections of the command line."""
    found = shop.ok("clients", "list", "--json").json["connections"]
    return sum(one["role"] == "cli" for one in found)


def rows_of(shop: CommandLine) -> list[dict[str, str]]:
    with (shop.folder / "t.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_live_queue_is_recorded_and_can_be_simulated(shop: CommandLine) -> None:
    shop.ok("enqueue", "greet", '{"name": "Ada"}', "--count", "3", "--tier", "high")
    watching = subprocess.Popen(
        [SCRIPT, "simulate", "--from", "redis", "--for", "1h", "--out", "t.csv"],
        cwd=shop.folder,
        env=shop.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while watchers(shop) < 2:  # it, and whoever asks
            assert watching.poll() is None
        shop.ok("enqueue", "count_all", '{"numbers": [1, 2, 3]}', "--tier", "low")
        shop.work_off()
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    finally:
        watching.kill()
    assert (watching.returncode, err.count("\n")) == (0, 1), err
    assert "interrupted: what was seen until now is written" in err
    assert out.startswith(f"{len(rows_of(shop))} tasks in ")
    rows = rows_of(shop)
    assert [row["tier"] for row in rows[:3]] == ["high"] * 3
    assert float(rows[2]["seconds"]) == 0  # they waited when the watch began
    said = shop.ok("simulate", "--trace", "t.csv", "--policy", "giveway", "--json").json
    assert said["tasks"] == len(rows)


def test_a_trace_is_never_written_over(shop: CommandLine) -> None:
    (shop.folder / "t.csv").write_text("mine")
    told = shop.refused("simulate", "--from", "redis", "--out", "t.csv", code=2)
    assert "exists already" in told
    assert (shop.folder / "t.csv").read_text() == "mine"


def test_a_queue_that_is_not_there_is_told_at_once(shop: CommandLine) -> None:
    told = shop.refused("simulate", "--from", "redis", "--out", "t.csv", code=1)
    assert "does not exist yet" in told
