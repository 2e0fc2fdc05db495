"""The sections of `check` by name, and the families of rules that each task runs."""

from __future__ import annotations

from seatrial.core.errors import UsageError
from seatrial.core.suggest import hint

SECTIONS = ("layout", "spec", "mapping", "version", "change", "lint", "unit", "schema", "release")
"""The checks, in the order in which they run."""

SPEC = ("SPC", "RES", "COD", "EXA")
LAYOUT = ("LAY",)
VERSION = ("PKG", "CHG", "REL")
EVERY = (*LAYOUT, *SPEC, *VERSION, "TST")
"""The families of all rules that `validate` runs."""


def left_out(text: str | None) -> frozenset[str]:
    """Return the sections that a text such as `unit,lint` names. Raises UsageError."""
    names = [name.strip().lower() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in SECTIONS:
            otherwise = f"choose among {', '.join(SECTIONS)}"
            raise UsageError(f'no check is called "{name[:60]}"' + hint(name, SECTIONS, otherwise))
    return frozenset(names)
