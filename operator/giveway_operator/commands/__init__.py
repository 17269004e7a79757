"""The operator's commands. They join `giveway` through the entry-point group `giveway.commands`.

Modules here import only typer at their top: `giveway worker` must start as fast as without them.
"""
