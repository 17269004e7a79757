"""Help for the tests of programs that use Giveway: a real server, a worker without processes.

    embedded_server()   a real Valkey (extra `embedded`), or what GIVEWAY_TEST_SERVER names
    drain(app)          run what waits in the queue, here and now
    plain_batch()       a batch for a plain call of a batch function
    preempt_after(n)    batches give way after n items, and have to find their place again
    crash_after(n)      batches die after n items, and have to find their place again

Nothing here imitates Redis: what passes here runs on the same scripts as in production.
"""

from giveway.testing.disturb import SimulatedCrash, crash_after, preempt_after
from giveway.testing.drained import drain
from giveway.testing.plain import PlainBatch, plain_batch
from giveway.testing.server import EmbeddedServer, embedded_server

__all__ = [
    "EmbeddedServer",
    "PlainBatch",
    "SimulatedCrash",
    "crash_after",
    "drain",
    "embedded_server",
    "plain_batch",
    "preempt_after",
]
