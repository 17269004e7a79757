"""Much work, and a child killed with -9 again and again: nothing lost, nothing settled twice.

`make chaos` is the long form (20,000 tasks, a kill a second), `test_short_form.py` the one that
runs with all tests. What is done stands in `plan.py`, what the server did is seen by
`observer.py`, and what must hold is `verdict.py`. Every run prints its seed; `--seed` repeats its
plan and its kills (not the instants at which processes happen to be, which no seed can repeat).
"""
