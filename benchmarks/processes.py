"""Programs run to their end: their output and what they cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

THIS = Path(__file__).parents[1]
"""The checkout that this file belongs to."""

NOT_FOUND = 127
"""The exit status of a program that does not exist, as in a shell."""


@dataclass(frozen=True)
class Run:
    """One run of a program: exit status, output, seconds on the clock and of the processor, peak megabytes."""

    status: int
    out: str
    err: str
    wall: float
    cpu: float
    peak: float

    def as_json(self) -> dict[str, object]:
        """Return a mapping to write down."""
        return asdict(self)


GROUPS = (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup"))
"""The folders of control groups that count processor time, of the first version and of the second."""

_JOINING = ("/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"')
"""A command that enters a control group, named next, and becomes the program behind it."""


@contextmanager
def _control_group() -> Iterator[Path | None]:
    """Yield a new control group; None where none can be made."""
    for place in GROUPS:
        group = place / f"seatrial-{os.getpid()}-{time.monotonic_ns()}"
        with suppress(OSError):
            if (place / "cgroup.procs").exists():
                group.mkdir()
                break
    else:
        yield None
        return
    try:
        yield group
    finally:
        with suppress(OSError):
            group.rmdir()


def _counted(group: Path) -> float:
    """Return the seconds of the processor that a control group has counted."""
    usage = group / "cpuacct.usage"
    if usage.exists():
        return int(usage.read_text()) / 1e9
    told = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(told["usage_usec"]) / 1e6


def counts_all() -> bool:
    """Return whether the time of all descendants of a program is counted."""
    with _control_group() as group:
        return group is not None


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Run:
    """Run a program to its end. Processor time is user plus system, of its own child processes too.

    Of children that it does not wait for, such as lint's workers and what they start, only a control group tells; where
    none can be made, which takes root, their time is missing, as `counts_all` says.
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _control_group() as group:
        try:
            process = subprocess.Popen(
                [*_JOINING, str(group / "cgroup.procs"), *command] if group else command,
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        except FileNotFoundError as missing:
            return Run(NOT_FOUND, "", f"{missing}", 0.0, 0.0, 0.0)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        cpu = _counted(group) if group else usage.ru_utime + usage.ru_stime
        return Run(process.returncode, _text(out), _text(err), wall, cpu, usage.ru_maxrss / 1024)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="surrogateescape")


def seatrial(checkout: Path, folder: Path, *arguments: str, **more: str) -> Run:
    """Run this interpreter with a checkout's modules, such as `-m seatrial rules`, and more environment variables.

    The modules come from the checkout's `scripts` through PYTHONPATH, because an editable install adds an import hook
    of its own, whose cost depends on how it was made.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SEATRIAL_"))}
    return run(
        [sys.executable, *arguments], folder, {**kept, "PYTHONPATH": str(checkout / "scripts"), **more}
    )


def in_turn(programs: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Run the programs A B C A B C; a first round, which fills caches of files and bytecode, does not count."""
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, start in programs.items():
            one = start()
            runs[name] += [one] if number else []
    return runs


def median(runs: Sequence[Any], figure: str) -> float:
    """Return the median of one figure of some runs, such as `wall`."""
    return statistics.median(getattr(one, figure) for one in runs)


def machine() -> str:
    """Return what measurements depend on: cores and the load, which should be below the cores."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
