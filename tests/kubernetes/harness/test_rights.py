import json

import pytest

from tests.cluster.cluster import Cluster
from tests.kubernetes.pods import pod, run

pytestmark = pytest.mark.usefixtures("python_image")

# By the address that every pod is given, as the account whose token lies in every pod.
ASK = """
import json, os, ssl, urllib.error, urllib.request
folder = "/var/run/secrets/kubernetes.io/serviceaccount"
host = os.environ["KUBERNETES_SERVICE_HOST"]
namespace = open(f"{folder}/namespace").read()
asked = urllib.request.Request(
    f"https://{host}/api/v1/namespaces/{namespace}/pods",
    headers={"Authorization": "Bearer " + open(f"{folder}/token").read()},
)
try:
    with urllib.request.urlopen(
        asked, context=ssl.create_default_context(cafile=f"{folder}/ca.crt"), timeout=10
    ) as answer:
        status, names = answer.status, [e["metadata"]["name"] for e in json.load(answer)["items"]]
except urllib.error.HTTPError as refusal:
    status, names = refusal.code, []
print(json.dumps({"host": host, "status": status, "names": names}))
"""


def test_a_pod_reaches_the_api_server_and_may_what_its_account_may(
    kube: Cluster, namespace: str
) -> None:
    account = kube.service_account("asker", namespace=namespace, rules=[])
    first = run(kube, pod("before", ASK, serviceAccountName="asker"), namespace=namespace)
    assert json.loads(first)["status"] == 403
    account.may([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
    second = run(kube, pod("after", ASK, serviceAccountName="asker"), namespace=namespace)
    answer = json.loads(second)
    assert answer["status"] == 200
    assert set(answer["names"]) == {"before", "after"}
    service = kube.api.get("/api/v1/namespaces/default/services/kubernetes")
    assert answer["host"] == service["spec"]["clusterIP"]
