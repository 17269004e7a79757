"""A terminal as a person has it: tmux with a shell, into which commands and keys are typed."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.integration.worker.waiting import CEILING, until

BIN = Path(sys.executable).parent
PROMPT = "ready-for-more$"
# One that leaves prompt and terminal as they are.
SHELL = ("/bin/bash", "--norc", "--noprofile", "--noediting")


class Terminal:
    """A window of tmux on a server of its own. A context manager; at the end nothing is left."""

    def __init__(self, *, env: Mapping[str, str], width: int = 120, height: int = 40) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")  # its name is short enough
        self._socket = str(Path(self._folder.name) / "socket")
        self._env, self._size = env, (str(width), str(height))

    def __enter__(self) -> "Terminal":
        width, height = self._size
        given = {"PS1": f"{PROMPT} ", "LANG": "C.UTF-8"}
        variables = [f"-e{name}={value}" for name, value in (given | {**self._env}).items()]
        size = ["-x", width, "-y", height]
        bare = [";", "set", "status", "off"]  # the window is all of the terminal
        self._tmux("-f/dev/null", "new-session", "-d", *size, *variables, *SHELL, *bare)
        try:
            self.shows(PROMPT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
        self._folder.cleanup()

    # -- hands -------------------------------------------------------------------------------

    def keys(self, *keys: str) -> None:
        """Press these; names as tmux has them: Up, Down, C-c."""
        for key in keys:
            self._tmux("send-keys", key)

    def run(self, command: str) -> None:
        """Type a command."""
        self._tmux("send-keys", "-l", command)
        self._tmux("send-keys", "Enter")

    def resize(self, width: int, height: int) -> None:
        """Pull at the corner of the window."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    # -- eyes --------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """What stands there, all lines of the window."""
        shown = self._tmux("capture-pane", "-p").split("\n")
        return shown[: int(self._ask("pane_height"))]

    def text(self) -> str:
        return "\n".join(self.lines())

    def shows(self, *words: str, within: float = CEILING) -> list[str]:
        """The lines, once all of these words are there."""
        return self.meets(
            lambda lines: all(word in "\n".join(lines) for word in words), words, within
        )

    def meets(
        self, wish: Callable[[list[str]], bool], what: object, within: float = CEILING
    ) -> list[str]:
        """The lines, once they are as wished for."""

        def ask() -> list[str]:
            shown = self.lines()
            return shown if wish(shown) else []

        try:
            return until(ask, what=f"{what} on the screen", within=within)
        except AssertionError:
            raise AssertionError(f"{what} is not there:\n{self.text()}") from None

    def hides(self, word: str) -> None:
        """Wait until this is there no more."""
        until(lambda: word not in self.text(), what=f"{word} to leave the screen")

    @property
    def alternate(self) -> bool:
        """Whether a program has taken the whole screen."""
        return self._ask("alternate_on") == "1"

    @property
    def cursor(self) -> bool:
        """Whether the cursor is to be seen."""
        return self._ask("cursor_flag") == "1"

    @property
    def program(self) -> int:
        """The process that the shell runs."""
        shell = self._ask("pane_pid")
        (found,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(found)

    def settings(self) -> set[str]:
        """What `stty` says of the terminal."""
        tty = self._ask("pane_tty")
        said = subprocess.run(
            ["stty", "-F", tty, "-a"], capture_output=True, text=True, check=True
        ).stdout
        return set(said.replace(";", " ").split())

    def _ask(self, what: str) -> str:
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"tmux {arguments}: {done.stderr}"
        return done.stdout
