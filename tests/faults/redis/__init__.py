"""Redis killed, emptied, promoted, loading, full, read-only: whole workers, real servers."""
