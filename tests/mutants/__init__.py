"""Mutants of the scripts: each must be noticed by a test, or the tests prove less than they say.

`catalogue*.py` lists them, `hunt.py` runs the property machine and the contract tests against one,
`python -m tests.mutants` runs them all and prints the table (`make mutants`).
"""
