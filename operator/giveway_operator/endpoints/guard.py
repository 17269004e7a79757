"""Where a Redis URL may not lead, whatever name stands in it. Pure.

Who may write a Secret in some namespace decides what the operator dials, and the operator reaches
more than they do: a cloud's metadata service hands out credentials to whoever asks from inside.
Several operators have had this as a CVE (server-side request forgery). So, in this order:

1. link-local addresses (169.254.0.0/16, fe80::/10), where metadata services live;
2. the metadata addresses that lie elsewhere (`_METADATA`);
3. addresses that are nobody's: unspecified, multicast, reserved;
4. the API server's own address and port.

Private and loopback addresses are what a Redis in a cluster has: they are allowed. An IPv4 address
that is dressed as IPv6 (mapped, NAT64, 6to4) is judged by what is in it.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from giveway.store.address import Address, Kind
from giveway.store.guarded import Guard

# AWS over IPv6, Alibaba, Oracle, Azure's wire server.
_METADATA: Final = frozenset(
    ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


def refusals(*, api_servers: Collection[tuple[str, int]] = ()) -> Guard:
    """Asked before each connect. `api_servers`: IP addresses and ports of the API server."""
    servers = {(_plain(ip_address(place)), port) for place, port in api_servers}

    def guard(place: str, port: int) -> str | None:
        address = _plain(ip_address(place.partition("%")[0]))
        if address.is_link_local:
            return "it is a link-local address"
        if address in _METADATA:
            return "it is the address of a metadata service"
        reserved = address.is_reserved and not address.is_loopback  # ::1 is both
        if address.is_unspecified or address.is_multicast or reserved:
            return "it is no address of a server"
        if (address, port) in servers:
            return "it is the API server"
        return None

    return guard


def why_unusable(address: Address, guard: Guard) -> str | None:
    """What a URL asks for that cannot be had, by its text alone; None: nothing.

    Names are judged when they are dialled; that an address stands in it is said at once, and in
    better words than a Sentinel's client would find.
    """
    if address.kind is Kind.UNIX:
        return "the Redis URL names a socket: the operator reaches Redis over the network only"
    if address.tls_files:
        name = address.tls_files[0][0]
        return f"the Redis URL names a file ({name}): put the certificate into caSecret"
    for host, port in address.nodes:
        why = guard(host, port) if _is_address(host) else None
        if why is not None:
            return f"the Redis host {host} may not be used: {why}"
    return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """What is inside of an IPv6 address that carries an IPv4 one."""
    if isinstance(address, IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in _NAT64:
        inside = IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address
