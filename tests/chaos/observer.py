"""What the server really did, in the order in which it did it: MONITOR, read to the end.

MONITOR shows every command of every script, one after the other as they changed the data. From
these the observer keeps the length of every list of ready work by itself, and at each claim (a
script that trims the head of a list) it compares: was anything left in a list that goes first?
Nothing of our own code is asked.
"""

import re
import socket
import threading
from dataclasses import dataclass, field

from giveway.core.keys import QueueKeys

_LINE = re.compile(rb'lua\] "(RPUSH|LPUSH|LPOP|LTRIM)" "([^"]+)" (.*)$', re.IGNORECASE)
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"')


@dataclass(slots=True)
class Seen:
    """What was observed. `out_of_order` says which claim passed over what."""

    claims: int = 0
    claimed: int = 0
    commands: int = 0
    out_of_order: list[str] = field(default_factory=list)
    lengths: dict[bytes, int] = field(default_factory=dict)


class Observer:
    """Watches from `start` to `stop`; `stop` reads what the server has sent before it."""

    def __init__(self, *, port: int, keys: QueueKeys, tiers: tuple[str, ...]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._marker = f"{keys.prefix}the-end".encode()
        pairs = [(keys.back(tier), keys.tier(tier)) for tier in tiers]
        self._order = [key.encode() for pair in pairs for key in pair]
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.seen = Seen(lengths=dict.fromkeys(self._order, 0))
        self._port = port

    def start(self) -> "Observer":
        self._socket.sendall(b"*1\r\n$7\r\nMONITOR\r\n")
        assert self._socket.recv(5) == b"+OK\r\n"
        self._thread.start()
        return self

    def stop(self) -> Seen:
        """All that was done before this call has been looked at when it returns."""
        with socket.create_connection(("127.0.0.1", self._port)) as other:
            other.sendall(b"EXISTS %b\r\n" % self._marker)
            other.recv(64)
        self._thread.join(60)
        assert not self._thread.is_alive(), "MONITOR did not show the end"
        self._socket.close()
        return self.seen

    def _read(self) -> None:
        with self._socket.makefile("rb") as lines:
            for line in lines:
                self.seen.commands += 1
                found = _LINE.search(line.rstrip())
                if found:
                    self._follow(found[1].upper(), found[2], found[3])
                elif self._marker in line:
                    return

    def _follow(self, command: bytes, key: bytes, rest: bytes) -> None:
        lengths = self.seen.lengths
        if key not in lengths:
            return
        words = _WORD.findall(rest)
        if command in (b"RPUSH", b"LPUSH"):
            lengths[key] += len(words)
        elif command == b"LTRIM":
            self._claimed(key, int(words[0]))
        else:
            self.seen.out_of_order.append(
                f"{command!r} on {key!r}: nothing but a claim was expected"
            )

    def _claimed(self, key: bytes, count: int) -> None:
        seen = self.seen
        seen.claims += 1
        seen.claimed += count
        for urgent in self._order[: self._order.index(key)]:
            if seen.lengths[urgent]:
                seen.out_of_order.append(
                    f"claim {seen.claims} took {count} of {key!r} although "
                    f"{seen.lengths[urgent]} waited in {urgent!r}"
                )
        seen.lengths[key] -= count
