"""From zero to running: how long from a push to the task's first line, and where that time goes.

    python -m benchmarks.from_zero_pods [--times 10]

On a real Kubernetes, with what `make cluster-test` needs (docs/testing.md): chart, operator, image
and pods as people have them. What the parts are: tests/kubernetes/story/from_zero.py.
"""

import argparse
import tempfile
from pathlib import Path

from tests.cluster.components import INSTALLER
from tests.cluster.installer import Helm
from tests.cluster.live import live_cluster
from tests.cluster.programs import provide
from tests.kubernetes.story.from_zero import from_zero, table
from tests.kubernetes.story.stage import load_images, staged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, live_cluster(Path(folder), say=print) as node:
        helm = Helm(provide(INSTALLER, say=print)["helm"], node.cluster.kubeconfig)
        load_images(node, say=print)
        with staged(node, helm) as scene, from_zero(scene) as zero:
            starts = [zero.wake() for _ in range(times)]
        print(table(starts), flush=True)  # before a busy disk has forgotten the cluster


if __name__ == "__main__":
    main()
