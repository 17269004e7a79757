"""A Redis that cannot save: its data folder is read-only, and it is not root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from giveway.testing import EmbeddedServer
from tests.integration.worker.waiting import until

NOBODY = 65534


def program_of_nobody(folder: Path) -> Path:
    """Root may write into a read-only folder: so the server has to be somebody else."""
    server = shutil.which("redis-server")
    if os.geteuid() != 0:
        return Path(str(server))
    script = folder / "redis-of-nobody"
    become = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
    script.write_text(f'#!/bin/sh\nexec {become} {server} "$@"\n')
    script.chmod(0o755)
    return script


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that this server may write to, until it is made read-only."""
    folder = Path(tempfile.mkdtemp(prefix="giveway-data-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@contextmanager
def read_only(folder: Path, server: EmbeddedServer) -> Iterator[None]:
    """Redis tries to save, fails, and refuses every write until it has saved again."""
    with redis.Redis(port=server.port) as client:
        folder.chmod(0o555)
        try:
            _save(client, status="err")
            yield
        finally:
            folder.chmod(0o755)
            _save(client, status="ok")


def _save(client: redis.Redis, *, status: str) -> None:
    client.execute_command("BGSAVE")
    until(
        lambda: client.info("persistence")["rdb_last_bgsave_status"] == status,
        what=f"a snapshot that ends with {status}",
    )
