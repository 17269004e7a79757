"""`python -m tests.cluster.images`: builds the images that are not there yet."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.build import Unavailable
from tests.cluster.images import images

BUILT: dict[str, Callable[..., Path]] = {
    images.PYTHON: images.python_image,
    images.WORKER: images.worker_image,
    images.OPERATOR: images.operator_image,
    images.SHOP: images.shop_image,
    images.VALKEY: images.valkey_image,
}


def main() -> int:
    try:
        found = {name: build(say=_say) for name, build in BUILT.items()}
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    for name, path in found.items():
        print(f"{name:32} {path.stat().st_size / 1e6:4.0f} MB  {path}")
    return 0


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
