"""The shop's image at work, with a real server in a container of its own."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from giveway.testing import EmbeddedServer, embedded_server
from tests.images.container import Container, Wish, container, run
from tests.images.image import Image
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until

USER = 10001


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """One for each test: the shop's queue has one name."""
    with embedded_server() as running:
        yield running


@pytest.fixture
def printer(tmp_path: Path) -> Path:
    """Where labels go: a volume."""
    made = tmp_path / "labels"
    made.mkdir()
    os.chown(made, USER, USER)
    return made


def shop_wish(server: EmbeddedServer, printer: Path) -> Wish:
    env = {
        "GIVEWAY_REDIS_URL": server.url,
        "GIVEWAY_QUEUE": "shop",
        "GIVEWAY_LOG": "json",
        "GIVEWAY_METRICS_PORT": "0",
        "SHOP_LABELS": "/labels",
    }
    return Wish(env=env, volumes={"/labels": printer})


def order(image: Image, wish: Wish, *words: str, folder: Path) -> str:
    """What the shop's own program says."""
    there = Wish(command=["python", "order.py", *words], env=wish.env, volumes=wish.volumes)
    done = run(image, there, folder=folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.fixture
def working(
    shop: Image, server: EmbeddedServer, printer: Path, tmp_path: Path
) -> Iterator[tuple[Container, Wish]]:
    """The shop's worker: the image's own command."""
    wish = shop_wish(server, printer)
    with container(shop, wish, folder=tmp_path) as running:
        yield running, wish


def test_who_waits_at_the_counter_does_not_wait_for_the_batch(
    working: tuple[Container, Wish], shop: Image, printer: Path, tmp_path: Path
) -> None:
    _, wish = working
    order(shop, wish, "labels", "200", folder=tmp_path)
    until(lambda: len(list(printer.glob("label-*"))) >= 3, what="the first labels")
    said = order(shop, wish, "express", "Ada Lovelace", folder=tmp_path)
    printed = len(list(printer.glob("label-*")))
    assert said.startswith("express-Ada-Lovelace after ")
    assert (printer / "express-Ada-Lovelace").read_text() == "EXPRESS\nAda Lovelace\n"
    assert printed < 200, "the batch was over before: nothing had to give way"
    until(lambda: len(list(printer.glob("label-*"))) == 200, what="all labels", within=120)
    assert list(printer.glob(".*")) == []


def test_as_the_first_process_it_ends_on_sigterm_and_the_batch_goes_back(
    working: tuple[Container, Wish],
    shop: Image,
    printer: Path,
    tmp_path: Path,
) -> None:
    running, wish = working
    order(shop, wish, "labels", "200", folder=tmp_path)
    until(lambda: list(printer.glob("label-*")), what="the first label")
    done = running.end(signal.SIGTERM, seconds=20)
    assert done.returncode == 0, done.stderr
    left = run(shop, Wish(args=["status", "--json"], env=wish.env), folder=tmp_path)
    assert left.returncode == 0, left.stderr
    tiers = {tier["name"]: tier for tier in json.loads(left.stdout)["tiers"]}
    assert tiers["low"]["depth"] == 1, left.stdout


def test_nothing_is_compiled_at_its_start(
    worker: Image, server: EmbeddedServer, tmp_path: Path
) -> None:
    """Root on a root that can be written to leaves bytecode of whatever had none."""
    program = tmp_path / "app"
    program.mkdir()
    (program / "one.py").write_text(
        "from giveway import Giveway\n"
        "app = Giveway('one')\n"
        "@app.task\n"
        "def greet(name: str) -> str:\n"
        "    return f'Hello, {name}!'\n"
    )
    env = {
        "GIVEWAY_REDIS_URL": server.url.replace("127.0.0.1", "localhost"),
        "GIVEWAY_METRICS_PORT": "0",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": "/tmp/app",
    }
    redis.Redis.from_url(server.url).rpush(
        "giveway:{one}:tier:default", '{"task": "greet", "args": {"name": "Linus"}}'
    )
    before = bytecode(worker)
    wish = Wish(
        args=["worker", "one:app", "--burst"],
        env=env,
        volumes={"/tmp/app": program},
        user="0:0",
        writable=True,
    )
    done = run(worker, wish, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(program.rglob("*.pyc")), "nothing was written: this test would see nothing"
    assert sorted(bytecode(worker) - before) == []


def bytecode(image: Image) -> set[Path]:
    return set(image.root.glob("usr/**/*.pyc")) | set(image.root.glob("opt/**/*.pyc"))


def test_valkey_takes_a_file_and_options_and_keeps_its_data(valkey: Image, tmp_path: Path) -> None:
    data, conf = tmp_path / "data", tmp_path / "conf"
    for made in (data, conf):
        made.mkdir()
    os.chown(data, 999, 999)
    (conf / "valkey.conf").write_text(
        "bind 127.0.0.1\nappendonly yes\nuser default off\nuser shop on >secret ~* &* +@all\n"
    )
    port = free_port()
    wish = Wish(
        args=["/conf/valkey.conf", "--port", str(port)],
        volumes={"/data": data, "/conf": conf},
    )
    client = redis.Redis(port=port, username="shop", password="secret")
    for expected in (1, 2):
        with container(valkey, wish, folder=tmp_path) as running:
            until(lambda: answers(client), what="valkey")
            assert client.incr("starts") == expected
            client.close()
            assert running.end().returncode == 0
    with container(valkey, wish, folder=tmp_path):
        until(lambda: answers(client), what="valkey")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
