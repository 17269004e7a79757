"""TLS behind a Sentinel and in a Cluster, with whole workers: the way there is encrypted too."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.faults.network.secure import (
    HOST,
    Authority,
    Papers,
    Secure,
    free_port,
    secure_server,
    variables,
)
from tests.integration.store.clusters import until as until_it_is
from tests.integration.worker.shop import Shop
from tests.integration.worker.worker import Worker


def _works(secure: Secure, url: str, ours: Authority, mine: Papers, folder: Path) -> None:
    shop = Shop(queue="packaging", url=secure.server.url, folder=folder)
    given = variables(url, ca=ours.ca_file, papers=mine)
    try:
        with Worker(queue="packaging", url=url, folder=folder, env=given) as worker:
            assert shop.put("step", value=5).result(20) == 5
            assert shop.put("items", 5, "sleep:0.01").result(20) == 5
            places = {
                one["laddr"] for one in shop.redis.client_list() if _is_of_worker(one, worker)
            }
            assert places == {f"{HOST}:{secure.port}"}, "somebody spoke in plain text"
            assert worker.stop() == 0
    finally:
        shop.close()


def _is_of_worker(client: dict[str, str], worker: Worker) -> bool:
    return worker.event("started")["owner"] in client["name"]


def test_a_worker_finds_its_primary_by_a_sentinel_that_speaks_tls(
    ours: Authority, tmp_path: Path
) -> None:
    papers = ours.papers("server")
    with (
        secure_server(papers, ours.ca_file, mutual=True) as secure,
        _sentinel(secure, papers, ours.ca_file, tmp_path) as port,
    ):
        _works(secure, f"rediss+sentinel://{HOST}:{port}/main", ours, ours.papers("me"), tmp_path)


@contextmanager
def _sentinel(secure: Secure, papers: Papers, ca_file: Path, folder: Path) -> Iterator[int]:
    port, plain = free_port(), free_port()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {plain}\nbind {HOST}\ntls-port {port}\ntls-replication yes\n"
        f"tls-cert-file {papers.cert_file}\ntls-key-file {papers.key_file}\n"
        f"tls-ca-cert-file {ca_file}\n"
        f"sentinel monitor main {HOST} {secure.port} 1\n"
    )
    program = shutil.which("redis-sentinel")
    assert program, "redis-sentinel is missing (Debian: apt-get install redis-sentinel)"
    with (folder / "sentinel.log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=log)
    try:
        with redis.Redis(port=plain) as client:
            until_it_is(client.ping)
        yield port
    finally:
        process.kill()
        process.wait()


def test_a_worker_works_in_a_cluster_that_speaks_tls(ours: Authority, tmp_path: Path) -> None:
    papers = ours.papers("server")
    args = [
        *("--cluster-enabled", "yes", "--tls-cluster", "yes"),
        *("--cluster-port", str(free_port())),
    ]
    with secure_server(papers, ours.ca_file, mutual=True, args=args) as secure:
        with redis.Redis(port=secure.server.port) as admin:
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until_it_is(lambda: _is_whole(admin))
        _works(secure, f"rediss+cluster://{HOST}:{secure.port}", ours, ours.papers("me"), tmp_path)


def _is_whole(admin: redis.Redis) -> bool:
    said = str(admin.execute_command("CLUSTER", "INFO"))  # text or a dict, by redis-py's major
    return "ok" in said.partition("cluster_slots")[0]
