"""The standard loads under all policies: what docs/autoscaling.md tells, from its raw records.

    make simulation                                  # everything, about an hour on one core
    python -m benchmarks.autoscaling --policy giveway    # only this one again; the rest is kept
    python -m benchmarks.autoscaling --pictures          # only the pictures again

`experiment` tunes and measures, `records` is the file, `pictures` draws. The page's tables are
written from the records by scripts/generate_autoscaling_docs.py.
"""
