"""The tests, by room.

    architecture   the floors, the public names, the wheel
    unit           pure code, no server
    property       the scripts against a small model, with Hypothesis
    contract       every verb on a real server
    integration    real processes, real signals, a TCP proxy of our own
    mutants        broken scripts that a test must notice
"""
