"""How far a release is: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from seatrial.releasing.journal import Event
from seatrial.tasks.door import note


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Tells of each step as it comes; `total` is how many there will be."""
    if not sys.stderr.isatty() or not total:
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        row = shown.add_task("", total=total)

        def tell(event: Event) -> None:
            ended = event.word != "begin"
            shown.update(row, advance=int(ended), description=f"{event.subject} {event.step.value}")

        yield tell


def _line(event: Event) -> None:
    """One line for what took time or changed something."""
    if event.word == "begin":
        return
    seconds = f" ({event.seconds:.0f} s)" if event.seconds >= 1 else ""
    note(f"{event.subject}: {event.step.value} {event.word}{seconds}")
