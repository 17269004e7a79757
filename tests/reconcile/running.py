"""A real operator: `giveway operator run` as a process of its own, its events, its probes, its end.

What it does every half minute it does every second here, so that a test need not wait for long.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.cluster.keeper import ROOT
from tests.integration.worker.scrape import Port, free_port
from tests.integration.worker.waiting import CEILING, until

Event = dict[str, Any]


class RunningOperator:
    """Started by `start`; at the end of a `with` nothing of it is left.

    Parameters:
        kubeconfig: as whom, and through what, it reaches the API server.
        namespace: the only one that it looks after; its Lease is there as well.
        settings: other GIVEWAY_OPERATOR_ variables, in lower case without that prefix.
    """

    def __init__(self, kubeconfig: Path, *, namespace: str, **settings: object) -> None:
        self.port = Port(free_port())
        chosen: dict[str, object] = {
            "namespaces": namespace,
            "lease_namespace": namespace,
            "poll_seconds": 0.5,
            "cluster_seconds": 1,
            "list_seconds": 2,
            "status_seconds": 0,
            "metrics_port": self.port.number,
            "log": "json",
        } | settings
        variables = {f"GIVEWAY_OPERATOR_{key.upper()}": str(chosen[key]) for key in chosen}
        inside = {"KUBERNETES_SERVICE_HOST", "GIVEWAY_POD_NAME"}
        outer = {name: value for name, value in os.environ.items() if name not in inside}
        self._env = outer | variables | {"KUBECONFIG": str(kubeconfig)}
        self._events: list[Event] = []
        self.noise: list[str] = []

    # Life

    def start(self, *, ready: bool = True) -> "RunningOperator":
        """Returns when it has listed the resources."""
        self._process = subprocess.Popen(
            [Path(sys.executable).with_name("giveway"), "operator", "run"],
            cwd=ROOT,
            env=self._env,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if ready:
            until(lambda: not self.running or self.is_ready, what="the operator to be ready")
            assert self.running, self.told
        return self

    def __enter__(self) -> "RunningOperator":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """SIGKILL, if it runs: it can release nothing and tell nobody."""
        self._process.kill()
        self._ended()

    def _ended(self) -> int:
        code = self._process.wait(CEILING)
        self._reader.join(CEILING)
        if self._process.stderr is not None:
            self._process.stderr.close()
        return code

    # What it says

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        return self.port.status("/readyz") == 200

    @property
    def health(self) -> dict[str, Any]:
        """What /healthz says."""
        status, text = self.port.get("/healthz")
        found: dict[str, Any] = json.loads(text)
        assert found["alive"] is (status == 200)
        return found

    def looks(self, more: int) -> None:
        """Waits until it has looked at its queues so many times more, whatever came of it."""
        before = self._looks
        what = f"{more} more looks of the operator; it told: {self.told[-3000:]}"
        until(lambda: self._looks >= before + more, what=what)

    @property
    def _looks(self) -> float:
        return self.port.scrape().total("giveway_operator_reconciles_total")

    @property
    def told(self) -> str:
        """All that it wrote, for a message; without a line for each request."""
        events = [each for each in list(self._events) if each.get("logger") != "httpx2"]
        return "\n".join([*map(json.dumps, events), *self.noise])

    def events(self, name: str) -> list[Event]:
        return [event for event in list(self._events) if event.get("event") == name]

    def event(self, name: str) -> Event:
        """The first of this name, once there is one."""
        return until(lambda: self.events(name), what=f"the operator's event {name}")[0]

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            try:
                self._events.append(json.loads(line))
            except ValueError:
                self.noise.append(line.rstrip())
