"""The version of the chart before this one.

There is no release yet, so it is made of this one: another number, and a definition that lacks what
a later version may add to it.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.cluster.installer import Helm
from tests.kubernetes.release import CHART, NAME

VERSION = "0.0.9"
LACKS = "additionalPrinterColumns"
_DEFINITION = "files/priorityqueues-spec.yaml"
_WAIT = ("--wait", "--timeout=150s", "--values=-")


def package(helm: Helm, *, folder: Path) -> Path:
    """Its archive, as people have it from where charts are kept."""
    chart = folder / "older"
    shutil.copytree(CHART, chart)
    definition = yaml.safe_load((chart / _DEFINITION).read_text())
    for version in definition["versions"]:
        del version[LACKS]
    (chart / _DEFINITION).write_text(yaml.safe_dump(definition))
    numbers = (f"--version={VERSION}", f"--app-version={VERSION}")
    helm("package", chart, *numbers, f"--destination={folder}")
    return folder / f"{NAME}-{VERSION}.tgz"


def install(helm: Helm, archive: Path, *, namespace: str, values: Mapping[str, object]) -> None:
    """With the definition, whoever had that before."""
    words = ("install", NAME, archive, f"--namespace={namespace}", "--take-ownership", *_WAIT)
    helm(*words, stdin=json.dumps(values))


def upgrade(helm: Helm, *, namespace: str, values: Mapping[str, object]) -> None:
    """To this version."""
    words = ("upgrade", NAME, CHART, f"--namespace={namespace}", *_WAIT)
    helm(*words, stdin=json.dumps(values))
