"""The numbers and names that hold unless somebody says otherwise, and the limits nobody can lift.

They stand here, and not in `settings.py`, because an app must know them without paying for the
import of pydantic-settings when its module is loaded.
"""

DEFAULT_TIERS = ("high", "normal", "low")
DEFAULT_TIER = "normal"

DEFAULT_MAX_CRASHES = 3
TASK_RETAIN_SECONDS = 600
BATCH_RETAIN_SECONDS = 24 * 3600
UNIQUE_SECONDS = 600
MAX_SUSPENDED_SECONDS = 60.0

# A worker says that it lives every two seconds at least; so long without a word is no accident.
SILENT_SECONDS = 10.0

PAYLOAD_LIMIT = 1024 * 1024
RESULT_LIMIT = 64 * 1024
ERROR_LIMIT = 16 * 1024
CURSOR_LIMIT = 16 * 1024
NESTING_LIMIT = 64

CHUNK_TASKS = 1_000
CHUNK_BYTES = 4 * 1024 * 1024
