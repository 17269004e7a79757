"""A real Prometheus that scrapes every second: one worker, or what its configuration says."""

import json
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until

_OF_ONE_WORKER = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: worker
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"these tests need {name}: apt-get install prometheus"
    return found


class Prometheus:
    """Started in `folder`; ask it with `query`. `target`: the port of one worker."""

    def __init__(self, folder: Path, *, target: int = 0, configuration: str = "") -> None:
        folder.mkdir()
        self._port = free_port()
        file = folder / "prometheus.yml"
        file.write_text(configuration or _OF_ONE_WORKER.format(port=target))
        self._command = [
            program("prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=error",
        ]

    def __enter__(self) -> "Prometheus":
        self._process = subprocess.Popen(self._command)
        until(self._ready, what="Prometheus")
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of the answer."""
        result = self._get("/api/v1/query", query=expression)["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in result]

    def one(self, expression: str) -> float:
        """The value of the only series."""
        ((_, value),) = self.query(expression)
        return value

    def total(self, expression: str) -> float:
        """0 if there is no series."""
        return sum(value for _, value in self.query(expression))

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health and the last error of its evaluation."""
        groups = self._get("/api/v1/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def reload(self) -> None:
        """Configuration and rules are read anew; what was scraped stays."""
        loaded = "prometheus_config_last_reload_success_timestamp_seconds"
        before = self._own(loaded)
        self._process.send_signal(signal.SIGHUP)
        until(lambda: self._own(loaded) != before, what="Prometheus to load its rules")

    def _own(self, metric: str) -> str:
        """Of Prometheus itself, as it writes it."""
        with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            lines: list[str] = answer.read().decode().splitlines()
        return next(line for line in lines if line.startswith(f"{metric} "))

    def _ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _get(self, path: str, **query: str) -> Any:
        url = f"http://127.0.0.1:{self._port}{path}?{urlencode(query)}"
        with urlopen(url, timeout=10) as answer:
            return json.load(answer)
