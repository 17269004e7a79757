"""Real Sentinel and real Cluster on this machine, of the servers that the tests use."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from giveway.testing import EmbeddedServer, embedded_server
from giveway.testing.server import _program

SLOTS = 16384
START_SECONDS = 20.0


def until(condition: Callable[[], Any], *, seconds: float = START_SECONDS) -> None:
    """Looks until it holds; what other processes do has no signal to wait on."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(redis.RedisError, OSError):
            if condition():
                return
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


@contextmanager
def cluster(nodes: int) -> Iterator[tuple[str, list[Any]]]:
    """A cluster of masters; its URL and a client for each node."""
    args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]
    servers: list[EmbeddedServer] = []
    clients: list[Any] = []
    try:
        for number in range(nodes):
            server = EmbeddedServer(args=[*args, "--cluster-port", str(_free_port())])
            server.start()
            servers.append(server)
            client: Any = redis.Redis(port=server.port)
            clients.append(client)
            first, last = SLOTS * number // nodes, SLOTS * (number + 1) // nodes - 1
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        _introduce(servers, clients)
        until(lambda: all(_is_whole(client, nodes) for client in clients))
        yield f"redis+cluster://127.0.0.1:{servers[0].port}", clients
    finally:
        for client in clients:
            client.close()
        for server in servers:
            server.close()


def _introduce(servers: list[EmbeddedServer], clients: list[Any]) -> None:
    for server, client in zip(servers[1:], clients[1:], strict=True):
        bus = client.config_get("cluster-port")["cluster-port"]
        clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", server.port, bus)


def _is_whole(client: Any, nodes: int) -> bool:
    info = client.execute_command("CLUSTER", "INFO")
    if isinstance(info, bytes):
        lines = info.decode().split()
        info = dict(line.split(":", 1) for line in lines if ":" in line)
    return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == nodes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Watched:
    """A primary and its replica, watched by one Sentinel."""

    url: str
    primary: EmbeddedServer
    replica: EmbeddedServer
    sentinel: Any

    def master_port(self) -> int:
        """Whom the Sentinel names."""
        return int(self.sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")[1])


@contextmanager
def sentinel(folder: Path) -> Iterator[Watched]:
    """One primary, one replica, one Sentinel that fails over alone."""
    with embedded_server(args=["--repl-diskless-sync-delay", "0"]) as primary:
        replica_of = ["--replicaof", "127.0.0.1", str(primary.port)]
        config = folder / "sentinel.conf"
        config.write_text(
            f"sentinel monitor main 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 5000\n"
        )
        with (
            embedded_server(args=replica_of) as replica,
            _sentinel_process(config) as (port, client),
        ):
            until(lambda: redis.Redis(port=replica.port).info()["master_link_status"] == "up")
            until(lambda: _replicates(primary))
            until(lambda: _knows_replica(client))
            url = f"redis+sentinel://127.0.0.1:{port}/main"
            yield Watched(url, primary, replica, client)


@contextmanager
def _sentinel_process(config: Path) -> Iterator[tuple[int, Any]]:
    port = _free_port()
    log = (config.parent / "sentinel.log").open("wb")
    process = subprocess.Popen(
        [_program(), str(config), "--sentinel", "--port", str(port), "--bind", "127.0.0.1"],
        stdout=log,
        stderr=log,
    )
    client: Any = redis.Redis(port=port)
    try:
        until(client.ping)
        yield port, client
    finally:
        client.close()
        process.kill()
        process.wait()
        log.close()


def _replicates(primary: EmbeddedServer) -> bool:
    """A write reaches the replica. A link that is up does not say so: Redis 7.0 keeps what is
    written until the replica has acknowledged the first copy, and loses it when it is killed then.
    """
    with redis.Redis(port=primary.port) as client:
        client.set("probe", "1")
        return bool(client.wait(1, 1000) == 1)


def _knows_replica(client: Any) -> bool:
    return len(client.execute_command("SENTINEL", "REPLICAS", "main")) == 1
