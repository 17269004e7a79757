"""What the operator's sources say, as files inside of the chart.

The definition of the resource, the rights (as rules of a Role), what the trial's user may do in
Valkey, and the version. Each is text that a template puts in its place.
"""

import re
import tomllib
from pathlib import Path

import yaml

from giveway_operator.cluster.rights import Where, rules
from giveway_operator.crd.definition import written as definition

ROOT = Path(__file__).parents[2]
_OPERATIONS = ROOT / "docs" / "operations.md"
_USER = re.compile(r"^ACL SETUSER .*\n(?:  .*\n)*", re.MULTILINE)
_EVERYBODY = "resetkeys ~giveway:{*}:* resetchannels &giveway:bell -@all"


def definition_spec() -> str:
    """The spec of the CustomResourceDefinition; its metadata is the template's."""
    whole = definition()
    head, _, spec = whole.partition("\nspec:\n")
    assert yaml.safe_load(head)["kind"] == "CustomResourceDefinition", head
    return "".join(line.removeprefix("  ") for line in spec.splitlines(keepends=True))


def rights(where: Where) -> str:
    """The rules of a Role."""
    lines: list[str] = []
    for rule in rules(where):
        lines.append(f'- apiGroups: ["{rule.group}"]')
        lines.append(f"  resources: [{rule.resource}]")
        lines.append(f"  verbs: [{', '.join(rule.verbs)}]")
    return "\n".join(lines) + "\n"


def valkey_rights() -> str:
    """What a user in Redis needs who is everybody: the users of docs/operations.md together."""
    found = _USER.findall(_OPERATIONS.read_text())
    assert found, "docs/operations.md names no users any more"
    commands = {word for user in found for word in user.split() if word.startswith("+")}
    return " ".join([_EVERYBODY, *sorted(commands)]) + "\n"


def with_version(chart: str) -> str:
    """Chart.yaml with the project's version as its appVersion."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return re.sub(r'(?m)^appVersion: ".*"$', f'appVersion: "{project["version"]}"', chart)
