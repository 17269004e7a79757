"""A real PostgreSQL in a temporary folder, on a Unix socket, that can be stopped and killed.

It refuses to run as root; a root that tests lets it run as the user whom Debian's package made.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.worker.waiting import until

_USER = "postgres"


class Postgres:
    """Start it as a context manager; `dsn` is what clients connect to."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="giveway-postgres-"))
        self._data = self.folder / "data"
        self._bin = _binaries()
        self._server: subprocess.Popen[bytes] | None = None
        self.dsn = f"host={self.folder} user=giveway dbname=postgres"

    def __enter__(self) -> "Postgres":
        if os.geteuid() == 0:
            shutil.chown(self.folder, _USER)
        options = ["-U", "giveway", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"]
        subprocess.run([*self._command("initdb"), *options], check=True, capture_output=True)
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._end(signal.SIGQUIT)  # at once, but its own processes go with it
        shutil.rmtree(self.folder)

    # -- what befalls it ---------------------------------------------------------------------

    def start(self) -> None:
        """Returns when it takes connections."""
        # Our own child and not pg_ctl's: a killed one stays a zombie until its parent looks, and
        # the next one believes that it is still running.
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(self._command("postgres"), stdout=log, stderr=log)
        until(self._answers, what="PostgreSQL")

    def stop(self) -> None:
        """In order: its clients are told. As `pg_ctl stop -m fast` does it."""
        self._end(signal.SIGINT)

    def restart(self) -> None:
        """As an upgrade of the package does it."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL for all of it: nobody says goodbye to anybody."""
        assert self._server is not None
        pid = self._server.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._end(signal.SIGKILL)  # the first: it would replace the others
        for child in map(int, children):
            with suppress(ProcessLookupError):  # some look after their parent
                os.kill(child, signal.SIGKILL)
        until(lambda: not any(map(_alive, map(int, children))), what="the end of its processes")

    def set(self, name: str, value: str) -> None:
        """For the sessions that begin from now on."""
        self.ask(f"alter system set {name} = '{value}'")
        self.ask("select pg_reload_conf()")
        until(lambda: self.ask(f"show {name}") == value, what=f"{name} = {value}")

    # -- what is to be seen ------------------------------------------------------------------

    def ask(self, query: Any) -> Any:
        """The first value of the answer, over a connection of our own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(query)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def sessions(self) -> int:
        """How many sessions the workers have."""
        count: int = self.ask(
            "select count(*) from pg_stat_activity where application_name = 'shop'"
        )
        return count

    def log(self) -> str:
        return (self.folder / "log").read_text()

    # -- inside ------------------------------------------------------------------------------

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self.log()
        try:
            return bool(self.ask("select 1"))
        except psycopg.OperationalError:
            return False

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        self._server.send_signal(how)
        self._server.wait(30)
        self._server = None

    def _command(self, program: str) -> list[str]:
        user = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--init-groups"]
        first = user if os.geteuid() == 0 else []
        return [*first, str(self._bin / program), "-D", str(self._data)]


def _binaries() -> Path:
    """Debian keeps them apart, one folder for each major version; elsewhere they are in PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parts[-2]))
    assert folders, "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    return folders[-1]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
