"""Writes docs/priorityqueue.md from the model, so that the page cannot name a field that is not.

    python scripts/generate_priorityqueue_docs.py            write it (`make fix`)
    python scripts/generate_priorityqueue_docs.py --check    only compare it (`make check`)

The model is operator/giveway_operator/model/, the examples are examples/priorityqueues/.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from giveway_operator.crd.definition import COLUMNS
from giveway_operator.model import Metadata
from giveway_operator.model.part import SAYS
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema, structural
from giveway_operator.model.spec import Spec
from giveway_operator.model.status import Status

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # what generators share is a module beside them

from scripts.kept import keep  # noqa: E402

PAGE = ROOT / "docs" / "priorityqueue.md"
EXAMPLES = ROOT / "examples" / "priorityqueues"

HEAD = """# The resource PriorityQueue

<!-- Written by scripts/generate_priorityqueue_docs.py from operator/giveway_operator/model/; change
that. -->

A `PriorityQueue` (`pq`) names a queue in Redis, what each of its tiers promises, and the workers
that keep it. `kubectl explain pq.spec.scaling` says the same as this page. It needs Kubernetes 1.29
or newer, whose API server judges rules between fields; it is tested on 1.34.

| I want to | |
|---|---|
| install the definition | `giveway crd print \\| kubectl apply -f -` |
| know what is wrong with my file, without a cluster | `giveway crd check shop.yaml` |
| see all queues, and why they have so many pods | `kubectl get pq -o wide` |
| see what it would do, and change nothing | `kubectl annotate pq/shop giveway.dev/dry-run=true` |
| pin the number of replicas | `kubectl scale pq/shop --replicas=3` |
| hand it back | `kubectl patch pq/shop --type=merge -p '{"spec":{"scaling":{"replicas":null}}}'` |
| keep all replicas as they are | `kubectl annotate pq/shop giveway.dev/pause=all` |
| let it only add, or only take away | `giveway.dev/pause=in`, or `=out` |
| go on | `kubectl annotate pq/shop giveway.dev/pause-` |

A pin, a pause and a dry run may be combined: nothing is done that one of them forbids. The two
annotations win over the fields of the same meaning. While one of them is misspelt nothing is done
at all, and the condition Ready says so.

## Examples
"""

FIELDS = """## Fields

What is written **bold** must be there. Times are in seconds. A field that does not exist is refused
by `giveway crd check` and by `kubectl`; a client that asks for less strictness has it dropped.
"""

REFUSED = """## What else is refused

The API server and `giveway crd check` say the same, in these words. Beside a wrong type or a
missing field the API server says nothing of rules between fields; `giveway crd check` tells of all
at once whose own fields are right.

| what it says | of |
|---|---|
"""

LOOK = """## What `kubectl get pq` shows

| column | from |
|---|---|
"""

NOTES = """## What it cannot do

- Name a Secret, a Deployment or pods of another namespace.
- Give a worker more rights than the restricted pod security profile: there are no volumes, no
  security context, no host network, and no token of a ServiceAccount. Who needs them writes a
  Deployment and names it in `scaleTargetRef`.
- Follow a Deployment's `processes` and `slots`: with `scaleTargetRef`, say `slotsPerReplica`.
"""

TITLES = {
    "minimal": "Minimal",
    "three-tiers": "Three tiers with promises",
    "existing-deployment": "An existing Deployment",
    "scale-to-zero": "Scale to zero",
    "vip-workers": "VIP workers beside general ones",
    "dry-run": "Dry run",
}

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}
_AS_IN_A_POD = ("affinity", "tolerations")  # known from pods, and long


def page() -> str:
    parts = [HEAD, *examples(), FIELDS]
    parts += sections(structural(Spec), "spec")
    parts += [REFUSED + rules(), LOOK + columns()]
    parts += ["## Status\n\nWritten by the operator, on change only."]
    parts += sections(structural(Status, defaults=False), "status")
    return "\n\n".join(part.strip() for part in [*parts, NOTES]) + "\n"


def examples() -> Iterator[str]:
    for name, title in TITLES.items():
        path = EXAMPLES / f"{name}.yaml"
        link = f"[{path.name}](../{path.relative_to(ROOT).as_posix()})"
        yield f"### {title}\n\n{link}\n\n```yaml\n{path.read_text()}```"


def sections(schema: Schema, path: str) -> Iterator[str]:
    """A table for a part, then one for each part inside."""
    rows = [row(name, one, schema) for name, one in schema["properties"].items()]
    yield f"### {path}\n\n| field | | default | |\n|---|---|---|---|\n" + "\n".join(rows)
    for name, one in schema["properties"].items():
        inner, suffix = (one["items"], "[]") if one.get("type") == "array" else (one, "")
        if "properties" in inner and name not in _AS_IN_A_POD:
            yield from sections(inner, f"{path}.{name}{suffix}")


def row(name: str, schema: Schema, parent: Schema) -> str:
    shown = f"**`{name}`**" if name in parent.get("required", ()) else f"`{name}`"
    default = schema.get("default")
    written = "" if default is None or isinstance(default, dict) else f"`{_plain(default)}`"
    text = schema.get("description", "").replace("|", "\\|")
    holds = "as in a pod" if name in _AS_IN_A_POD else kind(schema)
    return f"| {shown} | {holds} | {written} | {text} |"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'


def kind(schema: Schema) -> str:
    """What a field holds, in words, with its bounds."""
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "array":
        return f"list of up to {schema['maxItems']}"
    if schema["type"] == "object":
        return "mapping" if "additionalProperties" in schema else "see below"
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is None or least is None:
        longest = f", up to {schema['maxLength']} characters" if "maxLength" in schema else ""
        return _WORDS[schema["type"]] + longest
    above = "above " if schema.get("exclusiveMinimum") else ""
    return f"{_WORDS[schema['type']]}, {above}{least:g} to {most:,}"


def rules() -> str:
    """Every rule with the fields that it is about; equal words stand once."""
    about: dict[str, list[str]] = {}
    named = [(f"metadata.{rule.field}", rule.message) for rule in RULES if rule.on is Metadata]
    for path, message in [*named, *told(structural(Spec, rules=RULES), "spec")]:
        about.setdefault(message, []).append(f"`{path}`")
    return "\n".join(
        f"| {message} | {', '.join(dict.fromkeys(paths))} |" for message, paths in about.items()
    )


def told(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Every message, and the path of the field that it is about."""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield path + rule.get("fieldPath", ""), rule["message"]
    if SAYS in schema:
        yield path, schema[SAYS]
    for name, one in schema.get("properties", {}).items():
        if name not in _AS_IN_A_POD:
            yield from told(one, f"{path}.{name}")
    for inner, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if inner in schema:
            yield from told(schema[inner], path + suffix)


def columns() -> str:
    rows = [
        f"| {name}{' (with `-o wide`)' if wide else ''} | `{path}` |"
        for name, _, path, wide in COLUMNS
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), source="the model says"))
