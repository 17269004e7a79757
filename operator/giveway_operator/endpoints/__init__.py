"""The Redis servers that queues are on: who they are, which may be dialled, one connection to each.

Many queues share a server; what identifies one is what stands in its Secret (`source`). Both
`observe` and `apply` reach them through `pool`.
"""
