"""The progress of a long run: a bar on a terminal, plain lines in a log, nothing where all results were kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from seatrial.core.printable import plain
from seatrial.core.settings import Settings
from seatrial.lint.run import Cell
from seatrial.lint.run.lint_table import line_of
from seatrial.tasks.cli import note


def open_bar(total: int) -> tuple[Callable[[str, int], None], Callable[[], None]]:
    """Show a bar on standard error; return a function that advances it under a text, and one that removes it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    shown.start()
    row = shown.add_task("", total=total)
    return lambda text, steps: shown.update(row, advance=steps, description=plain(text)), shown.stop


@contextmanager
def progress(total: int, settings: Settings) -> Iterator[Callable[[Cell], None]]:
    """Yield a function that tells of each cell as it comes; `total` is the number of all cells."""
    if not sys.stderr.isatty():
        yield partial(_line, settings)
        return
    bar = _Bar(total)
    try:
        yield bar
    finally:
        bar.close()


def _line(settings: Settings, cell: Cell) -> None:
    if not cell.kept:
        note(line_of(cell, settings))


class _Bar:
    """A bar that appears with the first tool that really runs."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._kept = 0
        self._shown: Callable[[str], None] | None = None
        self._close: Callable[[], None] = lambda: None

    def __call__(self, cell: Cell) -> None:
        if cell.kept:
            self._kept += 1
            return
        if self._shown is None:
            self._open()
        if self._shown is not None:
            self._shown(f"{cell.integration.name} {cell.tool.name}")

    def _open(self) -> None:
        advance, self._close = open_bar(self._total - self._kept)
        self._shown = lambda text: advance(text, 1)

    def close(self) -> None:
        """Take the bar away."""
        self._close()
