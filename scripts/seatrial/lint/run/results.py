"""Results of tools kept from run to run: the run of a tool under the key of its job."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system import cache

MOST_BYTES = 256 * 1024 * 1024


class Results:
    """Runs by key, and by folder and tool the record of the last run, below one folder.

    A file holds two lines: the SHA-256 of the second, and the second, which is JSON. Without `keeping` nothing
    is written.
    """

    def __init__(self, folder: Path, keeping: bool = True) -> None:
        self._folder = folder
        self._keeping = keeping

    def run(self, key: str) -> ToolRun | None:
        """Return the run that was kept under a key."""
        kept = cache.load(self._place(key))
        try:
            more = Output(**kept["more"]) if kept and kept["more"] else None
            return ToolRun(Output(**kept["output"]), more) if kept else None
        except (TypeError, KeyError):
            return None

    def keep(self, key: str, run: ToolRun) -> None:
        """Keep a run; where nothing can be written, nothing is kept."""
        if self._keeping:
            cache.save(self._place(key), asdict(run))

    def last(self, folder: Path, tool: str) -> dict[str, Any]:
        """Return the record of the last job of this tool on this folder; empty for none."""
        return cache.load(self._record(folder, tool)) or {}

    def remember(self, folder: Path, tool: str, record: Mapping[str, Any]) -> None:
        """Keep the record of a job."""
        if self._keeping:
            cache.save(self._record(folder, tool), dict(record))

    def sweep(self, now: float, most_bytes: int = MOST_BYTES) -> None:
        """Remove what was not used for MOST_DAYS, and the longest unused beyond `most_bytes`."""
        cache.sweep(self._folder, now, most_bytes)

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _record(self, folder: Path, tool: str) -> Path:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
        return self._folder / "last" / f"{name}-{tool}"
