"""`giveway doctor`: whether Redis is set up for a queue, and what to change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from giveway.cli.open_queue import open_queue
from giveway.cli.options import Json, Queue, RedisUrl

if TYPE_CHECKING:
    from giveway.cli.doctor.finding import Finding

_SIGNS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[bold red]FAIL[/]"}


def doctor(*, queue: Queue = None, redis_url: RedisUrl = None, as_json: Json = False) -> int:
    """Look whether Redis is set up well for a queue, and say what to change.

    Version, eviction policy, persistence, memory, role, latency, clock, connections, settings, and
    whether every tier has a worker. Reads only. Exit code 1 if work can be lost or stands still.

    For example:

        giveway doctor --queue packaging
    """
    from giveway.cli.doctor.facts import gather
    from giveway.cli.doctor.finding import Level
    from giveway.cli.doctor.findings import judge

    with open_queue(queue, redis_url) as opened:
        findings = judge(gather(opened))
    if as_json:
        _print_json(findings)
    else:
        _print(findings)
    return int(any(one.level is Level.FAIL for one in findings))


def _print_json(findings: "Sequence[Finding]") -> None:
    from giveway.cli.terminal import print_json

    print_json(
        {
            "findings": [
                {
                    "about": one.about,
                    "level": one.level.value,
                    "seen": one.seen,
                    "fix": one.fix or None,
                }
                for one in findings
            ]
        }
    )


def _print(findings: "Sequence[Finding]") -> None:
    from rich.markup import escape

    from giveway.cli.terminal import console

    out = console()
    for one in findings:
        sign = _SIGNS.get(one.level.value, "[dim]?[/]")
        gap = " " * (4 - len(one.level.value if one.level.value in _SIGNS else "?"))
        out.print(f"{sign}{gap}  [bold]{one.about:<12}[/] {escape(one.seen)}")
        if one.fix:
            out.print(f"{'':18}[dim]->[/] {escape(one.fix)}")
