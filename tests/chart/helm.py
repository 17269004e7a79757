"""Helm as a person runs it: the real program, its exit code, what it says, what it renders."""

import subprocess
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "giveway"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "giveway", "platform"

Object = dict[str, Any]


class Said(AssertionError):
    """Helm refused; with what it said."""


@dataclass(frozen=True, slots=True)
class Helm:
    """`program` with a home of its own in `folder`; `kubeconfig` for what talks to a cluster."""

    program: Path
    folder: Path
    kubeconfig: Path | None = None

    def run(self, *words: str | Path, values: Object | None = None) -> str:
        """What it prints.

        Raises:
            Said: it failed.
        """
        sent = None if values is None else yaml.safe_dump(values)
        more = [] if values is None else ["--values", "-"]
        done = subprocess.run(
            [self.program, *map(str, words), *more],
            input=sent,
            env=self._env(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise Said(f"{done.stdout}{done.stderr}")
        return done.stdout

    def render(
        self, values: Object | Path | None = None, *words: str, chart: Path = CHART
    ) -> "Manifests":
        """What `helm template` makes of these values."""
        base = ["template", RELEASE, str(chart), "--namespace", NAMESPACE, *words]
        if isinstance(values, Path):
            return Manifests.read(_of_file(self, (*base, "--values", str(values))))
        return Manifests.read(self.run(*base, values=values or {}))

    def refusal(self, values: Object) -> str:
        """What it says of values that are wrong."""
        try:
            self.render(values)
        except Said as said:
            return str(said)
        raise AssertionError(f"accepted: {values}")

    def _env(self) -> dict[str, str]:
        home = {"HOME": str(self.folder)}  # where it keeps what it has learnt of a server
        return home | ({"KUBECONFIG": str(self.kubeconfig)} if self.kubeconfig else {})


@cache
def _of_file(helm: Helm, words: tuple[str, ...]) -> str:
    """Many tests look at the same few renderings."""
    return helm.run(*words)


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that a set of values makes, in the order of Helm."""

    objects: tuple[Object, ...]

    @classmethod
    def read(cls, text: str) -> "Manifests":
        return cls(tuple(one for one in yaml.safe_load_all(text) if one))

    def all(self, kind: str) -> list[Object]:
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str, name: str | None = None) -> Object:
        """The only one of its kind, or of that name.

        Raises:
            AssertionError: there are none, or several; with what there is.
        """
        found = [one for one in self.all(kind) if name in (None, one["metadata"]["name"])]
        assert len(found) == 1, f"{kind} {name or ''}: {self.names}"
        return found[0]

    @property
    def names(self) -> list[str]:
        return [f"{one['kind']}/{one['metadata']['name']}" for one in self.objects]

    @property
    def operator(self) -> Object:
        """The operator's Deployment."""
        found = [one for one in self.all("Deployment") if _component(one) == "operator"]
        assert len(found) == 1, self.names
        return found[0]

    @property
    def pods(self) -> Iterator[Object]:
        """Each pod, and what pods are made from, as a pod."""
        for one in self.objects:
            if one["kind"] == "Pod":
                yield one
            elif one["kind"] in ("Deployment", "StatefulSet"):
                yield _pod(one["spec"])


def _pod(workload: Object) -> Object:
    """With the claims that a StatefulSet would make for it."""
    made: Object = {"kind": "Pod", **deepcopy(workload["template"])}
    for claim in workload.get("volumeClaimTemplates", ()):
        name = claim["metadata"]["name"]
        made["spec"]["volumes"].append(
            {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-0"}}
        )
    return made


def _component(one: Object) -> str:
    return str(one["metadata"]["labels"]["app.kubernetes.io/component"])


def container(workload: Object) -> Object:
    """The only container of a Deployment, a StatefulSet or a pod."""
    spec = workload["spec"]
    pod = spec["template"]["spec"] if "template" in spec else spec
    (only,) = pod["containers"]
    found: Object = only
    return found


def variables(workload: Object) -> dict[str, Any]:
    """Its environment: each value, or where it comes from."""
    env = container(workload)["env"]
    return {one["name"]: one.get("value", one.get("valueFrom", "")) for one in env}
