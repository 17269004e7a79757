"""What a capsule and whoever started it say to each other: lines of a word and its content."""

import json
from dataclasses import dataclass
from typing import IO

BEGUN = "begun"  # the namespaces are there; the capsule waits for its link
LINKED = "linked"  # the answer
SAYS = "says"  # progress, for people
READY = "ready"  # the cluster's facts, as JSON
FAILED = "failed"  # why it will not be ready
ENDED = "ended"  # a program that nobody has stopped: its last words


@dataclass(frozen=True, slots=True)
class Line:
    word: str
    content: str = ""


def tell(to: IO[str], word: str, content: str = "") -> None:
    print(word, json.dumps(content), file=to, flush=True)


def hear(line: str) -> Line:
    word, _, content = line.partition(" ")
    return Line(word, json.loads(content))
