"""What a person sees with `kubectl`."""

import re
import subprocess
import sys

import pytest

from giveway_operator.crd.definition import COLUMNS
from tests.cluster.cluster import Cluster
from tests.priorityqueues.documents import on_deployment
from tests.reconcile.resource.server import Queues

_BREAK = re.compile(r"\s+")


def explain(cluster: Cluster, path: str) -> str:
    """The text, without the breaks that a terminal's width makes."""
    return _BREAK.sub(" ", cluster.kubectl("explain", path))


def test_what_crd_print_prints_can_be_applied(cluster: Cluster, crd: str) -> None:
    command = [sys.executable, "-m", "giveway.cli.main", "crd", "print"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert cluster.kubectl("apply", "--filename", "-", stdin=printed).split()[0] == (
        f"customresourcedefinition.apiextensions.k8s.io/{crd}"
    )


def test_explain_reads_like_documentation(cluster: Cluster, crd: str) -> None:
    text = explain(cluster, "pq.spec.scaling")
    assert (
        "The number is the smallest that keeps the promises of all tiers. It rises at once and "
        "falls slowly; a replica goes only when its tasks are done or can give way."
    ) in text
    assert (
        "maxReplicas <integer> The most replicas, whatever the load: what you can pay for, or what "
        "a database behind the workers bears."
    ) in text
    assert "From 1 to 5,000. Default: 10." in text
    assert "pause <string> enum: none, all, in, out" in text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("pq", "A queue in Redis, what each of its tiers promises, and the workers that keep it."),
        ("pq.spec.redis", "Only Secrets of this namespace can be named"),
        ("pq.spec.tiers.sloSeconds", "The promise: a task of this tier starts within so many"),
        ("pq.spec.worker.template.app", "as module:attribute"),
        ("pq.status.decision", "Why so many replicas, in words and numbers."),
    ],
)
def test_explain_finds_every_part(path: str, says: str, cluster: Cluster, crd: str) -> None:
    assert says in explain(cluster, path)


def test_the_columns_say_how_a_queue_is(queues: Queues, cluster: Cluster, namespace: str) -> None:
    queues.create(on_deployment())
    since = {"lastTransitionTime": "2026-11-21T18:50:54Z"}
    status = {
        "desiredReplicas": 9,
        "replicas": 9,
        "readyReplicas": 4,
        "backlog": 42,
        "oldestSeconds": 3.1,
        "bindingTier": "high",
        "paused": "in",
        "decision": "high: 42 tasks: 9 pods; was 4",
        "conditions": [
            {"type": "Paused", "status": "True", **since},
            {"type": "Ready", "status": "False", **since},
        ],
    }
    queues.merge("shop", {"status": status}, "/status")
    ask = ("--namespace", namespace, "get", "pq", "--output")
    head, row = cluster.kubectl(*ask, "wide").splitlines()
    assert re.split(r"\s{2,}", head.strip()) == [
        "NAME",
        *(name.upper() for name, *_ in sorted(COLUMNS, key=lambda one: one[3])),
    ]
    told = re.split(r"\s{2,}", row.strip())
    assert told[:8] == ["shop", "False", "9", "4", "42", "3.1", "high", "in"]
    assert told[-1] == "high: 42 tasks: 9 pods; was 4"
    narrow = cluster.kubectl("--namespace", namespace, "get", "priorityqueue").splitlines()[0]
    assert "DECISION" not in narrow
    assert "AGE" in narrow


def test_a_queue_is_among_all_that_a_namespace_has(
    queues: Queues, cluster: Cluster, namespace: str
) -> None:
    queues.create(on_deployment())
    listed = cluster.kubectl("--namespace", namespace, "get", "all", "--output", "name")
    assert "priorityqueue.giveway.dev/shop" in listed.split()


def test_a_whole_file_is_applied_and_what_is_wrong_in_it_is_told(
    cluster: Cluster, namespace: str, crd: str
) -> None:
    with pytest.raises(AssertionError, match=r"spec\.worker: .*exactly one of scaleTargetRef"):
        cluster.apply(
            "apiVersion: giveway.dev/v1alpha1\n"
            "kind: PriorityQueue\n"
            "metadata: {name: shop}\n"
            "spec:\n"
            "  redis: {secret: {name: redis}}\n"
            "  tiers: [{name: high, sloSeconds: 5}]\n"
            "  worker: {}\n",
            namespace=namespace,
        )
