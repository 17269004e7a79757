"""`python -m tests.cluster.node`: a Kubernetes of one node to play with, until Ctrl-C."""

import signal
import sys
import time

from tests.cluster.build import Unavailable
from tests.cluster.node.node import Node


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    node, started = Node(say=_say), time.monotonic()
    try:
        node.start()
        _say(
            f"ready after {time.monotonic() - started:.1f} s; Ctrl-C ends it. In another terminal:"
        )
        print(f"\nexport KUBECONFIG={node.cluster.kubeconfig}", flush=True)
        signal.pause()
    except (Unavailable, RuntimeError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("ending …")
    finally:
        node.stop()
    return 0


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
