"""Changes of files as people read them, before they are made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from seatrial.core.printable import plain
from seatrial.system.transaction import FileEdit

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified(files: Sequence[FileEdit]) -> Iterator[str]:
    """Yield the lines of a unified diff, in which a line ends at its line feed only."""
    for file in files:
        before, after = _lines(file.before), _lines(file.after)
        old = "/dev/null" if file.before is None else f"a/{file.path}"
        new = "/dev/null" if file.after is None else f"b/{file.path}"
        if not before + after:
            yield f"{'delete' if file.after is None else 'make'} empty {plain(file.path)}\n"
        for line in difflib.unified_diff(before, after, old, new):
            yield plain(line.removesuffix("\n")) + "\n"
            if not line.endswith("\n"):
                yield "\\ No newline at end of file\n"


def _lines(text: bytes | None) -> list[str]:
    """Return the lines of a file; bytes that are not UTF-8 are written out."""
    return _LINE.findall((text or b"").decode(errors="backslashreplace"))
