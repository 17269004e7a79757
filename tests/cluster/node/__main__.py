"""`python -m tests.cluster.node`: a Kubernetes of one node to play with, until Ctrl-C."""

import shlex
import signal
import sys
import time

from tests.cluster.build import Unavailable
from tests.cluster.node.containerd import ctr
from tests.cluster.node.node import Node

_LOOK_SECONDS = 0.5


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    node, started = Node(say=_say), time.monotonic()
    try:
        node.start()
        _say(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C ends it")
        print(_use(node), flush=True)
        while not node.ended:
            time.sleep(_LOOK_SECONDS)
        print(node.ended[0], file=sys.stderr)
    except (Unavailable, RuntimeError) as reason:
        print(reason, file=sys.stderr)
    except KeyboardInterrupt:
        _say("ending …")
        return 0
    finally:
        node.stop()
    return 1


def _use(node: Node) -> str:
    load = shlex.join(ctr(node.plan.socket, "images", "import"))
    return (
        "\n# kubectl in another terminal:"
        f"\nexport KUBECONFIG={node.cluster.kubeconfig}"
        "\n# and the tests, on this node instead of one of their own:"
        "\nexport GIVEWAY_TEST_CONTEXT=tests"
        f"\nexport GIVEWAY_TEST_LOAD_IMAGE={shlex.quote(load)}\n"
    )


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
