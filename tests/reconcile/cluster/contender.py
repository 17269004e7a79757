"""A process that contends for a Lease and acts while it leads: each act is a line with its instant.

Instants are CLOCK_MONOTONIC, which all processes of a machine share. SIGTERM: it stops in good
order. Arguments: kubeconfig, namespace, identity, file, duration of the Lease in seconds.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.lease import Lease, LeaseTimes

ACT_SECONDS = 0.002


async def main(kubeconfig: Path, namespace: str, identity: str, path: Path, seconds: float) -> None:
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM,
        asyncio.current_task().cancel,  # type: ignore[union-attr]
    )
    api = Api.connect(kubeconfig=kubeconfig)
    lease = Lease(
        api,
        namespace=namespace,
        name="leader",
        identity=identity,
        times=LeaseTimes.of(seconds),
    )
    acts = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    await lease.start()
    try:
        while True:
            if lease.holder:
                path.with_suffix(".sees").touch()  # it has looked, and knows who leads
            if lease.holding:
                os.write(acts, f"{time.monotonic():.6f}\n".encode())
            await asyncio.sleep(ACT_SECONDS)
    except asyncio.CancelledError:
        await lease.stop()
        await api.close()


if __name__ == "__main__":
    kubeconfig, namespace, identity, path, seconds = sys.argv[1:]
    asyncio.run(main(Path(kubeconfig), namespace, identity, Path(path), float(seconds)))
