"""The mistake of somebody who calls a command wrongly (exit code 2)."""

from giveway.errors import GivewayError


class WrongUsage(GivewayError):
    """Arguments that do not go together or do not mean anything; the message says what would."""
