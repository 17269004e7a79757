"""docs/resources.md: what it shows runs. With a PostgreSQL: tests/faults/resources/test_page.py."""

import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.pages import DOCS, run_page


class _Teapot(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(418)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def teapot() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Teapot) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join(10)


THEN = """
import asyncio

async def twice(url):
    print(await afetch(url))
    await aweb.aclose()

print(count_orders(), fetch(os.environ["TEAPOT"]))
asyncio.run(twice(os.environ["TEAPOT"]))
engine.close()
web.close()
"""


def test_the_recipes_for_sqlalchemy_and_httpx_run(tmp_path: Path, teapot: str) -> None:
    file = tmp_path / "orders"
    with sqlite3.connect(file) as database:
        database.execute("create table orders (id integer)")
        database.execute("insert into orders values (1), (2)")
    database.close()
    said = run_page(
        "resources.md",
        folder=tmp_path,
        then=THEN,
        DATABASE_URL="",
        SQLALCHEMY_URL=f"sqlite:///{file}",
        TEAPOT=teapot,
    )
    assert said.split() == ["2", "418", "418"]


def test_the_recipe_for_django_is_python() -> None:
    (recipe,) = (DOCS / "resources.md").read_text().split("```py\n")[1:]
    compile(recipe.split("```")[0], "django", "exec")
