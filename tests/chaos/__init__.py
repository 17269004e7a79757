"""Much work while everything that can break breaks: nothing lost, nothing settled twice.

`make chaos` is the long form (100,000 tasks, ten minutes), `make chaos ARGS=--short` the one for CI
(90 seconds), and `test_short_form.py` a moment of it that runs with all tests.

What happens: two workers of two processes each serve three tiers. What breaks, and when, is a list
drawn from the seed (`faults.py`), carried out by `director.py` on what `stage.py` holds; what is
enqueued is drawn from the seed as well (`workload.py`).

What is read afterwards, none of it told by the code under test:

1. the *append-only file* of Redis: every write of every script, in the order in which it happened,
   each script as one transaction. Unlike MONITOR it survives the death of the server, because it is
   what the server itself comes back from (`history.py`, `ledger.py`);
2. the *diary*: what the tasks themselves wrote when they ran (`diary.py`);
3. what the kernel says about the processes (`watch.py`), and Redis about its clients and keys.

`verdict.py` compares the three. Every run prints its seed; `--seed` repeats its plan and its work
(not the instants at which processes happen to be, which no seed can repeat).
"""
