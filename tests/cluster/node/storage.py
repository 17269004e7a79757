"""Volumes for claims: folders of the node, made in advance in the class that claims get by default.

`local` and not `hostPath`: only the first gives a volume to the group a pod asks for (fsGroup).
Nothing gives a volume back to the class once its claim has gone, so there are enough for a run.
"""

from tests.cluster.api import Api
from tests.cluster.node.plan import NODE, Plan

CLASS = "standard"
_COUNT = 40
_SIZE = "20Gi"  # nobody measures it


def offer_volumes(plan: Plan, api: Api) -> None:
    """Claims are bound from now on, each as the first pod that uses it is scheduled."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    kind = {
        "metadata": {"name": CLASS, "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    api.post("/apis/storage.k8s.io/v1/storageclasses", kind)
    for number in range(_COUNT):
        path = plan.folder / "volumes" / f"{number:02}"
        path.mkdir(parents=True)
        api.post("/api/v1/persistentvolumes", _volume(path.name, path=str(path)))


def _volume(name: str, *, path: str) -> dict[str, object]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "metadata": {"name": f"volume-{name}"},
        "spec": {
            "capacity": {"storage": _SIZE},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": CLASS,
            "local": {"path": path},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
