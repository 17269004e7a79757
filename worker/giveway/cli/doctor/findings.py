"""What the facts mean: the same facts give the same findings, those of the server first."""

from giveway.cli.doctor.facts import Facts
from giveway.cli.doctor.finding import Finding
from giveway.cli.doctor.queue import judge_queue
from giveway.cli.doctor.server import judge_server


def judge(facts: Facts) -> list[Finding]:
    """All findings."""
    return [*judge_server(facts), *judge_queue(facts)]
