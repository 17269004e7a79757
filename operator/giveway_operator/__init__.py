"""Giveway's Kubernetes operator: watches `PriorityQueue`s, scales their workers, recycles.

Model: *gather, decide, act*. Files that decide are pure (`rates`, `policy`, `victims`, `plan`,
`status`): values in, values out, no clock and no I/O. Files that touch the world (`redis_side/`,
`cluster/`) decide nothing. One loop (`loop`) joins them for all queues; kopf only fills the list of
what there is (`handlers`). The rooms and which may import which: docs/architecture.md.
"""
