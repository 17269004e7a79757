"""`helm test`: asks the operator whether it is ready; enqueues a task and waits for its result."""
# ruff: noqa: S310, T201

import json
import os
import subprocess
import sys
import time
import urllib.request
from typing import Any

POLL_SECONDS = 0.5


def ask_operator(url: str) -> None:
    with urllib.request.urlopen(f"{url}/readyz", timeout=10):
        print("the operator is ready")


def giveway(*words: str) -> Any:
    """What it says, as JSON. What goes wrong it says itself, on standard error."""
    command = ["giveway", *words, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def run_task(task: str, arguments: str, *, tier: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    id = giveway("enqueue", task, arguments, "--tier", tier)["id"]
    print(f"enqueued {id}")
    while (found := giveway("task", "show", id))["state"] not in ("done", "dead", "cancelled"):
        if time.monotonic() > deadline:
            sys.exit(f"{id} is still {found['state']} after {seconds:g} s: has it a worker?")
        time.sleep(POLL_SECONDS)
    print(json.dumps(found, indent=2))
    sys.exit(found["state"] != "done")


if operator := os.environ.get("OPERATOR"):
    ask_operator(operator)
if task := os.environ.get("TASK"):
    seconds = float(os.environ["TIMEOUT_SECONDS"])
    run_task(task, os.environ["ARGUMENTS"], tier=os.environ["TIER"], seconds=seconds)
