"""The only file that reads a clock.

Instants that are stored are the Redis server's, read inside the scripts; what a process measures
for itself (waits, intervals, deadlines) is monotonic. Wall-clock time is for people's eyes only.
"""

import time

monotonic = time.monotonic
monotonic_ns = time.monotonic_ns
wall = time.time
sleep = time.sleep
