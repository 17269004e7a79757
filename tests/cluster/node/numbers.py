"""Whose number is whose: held by a socket, which the kernel takes back from whoever dies.

An abstract socket has a name and no file; a second one of that name cannot be bound.
"""

import re
import socket
import tempfile
from pathlib import Path

from tests.cluster.node.cgroups import hierarchies
from tests.cluster.node.plan import MOST, Plan


def claim(plan: Plan) -> socket.socket | None:
    """The number is ours until this is closed; None if it is somebody's."""
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0{plan.name}")
    except OSError:
        held.close()
        return None
    return held


def with_traces() -> list[Plan]:
    """Nodes that run, and nodes that were killed: their folders and cgroups are there."""
    places = [Path(tempfile.gettempdir()), *(each.mounted for each in hierarchies())]
    names = {path.name for place in places for path in place.glob("giveway-node-*")}
    found = (re.fullmatch(r"giveway-node-(\d+)", name) for name in names)
    return [Plan(int(each[1])) for each in found if each and int(each[1]) < MOST]
