"""What a server says of itself, read from its own words; what it keeps to itself is not known."""

from giveway_operator.observe.server import ServerFacts, read

LINE = "id=%d addr=10.0.0.%d:5 laddr=x fd=8 name=%s age=1 idle=0 flags=N db=0 cmd=ping user=w\n"
NAMES = (
    "giveway:shop:web-1.7.ab:supervisor",
    "giveway:shop:web-1.7.ab:claim",
    "giveway:shop:web-1.7.ab:0-work",
    "giveway:other:web-2.7.ab:claim",
    "giveway:shop:laptop:client",
    "giveway:-:operator-0:operator",
    "someone-else",
    "",
)
LISTING = "".join(LINE % (n, n, name) for n, name in enumerate(NAMES)).encode()
CLIENTS = b"# Clients\r\nconnected_clients:8\r\nmaxclients:10000\r\n"


def test_whose_connections_those_are() -> None:
    facts = read([CLIENTS, {"maxmemory_policy": "noeviction"}, {"role": "master"}, LISTING])
    assert (facts.maxclients, facts.clients, facts.eviction_policy) == (10_000, 8, "noeviction")
    assert facts.foreign("shop") == 5
    assert facts.foreign("other") == 7
    assert facts.foreign("idle") == 8
    assert not facts.is_replica


def test_what_it_does_not_tell_is_none_and_not_nought() -> None:
    refused = PermissionError("NOPERM")
    facts = read([refused, refused, refused, refused])
    assert facts == ServerFacts()
    assert facts.foreign("shop") is None


def test_a_replica_says_so() -> None:
    assert read([b"", b"", b"role:slave\r\nmaster_host:x\r\n", b""]).is_replica
