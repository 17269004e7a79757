"""The file that tells a client where an API server is and who asks."""

import json
from pathlib import Path


def write_kubeconfig(
    path: Path,
    *,
    server: str,
    token: str | None = None,
    ca_pem: str | None = None,
    namespace: str = "default",
) -> Path:
    """As JSON, which is YAML. Without `ca_pem` the server speaks plain HTTP."""
    cluster = {"server": server}
    if ca_pem is not None:
        # A file and not base64: who reads a failing test's folder can look at it.
        authority = path.with_suffix(".ca.pem")
        authority.write_text(ca_pem)
        cluster["certificate-authority"] = str(authority)
    context = {"cluster": "tests", "user": "tests", "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": "tests", "user": {"token": token} if token else {}}],
        "contexts": [{"name": "tests", "context": context}],
        "current-context": "tests",
    }
    path.write_text(json.dumps(document, indent=2))
    path.chmod(0o600)
    return path
