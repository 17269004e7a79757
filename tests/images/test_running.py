"""The images run as pods run them: as nobody in particular, on a root that cannot be written to."""

import json
from pathlib import Path

import pytest

from tests.images.container import Wish, run
from tests.images.image import Image

WHO = """
import json, os, pwd, tempfile
def writes(folder):
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return type(error).__name__, error.errno
    return True
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "name": pwd.getpwuid(os.getuid()).pw_name,
    "home": os.path.expanduser("~"), "cwd": os.getcwd(), "encoding": os.fsencode("é").hex(),
    "written": [one for one in ("/", "/app", "/opt/giveway", "/etc", "/usr", "/tmp", "/var/tmp")
                if writes(one) is True],
}))
"""


def test_giveway_runs(image: Image, tmp_path: Path) -> None:
    done = run(image, Wish(args=["--version"]), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "giveway 0.1.0 (Python 3.11.2)\n"


def test_it_runs_by_the_command_that_the_operator_writes(image: Image, tmp_path: Path) -> None:
    wish = Wish(command=["giveway"], args=["worker", "nowhere:app", "--processes=1"])
    done = run(image, wish, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("giveway: no module named 'nowhere'")


def test_without_arguments_it_explains_itself(image: Image, tmp_path: Path) -> None:
    done = run(image, Wish(), folder=tmp_path)
    assert done.returncode == 0
    assert "Low-priority work gives way." in done.stdout


def test_it_is_somebody_who_may_write_to_tmp_alone(image: Image, tmp_path: Path) -> None:
    done = run(image, Wish(command=["python", "-c", WHO]), folder=tmp_path)
    assert json.loads(done.stdout or done.stderr) == {
        "uid": 10001,
        "gid": 10001,
        "name": "giveway",
        "home": "/tmp",
        "cwd": "/app",
        "encoding": "c3a9",
        "written": ["/tmp"],
    }


@pytest.mark.parametrize("user", ["20002:20002", "20002:0"])
def test_any_other_number_will_do(image: Image, user: str, tmp_path: Path) -> None:
    # Some clusters give every namespace numbers of its own.
    done = run(image, Wish(args=["--version"], user=user), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_operator_without_a_cluster_says_so_in_one_line(operator: Image, tmp_path: Path) -> None:
    done = run(operator, Wish(args=["operator", "run"]), folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "kubeconfig" in done.stderr.lower()


def test_the_operator_brings_the_definition_of_its_resource(
    operator: Image, tmp_path: Path
) -> None:
    done = run(operator, Wish(args=["crd", "print"]), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "name: priorityqueues.giveway.dev" in done.stdout
