"""A tool's own words, as people would see them who run it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.errors import ServiceError
from seatrial.linting.bench import Bench, Cell
from seatrial.linting.seat import Seated
from seatrial.linting.seating import seated


def verbatim(bench: Bench, cells: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    """What each tool prints that found something or failed; it is run once more, without its machine format."""
    telling = {cell.question: cell for cell in cells if cell.question is not None and _tells(cell)}
    for seat in seated(bench, list(telling)):
        if isinstance(seat, Seated):
            yield telling[seat.question], _words(bench, seat)


def _tells(cell: Cell) -> bool:
    return bool(cell.run and (cell.failure or cell.reading.problems or cell.reading.stale))


def _words(bench: Bench, seat: Seated) -> str:
    try:
        said = bench.runs.call(seat.question, seat.place, seat.question.tool.plain)
    except ServiceError as failure:
        return str(failure)
    return "\n".join(part.rstrip("\n") for part in (said.out, said.err) if part)
