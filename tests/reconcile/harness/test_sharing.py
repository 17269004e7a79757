"""One server for all processes of a run: the first starts it, the last takes it along."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster.api import Api
from tests.cluster.cluster import Cluster
from tests.cluster.keeper import ROOT, shared
from tests.integration.worker.waiting import until

USE = """
import sys
from pathlib import Path
from tests.cluster.keeper import shared
with shared(Path(sys.argv[1]), controlled=False) as cluster:
    print(cluster.server, flush=True)
    sys.stdin.read()
"""


class User:
    """Another process that uses the server of this folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, folder],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def server(self) -> str:
        """Where it was told that the server is; waits until it was."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """As hard as a process can end."""
        self.process.kill()
        self.process.communicate(timeout=30)


def api_in(folder: Path, server: str) -> Api:
    (authority,) = folder.glob("plane-*/ca.pem")
    return Api(server, ca_pem=authority.read_text())


def test_the_processes_of_a_run_share_a_server_that_goes_with_the_last(
    control_plane: Cluster, tmp_path: Path
) -> None:
    users = [User(tmp_path), User(tmp_path)]
    with ThreadPoolExecutor() as readers:
        servers = set(readers.map(lambda user: user.server, users))
    (server,) = servers
    api = api_in(tmp_path, server)
    users[0].end()
    assert api.answers("/readyz")
    users[1].end()
    until(lambda: not api.answers("/readyz"), what="the server to go with its last user")


def test_a_keeper_that_is_killed_takes_the_server_along_and_the_next_user_starts_another(
    control_plane: Cluster, tmp_path: Path
) -> None:
    first = User(tmp_path)
    api = api_in(tmp_path, first.server)
    (plane,) = tmp_path.glob("plane-*")
    os.kill(int(plane.name.removeprefix("plane-")), signal.SIGKILL)
    until(lambda: not api.answers("/readyz"), what="the server to go with its keeper")
    with shared(tmp_path, controlled=False) as cluster:
        assert cluster.api.answers("/readyz")
    first.end()
