"""A word or a number in YAML means to `giveway crd check` what it means to kubectl."""

import json

from giveway_operator.crd.documents import documents
from tests.cluster.cluster import Cluster

LINES = (
    "y Y yes Yes YES on On ON true True TRUE n N no No off False tRue nuLL null Null ~ = <",
    "0 -0 5 +5 -5 5. 5.0 0.0 .5 -.5 2.5 017 09 0o17 0b11 0x1F 0x 1_000 1__0 _1 0.1_5",
    "1e3 1e 12e03 .1e5 1.5e0 1e400 1:30 1:30.5 2026-11-21 2026-11-21T10:00:00Z",
    "99999999999999999999 high 5s 500m 1Gi 1.2.3 +.5 ++5 0_7 08.5 -0x10 0O17 0XFF 1E3",
    "'5' \"yes\" !!str",
)
WORDS = [*(word for line in LINES for word in line.split()), "", "!!str 5"]


def test_what_is_not_quoted_means_the_same_to_kubectl(control_plane: Cluster) -> None:
    listed = "".join(f"  - {word}\n" for word in WORDS)
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: words}}\nwords:\n{listed}"
    dry = ("create", "--dry-run=client", "--validate=false", "--output=json", "--filename=-")
    kubectl = json.loads(control_plane.kubectl(*dry, stdin=text))["words"]
    (ours,) = documents(text)
    told = zip(WORDS, map(typed, ours.value["words"]), strict=True)
    assert dict(told) == dict(zip(WORDS, map(typed, kubectl), strict=True))


def typed(value: object) -> tuple[str, object]:
    """1 and True are equal in Python; in YAML a rule judges them apart."""
    return type(value).__name__, value
