"""The worker: what runs tasks. Start at `worker.py` (top) or `slot.py` (one task at a time)."""
