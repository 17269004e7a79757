"""examples/shop without its image: what its README says to type beside a worker. As an image:
tests/images."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from giveway.testing import EmbeddedServer, embedded_server

SHOP = Path(__file__).parents[2] / "examples" / "shop"
BIN = Path(sys.executable).parent


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """One of its own: the shop's queue has one name."""
    with embedded_server() as running:
        yield running


def typed(*words: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "GIVEWAY_REDIS_URL": url,
        "GIVEWAY_METRICS_PORT": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SHOP_LABELS": str(folder / "labels"),
        "SHOP_SECONDS_PER_LABEL": "0.001",
    }
    return subprocess.run(
        words, cwd=SHOP, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_orders_become_labels(server: EmbeddedServer, tmp_path: Path) -> None:
    type_here = partial(typed, folder=tmp_path, url=server.url)
    for words in (["labels", "20"], ["invoice", "7", "1999"]):
        done = type_here("python", "order.py", *words)
        assert (done.returncode, done.stderr) == (0, "")
    worked = type_here("giveway", "worker", "shop:app", "--burst")
    assert worked.returncode == 0, worked.stderr
    made = {path.name: path.read_text() for path in (tmp_path / "labels").iterdir()}
    assert made.pop("invoice-000007") == "Invoice 7: 19.99\n"
    assert made == {f"label-{order:06}": f"Order {order}\n" for order in range(20)}


def test_an_order_that_nobody_knows_is_explained(server: EmbeddedServer, tmp_path: Path) -> None:
    done = typed("python", "order.py", "cake", folder=tmp_path, url=server.url)
    assert done.returncode == 2
    assert "order.py express CUSTOMER" in done.stderr
