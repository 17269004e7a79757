"""docs/resources.md with a real PostgreSQL."""

from pathlib import Path

from tests.faults.resources.postgres import Postgres
from tests.pages import run_page

THEN = """
import asyncio
from giveway.testing import plain_batch

async def back(order):
    await refund(order)
    await adb.aclose()

pay(1)
assert pay_all(plain_batch(), [2, 3]) == 2
asyncio.run(back(2))
db.close()
"""


def test_the_recipes_for_psycopg_run(postgres: Postgres, tmp_path: Path) -> None:
    postgres.ask("create table orders (id int, paid bool not null default false)")
    postgres.ask("insert into orders select generate_series(1, 4)")
    run_page(
        "resources.md",
        folder=tmp_path,
        then=THEN,
        DATABASE_URL=postgres.dsn,
        SQLALCHEMY_URL="sqlite://",
    )
    assert postgres.ask("select array_agg(id order by id) from orders where paid") == [1, 3]
