"""Which pod lives but does not get on."""

from enum import Enum


class Stuck(Enum):
    """Why a pod should be replaced."""

    CONSUMER_STUCK = "consumer-stuck"  # its heartbeat goes on, a claim loop of it does not
    SILENT = "silent"  # it runs, and nothing is heard of it
