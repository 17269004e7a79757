"""Ids of tasks that were given none.

24 characters: 48 bits of milliseconds, so that a list of ids sorts by time for whoever reads it,
then 72 random bits from the system, which no two processes share, forked or not. The engine does
not check generated ids for duplicates: at 100,000 tasks a second two of them meet once in some 30
million years. The time is for people's eyes and plays no part in the protocol.
"""

import os
from base64 import b32hexencode

from giveway import clock
from giveway.core.task import TaskId


def new_id() -> TaskId:
    """A new id of a-v and 0-9, in the order of time (to the millisecond)."""
    milliseconds = int(clock.wall() * 1000)
    # The hex alphabet of base 32 sorts as the bytes do; 15 bytes need no padding.
    raw = b32hexencode(milliseconds.to_bytes(6, "big") + os.urandom(9))
    return TaskId(raw.decode().lower())
