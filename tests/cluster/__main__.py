"""`python -m tests.cluster`: builds what the tests need, or the components that are named."""

import sys
import time

from tests.cluster.build import Unavailable
from tests.cluster.components import COMPONENTS, CONTROLLED, INSTALLER
from tests.cluster.programs import provide


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in COMPONENTS]
    if unknown:
        print(f"no such component: {unknown[0]} (there are {', '.join(COMPONENTS)})")
        return 2
    try:
        found = provide(names or (*CONTROLLED, *INSTALLER), say=_say)
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    for name, path in found.items():
        print(f"{name:24} {path}")
    return 0


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
