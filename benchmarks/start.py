"""How long a worker takes from its exec to its first task, because every new pod pays it.

    python benchmarks/start.py [--rounds 9] [--server PROGRAM]

A task waits; `giveway worker` is started on a small app of its own; the task notes the monotonic
clock, which all processes of one machine share. The time is split where the app is imported. Beside
it, in the same run: how long this Python takes to start and do nothing, and to `import giveway`.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import RawTextHelpFormatter
from pathlib import Path

from giveway import Giveway
from giveway.testing import embedded_server

APP = """
import os, time

def note(what):
    with open(f"{os.environ['START_NOTE']}.{what}", "w") as file:
        file.write(f"{time.monotonic_ns()}\\n")

note("reached")
from giveway import Giveway
app = Giveway("start")

@app.task
def first() -> None:
    note("ran")
"""
app = Giveway("start")


@app.task
def first() -> None:
    """The same task, for the side that enqueues it."""


def one_start(url: str, folder: Path, number: int) -> tuple[float, float]:
    """Milliseconds from exec to the import of the app, and to the first line of the task."""
    (folder / "small.py").write_text(APP)
    stem = folder / str(number)
    first.enqueue()
    program = Path(sys.executable).with_name("giveway")
    environment = {
        "GIVEWAY_REDIS_URL": url,
        "GIVEWAY_LOG_LEVEL": "WARNING",
        "GIVEWAY_METRICS_PORT": "9467",
        "START_NOTE": str(stem),
    }
    began = time.monotonic_ns()
    worker = subprocess.Popen(
        [str(program), "worker", "small:app"], cwd=folder, env=os.environ | environment
    )
    ran, reached = stem.with_suffix(".ran"), stem.with_suffix(".reached")
    try:
        while not (ran.exists() and ran.read_text().endswith("\n")):
            time.sleep(0.002)
    finally:
        worker.terminate()
        worker.wait()
    return (int(reached.read_text()) - began) / 1e6, (int(ran.read_text()) - began) / 1e6


def python_only(code: str) -> float:
    """Milliseconds of a Python that runs this code and ends."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - began) * 1000


def show(title: str, values: list[float]) -> None:
    """Median, minimum and maximum."""
    middle = statistics.median(values)
    print(f"{title:44} {middle:6.0f} ({min(values):.0f} to {max(values):.0f}) ms")


def main() -> None:
    """Alternate, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--server", help="a redis-server or valkey-server program")
    options = parser.parse_args()
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    nothing, library, imported, started = [], [], [], []
    with embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        app.override(redis_url=server.url)
        for number in range(options.rounds):
            nothing.append(python_only("pass"))
            library.append(python_only("import giveway"))
            first, last = one_start(server.url, Path(folder), number)
            imported.append(first)
            started.append(last)
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, {options.rounds} rounds")
    show("this Python, doing nothing", nothing)
    show("this Python, import giveway", library)
    show("giveway worker, exec to the app's import", imported)
    show("giveway worker, exec to the first task", started)


if __name__ == "__main__":
    main()
