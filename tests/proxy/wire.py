"""Where one message ends in a stream of RESP2 or RESP3: the least a proxy must know of Redis.

`Frames` is fed bytes as they arrive and gives back whole messages as the bytes they were, so that
what is passed on is what came. `words` reads the words of a command for predicates.
"""

from collections.abc import Iterator

_LINE = b"+-:_#,("  # complete with their line
_BULK = b"$=!"  # followed by that many bytes and CRLF
_MANY = b"*~>"  # followed by that many messages
_PAIRS = b"%|"  # followed by twice that many


class Frames:
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every message that is complete now; an unfinished tail is kept for the next call."""
        self._buffer += data
        start = 0
        while (end := _end(self._buffer, start)) is not None:
            yield bytes(self._buffer[start:end])
            start = end
        del self._buffer[:start]


def words(command: bytes) -> list[bytes]:
    """The words of one command (`*2 $3 GET $1 k` gives GET and k)."""
    found: list[bytes] = []
    at = command.index(b"\r\n") + 2
    while at < len(command):
        line = command.index(b"\r\n", at)
        size = int(command[at + 1 : line])
        found.append(command[line + 2 : line + 2 + size])
        at = line + 2 + size + 2
    return found


def is_push(reply: bytes) -> bool:
    """An out-of-band message of RESP3, which answers no command."""
    return reply[:1] == b">"


def _end(buffer: bytearray, start: int) -> int | None:
    """The offset after the message at `start`, None while it is incomplete. Not recursive: replies
    may nest, and a proxy must not care how deep."""
    at, missing = start, 1
    while missing:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        kind, rest = buffer[at], bytes(buffer[at + 1 : line])
        at, missing = line + 2, missing - 1
        if kind in _LINE:
            continue
        size = int(rest)
        if kind in _BULK:
            at += size + 2 if size >= 0 else 0
        elif kind in _MANY:
            missing += max(size, 0)
        elif kind in _PAIRS:
            # An attribute (`|`) is followed by the message that it describes.
            missing += 2 * size + (1 if kind == ord("|") else 0)
        if at > len(buffer):
            return None
    return at
