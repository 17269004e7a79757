"""`giveway worker --reload`: the whole worker is started anew when a Python file changes.

This process imports nothing of the app, so no mistake in it can end it: it starts the worker as a
process of its own, looks at files, and ends the one before it starts the next. A worker that ends
by itself (a syntax error, a wrong setting) has said why in one line; the next change starts anew.

Signals: the worker has a process group of its own, so that a terminal's Ctrl-C arrives once, here,
and is passed on as SIGTERM; a second one ends the worker's grace, as ever. If this process is
killed, the worker goes with it.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from giveway.cli.terminal import complain
from giveway.cli.usage import WrongUsage
from giveway.errors import GivewayError
from giveway.runtime.process import describe_exit, die_with_parent

_LOOK_MS = 200  # how often it is seen that the worker has ended
_NAMED = 3  # so many changed files are named


def run_reloading(target: str, arguments: Sequence[str], *, burst: bool) -> int:
    """Until it is told to stop. `arguments` are those of the command line, after `giveway`."""
    if burst:
        raise WrongUsage("--burst ends by itself and --reload never does: leave one of them out")
    if importlib.util.find_spec("watchfiles") is None:
        raise GivewayError("--reload needs watchfiles: pip install 'giveway[reload]'")
    command = [sys.executable, "-m", "giveway.cli.main"]
    command += [one for one in arguments if one != "--reload"]
    return Reloader(command, folders_of(target)).run()


def folders_of(target: str) -> list[Path]:
    """The working folder, and that of the app's package if it lies elsewhere. Imports nothing."""
    here = Path.cwd()
    module = target.partition(":")[0].partition(".")[0]
    try:
        found = importlib.util.find_spec(module)
    except ValueError:
        return [here]  # the worker will say what is wrong with it
    places = list(found.submodule_search_locations or []) if found else []
    if found and not places and found.has_location and found.origin:
        places = [str(Path(found.origin).parent)]
    elsewhere = [Path(place).resolve() for place in places]
    return [here, *(place for place in elsewhere if not place.is_relative_to(here))]


class Reloader:
    """One worker at a time, and the files that it is made of."""

    def __init__(self, command: Sequence[str], folders: Sequence[Path]) -> None:
        self._command, self._folders = list(command), list(folders)
        self._worker: subprocess.Popen[bytes] | None = None  # None: it has ended by itself
        self._stop = threading.Event()

    def run(self) -> int:
        """The exit code: 0, whatever the worker's was, because somebody has ended both."""
        from watchfiles import PythonFilter, watch

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        changes = watch(
            *self._folders,
            watch_filter=PythonFilter(),
            stop_event=self._stop,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
        )
        next(changes, None)  # it watches from here on: no change is missed while the worker starts
        complain(f"watching {', '.join(map(str, self._folders))}; Ctrl-C ends")
        self._start()
        for changed in changes:
            if changed:
                self._restart(path for _, path in changed)
            else:
                self._look()
        self._wait()
        return 0

    def _start(self) -> None:
        if self._stop.is_set():
            return
        own = os.getpid()
        self._worker = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,  # in a group of its own it could not read the terminal
            process_group=0,
            preexec_fn=lambda: die_with_parent(own),  # noqa: PLW1509 -- our threads hold no locks
        )
        if self._stop.is_set():  # asked while it was being started
            self._tell_to_end()

    def _restart(self, changed: Iterable[str]) -> None:
        complain(f"{_names(changed)} changed: starting anew")
        self._tell_to_end()
        self._wait()
        self._start()

    def _look(self) -> None:
        if self._worker is not None and self._worker.poll() is not None:
            how = describe_exit(_status(self._worker.returncode))
            complain(f"the worker has ended ({how}); the next change starts it anew")
            self._worker = None

    def _tell_to_end(self) -> None:
        if self._worker is not None:
            self._worker.send_signal(signal.SIGTERM)

    def _wait(self) -> None:
        if self._worker is not None:
            self._worker.wait()  # a second Ctrl-C meanwhile is passed on, and hurries it
            self._worker = None

    def _asked_to_stop(self, *_: object) -> None:
        self._stop.set()
        self._tell_to_end()


def _names(paths: Iterable[str]) -> str:
    names = sorted({os.path.relpath(path) for path in paths})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _status(code: int) -> int:
    """What `wait` would have said."""
    return -code if code < 0 else code << 8
