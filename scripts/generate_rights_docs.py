"""Writes docs/rights.md from the list of rights, so that the page cannot lack one.

    python scripts/generate_rights_docs.py            write it (`make fix`)
    python scripts/generate_rights_docs.py --check    only compare it (`make check`)

The list is operator/giveway_operator/cluster/rights.py.
"""

import sys
from pathlib import Path

from giveway_operator.cluster.rights import RIGHTS, Where, rules

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "rights.md"

HEAD = """# What the operator may do

<!-- Written by scripts/generate_rights_docs.py from operator/giveway_operator/cluster/rights.py;
change that. -->

The smallest set of rights with which everything works; [the chart](../charts/giveway/README.md)
gives exactly these. A test gives the operator exactly these on
a real API server, takes them away one by one, and sees each missed by name. When one is missing the
operator goes on with the rest, and a condition or its log names the rule to add.

| API group | resource | verb | without it |
|---|---|---|---|
"""

CLUSTER = """
## For the whole cluster

```yaml
{}```

## For some namespaces only

The same rules as a Role and a RoleBinding in each of the namespaces in
`GIVEWAY_OPERATOR_NAMESPACES`. The operator then asks for nothing outside of them.

## For the Lease

In the operator's own namespace, whichever way:

```yaml
{}```

## What that amounts to

- Who may create a PriorityQueue with a template gets pods in that namespace: restricted ones,
  without a token, under the ServiceAccounts that the operator's settings allow. That is less than
  the right to create Deployments.
- The operator reads Secrets by name: only those that a resource names, only in its own namespace.
  RBAC cannot say that; `get` on Secrets is given for all of them. Give the operator single
  namespaces where that is too much.
- It deletes pods one by one and by their uid; nothing else is ever deleted.
"""


def page() -> str:
    rows = "".join(
        f"| {right.group or '(core)'} | `{right.resource}` | {right.verb} | {right.without} |\n"
        for right in RIGHTS
    )
    queues = role("ClusterRole", "giveway-operator", Where.QUEUES)
    return HEAD + rows + CLUSTER.format(queues, role("Role", "giveway-operator-lease", Where.OWN))


def role(kind: str, name: str, where: Where) -> str:
    lines = [
        "apiVersion: rbac.authorization.k8s.io/v1",
        f"kind: {kind}",
        f"metadata: {{name: {name}}}",
        "rules:",
    ]
    for rule in rules(where):
        lines.append(f'  - apiGroups: ["{rule.group}"]')
        lines.append(f'    resources: ["{rule.resource}"]')
        lines.append(f"    verbs: [{', '.join(rule.verbs)}]")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), source="the list of rights says"))
