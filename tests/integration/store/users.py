"""The Redis users of docs/operations.md, made from the very lines that stand there."""

import re
from pathlib import Path
from typing import Any

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def documented(queue: str = "packaging") -> dict[str, list[str]]:
    """The rules of each user, for a queue."""
    text = OPERATIONS.read_text("utf-8")
    (block,) = re.findall(r"## Redis users\n.*?```\n(.*?)```", text, re.DOTALL)
    lines = [entry.split() for entry in block.split("ACL SETUSER ")[1:]]
    return {
        name: [rule.replace("{packaging}", f"{{{queue}}}") for rule in rules]
        for name, *rules in lines
    }


def in_a_cluster() -> list[str]:
    """What every user needs besides, where Redis is a cluster."""
    (found,) = re.findall(r"In a cluster add `([^`]+)`", OPERATIONS.read_text("utf-8"))
    rules: list[str] = found.split()
    return rules


def make_users(admin: Any, queue: str = "packaging") -> None:
    """`admin`: a client that may do everything."""
    for name, rules in documented(queue).items():
        admin.execute_command("ACL", "SETUSER", name, *rules)
