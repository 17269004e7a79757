"""The producer's side of a queue: enqueue, look, wait, cancel; with and without asyncio.

steps.py    one definition of a call, run by a sync or an async driver
lanes.py    numbered requests, so that a call may be repeated without harm
calls.py    what a producer does, as steps
client.py   connections, threads, event loops and forks
handle.py   `TaskHandle`, what `enqueue` returns
"""

from giveway.client.client import Client
from giveway.client.handle import TaskHandle, TaskProgress

__all__ = ["Client", "TaskHandle", "TaskProgress"]
