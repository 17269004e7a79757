"""`giveway demo`: the main job on real files, watched live and checked at the end.

    command.py             the command and the order of the acts
    stage.py               folder, embedded Valkey, worker processes: what is set up and taken down
    channel_packages.py    the program that the worker runs (a link to examples/: one source)
    journal.py             what the tasks wrote about themselves
    first_act.py           200 packages, urgent ones in between, and a process that is killed
    second_act.py          the same order behind a batch that does not give way
    chronicle.py           makes out from the journal who runs what and who gave way for whom
    watch.py, scene.py     looks at all this; one moment of it as data
    screen.py, plain.py    that moment drawn live, or printed line by line
    checks.py, summary.py  what has been verified, and how long the urgent packages waited

Nothing here is computed or assumed: waits are differences of one monotonic clock between the order
and the first line of the task itself, and archives are opened before they are counted.
"""
