"""The command line: one file per noun, and `main` that puts them together.

It is the top floor: commands read the terminal, call the library, and print. What a command prints
for people goes through `terminal.py`; with `--json` it prints one JSON document and nothing else.
"""
