"""A network namespace: a machine of its own for a worker, joined to this one by a cable.

What can go wrong with it:
- `cut`: packets vanish in both directions, and nobody is told (each end is given a wrong hardware
  address for the other, so that the frames are thrown away where they arrive); `heal` ends it;
- `forget_flows`: every connection there is turns half-open, new ones succeed (the machine gets
  another address, as behind a gateway that lost its table);
- `call`: what a host name means inside, from the next look on.

Needs `ip` of iproute2 and root. Names and addresses are drawn at random, so that tests may run side
by side; whatever happened, `close` leaves nothing behind.
"""

import os
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_NOWHERE = "02:00:00:00:00:01"  # a locally administered hardware address that nobody has


class Namespace:
    """Life: made, `close` (idempotent)."""

    def __init__(self) -> None:
        assert sys.platform == "linux", "network namespaces are Linux's"
        assert os.geteuid() == 0, "run `make faults` as root: it makes network namespaces"
        assert shutil.which("ip"), "`ip` is missing (Debian: apt-get install iproute2)"
        tag = uuid4().hex[:8]
        self.name = f"giveway-{tag}"
        self._near, self._far = f"gwn{tag}", f"gwf{tag}"
        self._net = ".".join(map(str, (10, *(random.randint(64, 250) for _ in range(2)))))
        self.here = f"{self._net}.1"
        self._host = 2
        self._hosts = Path("/etc/netns") / self.name / "hosts"
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    @property
    def inside(self) -> tuple[str, ...]:
        """What to put before a command."""
        return ("ip", "netns", "exec", self.name)

    @property
    def there(self) -> str:
        """The address of the namespace, seen from here."""
        return f"{self._net}.{self._host}"

    def other_address(self) -> str:
        """One more address of this side."""
        address = f"{self._net}.200"
        _ip("addr", "add", f"{address}/32", "dev", self._near)
        return address

    def drop_first_address(self) -> None:
        """`here` goes away; nobody is told."""
        _ip("addr", "del", f"{self.here}/24", "dev", self._near)
        _ip("route", "replace", f"{self._net}.0/24", "dev", self._near)  # it went with the address

    def call(self, name: str, address: str) -> None:
        """Written in place: the file is mounted over /etc/hosts of who runs inside."""
        with self._hosts.open("w") as file:
            file.write(f"127.0.0.1 localhost\n{address} {name}\n")

    def cut(self) -> None:
        """From here on nothing arrives on either side."""
        self._say_where(_NOWHERE, _NOWHERE)

    def heal(self) -> None:
        """Packets arrive again; what TCP still repeats goes through."""
        self._say_where(self._far_hardware, self._near_hardware)

    def forget_flows(self) -> None:
        """Half-open connections: a new address, and the old one is nobody's."""
        old = self.there
        self._host += 1
        # In this order: the first address of a net takes the others along when it goes. And in one
        # go: what is sent while there is none fails at once, and whoever sends it is warned.
        self._inside_at_once(
            f"addr del {old}/24 dev {self._far}",
            f"addr add {self.there}/24 dev {self._far}",
            f"neigh replace {self.here} lladdr {self._near_hardware} dev {self._far} nud permanent",
        )
        # Redis's side must learn nothing either: its packets go there and are dropped.
        _ip("neigh", "replace", old, "lladdr", self._far_hardware, "dev", self._near)
        self.heal()

    def close(self) -> None:
        """Removes the namespace, the cable and the files."""
        _ip("netns", "delete", self.name, check=False)
        _ip("link", "delete", self._near, check=False)
        shutil.rmtree(self._hosts.parent, ignore_errors=True)
        with suppress(OSError):
            self._hosts.parent.parent.rmdir()  # only if it was ours alone

    def _make(self) -> None:
        self._hosts.parent.mkdir(parents=True)
        self.call("nobody.test", self.here)
        _ip("netns", "add", self.name)
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        _ip("link", "set", self._far, "netns", self.name)
        _ip("addr", "add", f"{self.here}/24", "dev", self._near)
        _ip("link", "set", self._near, "up")
        self._inside("addr", "add", f"{self.there}/24", "dev", self._far)
        self._inside("link", "set", self._far, "up")
        self._inside("link", "set", "lo", "up")
        self._near_hardware = _hardware(self._near)
        self._far_hardware = _hardware(self._far, *self.inside)
        self.heal()

    def _say_where(self, far: str, near: str) -> None:
        _ip("neigh", "replace", self.there, "lladdr", far, "dev", self._near)
        self._inside("neigh", "replace", self.here, "lladdr", near, "dev", self._far)

    def _inside(self, *words: str) -> None:
        _ip("-netns", self.name, *words)

    def _inside_at_once(self, *lines: str) -> None:
        _ip("-netns", self.name, "-batch", "-", said="\n".join(lines))


def _ip(*words: str, check: bool = True, said: str | None = None) -> None:
    done = subprocess.run(["ip", *words], input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"ip {' '.join(words)}: {done.stderr}"


def _hardware(device: str, *inside: str) -> str:
    found = subprocess.run(
        [*inside, "cat", f"/sys/class/net/{device}/address"],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()
