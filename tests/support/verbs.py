"""Tasks called as the command line calls them, in this process."""

from __future__ import annotations

from seatrial.tasks.cli import clean_end
from seatrial.tasks.menu import VERBS, Value


def call(name: str, /, **flags: Value) -> None:
    """Do a task with these flags. Raises Ended where it does not end well."""
    with clean_end():
        next(verb for verb in VERBS if verb.name == name).call(flags)
