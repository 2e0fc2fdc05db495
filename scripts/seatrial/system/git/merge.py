"""Merging three states of a text, as `git merge` does it for a file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.system import process
from seatrial.system.git.command import NOWHERE, last_words, no_git, run_at

MOST_CONFLICTS = 127
"""The highest exit status of `git merge-file` that is a number of conflicts."""


@dataclass(frozen=True)
class Merged:
    """The merged bytes, and how many conflicts are marked in them."""

    data: bytes
    conflicts: int


def merge(ours: bytes, base: bytes, theirs: bytes, name: str = "theirs") -> Merged:
    """Merge two changes of `base`; conflicts are marked as yours and as those of `name`.

    Raises UsageError without git, ServiceError where git cannot merge the bytes.
    """
    with tempfile.TemporaryDirectory(prefix="seatrial-") as place:
        for file, data in {"ours": ours, "base": base, "theirs": theirs}.items():
            (Path(place) / file).write_bytes(data)
        labels = ("-L", "yours", "-L", "before", "-L", name)
        try:
            ran = run_at(Path(place), NOWHERE, ("merge-file", "-p", *labels, "ours", "base", "theirs"))
        except process.MissingProgram as missing:
            raise no_git() from missing
    if not 0 <= ran.status <= MOST_CONFLICTS:
        raise ServiceError(f"git: {last_words(ran.err.decode(errors='replace'))}")
    return Merged(ran.out, ran.status)
