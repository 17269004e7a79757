"""A worker's port as a test sees it: the probes, and the metrics as numbers."""

import socket
from http.client import HTTPConnection

from prometheus_client.parser import text_string_to_metric_families


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.create_server(("", 0)) as found:
        return int(found.getsockname()[1])


class Port:
    """`/metrics`, `/healthz` and `/readyz` of a worker on this machine."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def env(self) -> dict[str, str]:
        """For the worker that shall listen here."""
        return {"GIVEWAY_METRICS_PORT": str(self.number)}

    def get(self, path: str) -> tuple[int, str]:
        """Status and text."""
        connection = HTTPConnection("127.0.0.1", self.number, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def status(self, path: str) -> int:
        """0 if nobody answers."""
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def scrape(self) -> "Scrape":
        """All metrics, now."""
        status, text = self.get("/metrics")
        assert status == 200, text
        return Scrape(text)


class Scrape:
    """What a scraper got."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def all(self, name: str, **labels: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of every series of this name that has these labels."""
        return [
            (sample.labels, sample.value)
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def one(self, name: str, **labels: str) -> float:
        """The value of the only such series."""
        ((_, value),) = self.all(name, **labels)
        return value

    def total(self, name: str, **labels: str) -> float:
        """Their sum; 0 if there is none."""
        return sum(value for _, value in self.all(name, **labels))

    def values(self, name: str, label: str, **labels: str) -> set[str]:
        """What this label is, over such series."""
        return {seen[label] for seen, _ in self.all(name, **labels)}
