"""The tests, by room.

architecture   the floors, the public names, the wheel
unit           pure code, no server
property       the scripts against a small model, with Hypothesis
contract       every verb on a real server
integration    real processes, real signals, broken connections
mutants        broken scripts that a test must notice
chaos          everything at once while processes are killed
proxy          a TCP proxy that drops, delays and cuts; no tests
"""
