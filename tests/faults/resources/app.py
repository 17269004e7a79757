"""Tasks that ask a PostgreSQL, with and without care; none is tried a second time."""

import os
from typing import Any, LiteralString

import psycopg
import sqlalchemy as sa

from giveway import Batch, Giveway, Resource, Retry
from tests.integration.worker.acts import act, note

TARGET = "tests.faults.resources.app:app"
PID: LiteralString = "select pg_backend_pid()"
DSN = os.environ.get("SHOP_DSN", "")
Line = psycopg.Connection[tuple[Any, ...]]


def connect() -> Line:
    return psycopg.connect(DSN, autocommit=True, application_name="shop")


def aconnect() -> Any:
    return psycopg.AsyncConnection.connect(DSN, autocommit=True, application_name="shop")


def ask(connection: Line) -> None:
    connection.execute("select 1")


def value(connection: Line, query: LiteralString = PID) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def build(queue: str | None = None, **settings: Any) -> Giveway:
    app = Giveway(queue, **settings)
    guarded = app.resource(connect, check=ask, max_idle=None)
    unguarded = app.resource(connect, max_idle=None)
    timed = app.resource(connect, max_idle=0.1)
    _define_tasks(app, guarded, unguarded, timed)
    _define_coroutine(app)
    _define_engine(app)
    _define_batch(app, guarded)
    return app


def _define_tasks(app: Giveway, guarded: Resource[Line], *others: Resource[Line]) -> None:
    def asks(db: Resource[Line]) -> Any:
        def ask_it(do: str = "") -> int:
            with db() as connection:
                act(do)
                return value(connection)

        return ask_it

    for name, db in zip(("guarded", "unguarded", "timed"), (guarded, *others), strict=True):
        app.task(name=name, retry=Retry(attempts=1))(asks(db))
    app.task(name="patient", retry=Retry(attempts=100, base=0.05, factor=1))(asks(guarded))

    @app.task(retry=Retry(attempts=1))
    def fails_halfway(row: int) -> None:
        """Without `transaction()`, so that only the resource can clean up."""
        with guarded() as connection:
            connection.execute("begin")
            connection.execute("insert into rows values (%s)", [row])
            raise ValueError("halfway")


def _define_coroutine(app: Giveway) -> None:
    db = app.resource(aconnect, check=lambda line: line.execute("select 1"), max_idle=None)

    @app.task(retry=Retry(attempts=1))
    async def aguarded() -> int:
        async with db() as connection:
            cursor = await connection.execute(PID)
            (pid,) = await cursor.fetchone()
            return int(pid)


def _define_engine(app: Giveway) -> None:
    """As docs/resources.md says."""
    engine = app.resource(
        lambda: sa.create_engine("postgresql+psycopg://", creator=connect, pool_pre_ping=True),
        close=lambda made: made.dispose(),
        max_idle=None,
        per="process",
    )

    @app.task(retry=Retry(attempts=1))
    def engined() -> int:
        with engine() as made, made.connect() as connection:
            return int(connection.scalar(sa.text(PID)) or 0)


def _define_batch(app: Giveway, db: Resource[Line]) -> None:
    @app.batch(tier="low", retry=Retry(attempts=1))
    def writes(batch: Batch, rows: list[int]) -> list[int]:
        """One transaction over all items: at each of them an urgent task may come in between."""
        with db() as connection, connection.transaction():
            pids = {value(connection)}
            for row in batch.each(rows):
                connection.execute("insert into rows values (%s)", [row])
                note("written", n=row)
                act("hold:gate" if row == rows[0] else "sleep:0.03")
                pids.add(value(connection))
        return sorted(pids)

    @app.task(tier="high", retry=Retry(attempts=1))
    def looks() -> list[int]:
        with db() as connection:
            return [value(connection), value(connection, "select count(*) from rows")]


app = build()
