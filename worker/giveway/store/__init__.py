"""Floor 1: the only place that knows Redis.

`commands` builds a verb's call, `execute` runs it (sync or async), `connect` opens a URL, `wait` is
the claim loop's own line, `reads` are plain reads, `loader` and `lua/` are the scripts. What the
scripts promise is `docs/protocol.md`.
"""
