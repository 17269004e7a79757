"""`giveway crd`: what a person sees, and what a program reads."""

import io
import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.priorityqueues.documents import changed, on_deployment
from tests.priorityqueues.yaml_text import as_yaml

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}


def run(arguments: list[str]) -> int:
    # Imported late: an old typer warns beside a new click, and this file is collected there too.
    from giveway.cli.main import run as giveway

    return giveway(arguments)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(as_yaml(DEPLOYMENT, on_deployment()))
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    change = {"spec.scaling": {"minReplicas": 5, "maxReplicas": 3}}
    path.write_text(as_yaml(changed(on_deployment(), change)))
    return path


def test_print_prints_the_definition(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["crd", "print"]) == 0
    (document,) = yaml.safe_load_all(capsys.readouterr().out)
    assert document["kind"] == "CustomResourceDefinition"
    assert document["metadata"]["name"] == "priorityqueues.giveway.dev"


def test_a_right_file_is_said_to_be_right(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["crd", "check", str(shop)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{shop}:1: Deployment web: passed over",
        f"{shop}: shop: right",
    ]


def test_a_wrong_file_is_told_line_name_field_and_fix(
    wrong: Path, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["crd", "check", str(wrong), str(shop)]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        f"{wrong}:19: shop: spec.scaling.maxReplicas: "
        "maxReplicas must not be below minReplicas: raise it, or lower minReplicas"
    )


def test_a_file_of_an_editor_on_windows_is_read(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shop.read_text().replace("\n", "\r\n")
    shop.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert run(["crd", "check", str(shop)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{shop}: shop: right"


def test_standard_input_is_a_file_called_dash(
    wrong: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(wrong.read_bytes())))
    assert run(["crd", "check", "-"]) == 1
    assert capsys.readouterr().out.startswith("-:19: shop: spec.scaling.maxReplicas: ")


def test_a_program_reads_one_document(
    wrong: Path, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["crd", "check", "--json", str(wrong), str(shop)]) == 1
    first, second = json.loads(capsys.readouterr().out)["files"]
    assert first == {
        "file": str(wrong),
        "right": [],
        "problems": [
            {
                "line": 19,
                "resource": "shop",
                "field": "spec.scaling.maxReplicas",
                "message": "maxReplicas must not be below minReplicas: "
                "raise it, or lower minReplicas",
            }
        ],
        "passed_over": [],
    }
    assert second == {
        "file": str(shop),
        "right": ["shop"],
        "problems": [],
        "passed_over": [{"line": 1, "what": "Deployment web"}],
    }


def test_a_file_without_a_resource_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(as_yaml(DEPLOYMENT))
    assert run(["crd", "check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{path}: no PriorityQueue"


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file or directory"), (b"\xff\xfe", "it is no text in UTF-8")],
)
def test_a_file_that_cannot_be_read_is_one_line(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.yaml"
    if content is not None:
        path.write_bytes(content)
    assert run(["crd", "check", str(path)]) == 1
    assert capsys.readouterr().err == f"giveway: cannot read {path}: {says}\n"


def test_no_file_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["crd", "check"]) == 2
    assert "FILE" in capsys.readouterr().err
