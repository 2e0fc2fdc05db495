"""The table of a lint run: an integration a line, a tool a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.settings import Settings
from seatrial.lint.run.jobs import Cell
from seatrial.lint.run.tool_findings import errors_of

HEAD = "integration"

MOST_ROWS = 60
"""The number of rows beyond which only those with problems are shown."""

_PAINT = {"ok": "32", "errors": "1;31", "failed": "1;35", "none": "33"}


@dataclass(frozen=True)
class Square:
    """A cell as text: a state of _PAINT, words for it, and the seconds that the tool ran, if it ran now."""

    state: str
    words: str
    seconds: float | None = None

    @property
    def text(self) -> str:
        """The words, and the time where the tool ran."""
        return self.words if self.seconds is None else f"{self.words} {self.seconds:.1f}s"


def square_of(cell: Cell, settings: Settings) -> Square:
    """Return a cell as text."""
    if cell.failure:
        return Square("failed", "failed")
    if cell.run is None:
        return Square("none", f"no {cell.lacking}")
    seconds = None if cell.kept else cell.run.output.seconds
    errors = errors_of(cell, settings)
    return Square("errors", counted(errors, "error"), seconds) if errors else Square("ok", "ok", seconds)


def line_of(cell: Cell, settings: Settings) -> str:
    """Return a cell as a line of its own, for logs."""
    return f"{plain(cell.integration.name)}: {cell.tool.name} {square_of(cell, settings).text}"


def table(cells: Sequence[Cell], settings: Settings, colour: bool = False) -> str:
    """Return the table; empty for no cells. A tool without a time did not have to run."""
    tools = list(dict.fromkeys(cell.tool.name for cell in cells))
    rows = [list(row) for _, row in groupby(cells, key=lambda cell: cell.integration.path)]
    grid = [(plain(row[0].integration.name), [square_of(cell, settings) for cell in row]) for row in rows]
    shown = [(name, squares) for name, squares in grid if _matters(squares, len(grid))]
    if not shown:
        return ""
    first = max(len(HEAD), *(len(name) for name, _ in shown))
    widths = [max(len(tool), *(len(row[place].text) for _, row in shown)) for place, tool in enumerate(tools)]
    lines = [_line(HEAD, first, [f"{tool:{width}}" for tool, width in zip(tools, widths, strict=True)])]
    for name, squares in shown:
        lines.append(
            _line(name, first, [_painted(*one, colour) for one in zip(squares, widths, strict=True)])
        )
    return "".join(lines)


def _matters(squares: Sequence[Square], rows: int) -> bool:
    return rows <= MOST_ROWS or any(square.state != "ok" for square in squares)


def _line(name: str, width: int, squares: Sequence[str]) -> str:
    return "  ".join([f"{name:{width}}", *squares]).rstrip() + "\n"


def _painted(square: Square, width: int, colour: bool) -> str:
    text = f"{square.text:{width}}"
    return f"\x1b[{_PAINT[square.state]}m{text}\x1b[0m" if colour else text
