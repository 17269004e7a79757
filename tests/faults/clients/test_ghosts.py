"""A ghost: a connection that its server believes in, of a worker that has long gone."""

from pathlib import Path

import redis

from tests.integration.command_line import SHOP, CommandLine
from tests.integration.worker.waiting import until


def test_a_ghost_of_a_worker_is_found_and_closed_and_nobody_else(
    redis_url: str, queue: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    shell = CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})
    shell.ok("queue", "tiers", "--set", "high,low")
    names = [f"giveway:{queue}:gone.1.ab:f00d-claim", f"giveway:{queue}:shop-1:producer", "other"]
    names.append(f"giveway:{queue}-2:alive.1.ab:f00d-claim")
    clients = [redis.Redis.from_url(redis_url, client_name=name) for name in names]
    ids = [int(client.client_id()) for client in clients]

    def stale(*flags: str) -> dict[int, str]:
        listed = shell.ok("clients", "list", "--json", *flags).json["connections"]
        return {one["id"]: one["stale"] for one in listed if one["stale"]}

    assert stale() == {}, "a worker connects before its first heartbeat"
    # Half a minute has to pass: nothing younger is judged.
    until(lambda: stale() == {ids[0]: "owner-gone"}, what="a stale connection", within=60)
    assert "stale: owner-gone" in shell.ok("clients", "list").out
    # Those of the queue whose workers were asked for: of others nobody knows who is alive.
    assert ids[3] not in stale("--all")
    assert shell.ok("clients", "recycle", "--stale").out.startswith(f"closed {ids[0]}: ")
    assert stale() == {}
    with redis.Redis.from_url(redis_url) as client:
        left = {int(one["id"]) for one in client.client_list()}
    assert not {ids[0]} & left
    assert {*ids[1:]} <= left, "a producer may rest, and others are left alone"
    for client in clients:
        client.close()
