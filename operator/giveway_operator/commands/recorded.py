"""`giveway simulate --from redis`: watches a live queue and writes a trace."""

from pathlib import Path

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.progress import progress
from giveway.cli.terminal import complain, print_json
from giveway.cli.usage import WrongUsage
from giveway.cli.words import count, duration
from giveway.clock import monotonic, sleep
from giveway.errors import StoreUnavailable
from giveway_operator.simulate.recording import Recording
from giveway_operator.simulate.trace import write_trace
from giveway_operator.simulate.wishes import duration_seconds, writable

_EVERY_SECONDS = 1.0


def record(
    queue: str | None, redis_url: str | None, *, watch: str, out: Path | None, as_json: bool
) -> None:
    """Looks at the queue every second; what was seen is written even if it is interrupted."""
    if out is None:
        raise WrongUsage("--from redis needs --out FILE.csv: where the trace is written to")
    writable(out, option="--out")
    if out.exists():
        raise WrongUsage(f"--out {out} exists already; a trace is not written over")
    seconds = duration_seconds(watch, option="--for")
    recording = Recording()
    with open_queue(queue, redis_url) as opened:
        recording.look(opened.look(opened.commands.stats()))
        try:
            _watch(opened, recording, seconds)
        except KeyboardInterrupt:
            complain("interrupted: what was seen until now is written")
        _look(opened, recording)
        name = opened.queue
    rows = write_trace(out, recording.arrivals(), tiers=recording.tiers)
    _tell(name, recording, out, rows, as_json=as_json)


def _watch(opened: OpenQueue, recording: Recording, seconds: float) -> None:
    began, shown = monotonic(), 0
    with progress(f"watching {opened.queue}", total=max(1, round(seconds))) as advance:
        while (passed := monotonic() - began) < seconds:
            sleep(min(_EVERY_SECONDS, seconds - passed))
            _look(opened, recording)
            advance(round(monotonic() - began) - shown)
            shown = round(monotonic() - began)


def _look(opened: OpenQueue, recording: Recording) -> None:
    try:
        recording.look(opened.look(opened.commands.stats()))
    except StoreUnavailable as error:  # a longer interval is no loss of arrivals
        complain(error)


def _tell(queue: str, recording: Recording, out: Path, rows: int, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "queue": queue,
                "file": str(out),
                "tasks": rows,
                "seconds": recording.seconds,
                "tiers": list(recording.tiers),
            }
        )
        return
    print(f"{count(rows, 'task')} in {duration(recording.seconds)} of {queue}, written to {out}")
    if rows:
        slo = ",".join(f"{tier}=SECONDS" for tier in recording.tiers)
        print(f"next: giveway simulate --trace {out} --slo {slo}")
