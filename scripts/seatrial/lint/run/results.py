"""Results of tools kept from run to run: the run of a tool under the key of its job."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system import cache
from seatrial.system.remote_cache import RemoteCache

MOST_BYTES = 256 * 1024 * 1024

KIND = "lint"
"""The kind of its entries in the shared cache."""

SHARE = 0.25
"""The share of the time of jobs that may be spent on asking the shared cache for their results."""

MOST_SECONDS = 20.0
"""Seconds for which it is asked, whatever the jobs take."""


class Results:
    """Runs by key, and by folder and tool the record of the last run, below one folder.

    The files are those of `system.cache`. Without `keeping` nothing is written. `shared` has the results of other
    machines; they are kept apart from the others, by the keys that are trusted. A run that writes to `shared` trusts
    nothing that is kept on its own machine, where others may run too.
    """

    def __init__(self, folder: Path, keeping: bool = True, shared: RemoteCache | None = None) -> None:
        self._folder = folder
        self._keeping = keeping
        self._shared = shared

    def run(self, key: str) -> ToolRun | None:
        """Return the run that was kept under a key."""
        return None if self._is_writer else _run_of(cache.load(self._place(key)))

    def shared(self, costs: Mapping[str, float]) -> dict[str, ToolRun]:
        """Return the runs of other machines under these keys, each with the seconds that its job would take."""
        if self._shared is None or not costs:
            return {}
        copies = {} if self._is_writer else {key: self._copy(self._shared, key) for key in costs}
        before = {key: _run_of(cache.load(copies[key])) if copies else None for key in costs}
        missing = [key for key, run in before.items() if run is None]
        seconds = min(MOST_SECONDS, SHARE * sum(costs[key] for key in missing))
        values = self._shared.fetch(KIND, missing, seconds) if missing else {}
        fetched = {key: _run_of(value) for key, value in values.items()}
        for key, run in fetched.items():
            if run and self._keeping and copies:
                cache.save(copies[key], asdict(run))
        return {key: run for key, run in (before | fetched).items() if run}

    def keep(self, key: str, run: ToolRun) -> None:
        """Keep a run, for other machines as well if this one may; where nothing can be written, nothing is kept."""
        if self._keeping:
            cache.save(self._place(key), asdict(run))
        if self._shared and self._is_writer:
            self._shared.offer(KIND, key, asdict(_timeless(run)))

    def send(self) -> None:
        """Send what was kept for other machines."""
        if self._shared:
            self._shared.send()

    @property
    def _is_writer(self) -> bool:
        return self._shared is not None and self._shared.seal is not None

    def last(self, folder: Path, tool: str) -> dict[str, Any]:
        """Return the record of the last job of this tool on this folder; empty for none."""
        return cache.load(self._record(folder, tool)) or {}

    def remember(self, folder: Path, tool: str, record: Mapping[str, Any]) -> None:
        """Keep the record of a job."""
        if self._keeping:
            cache.save(self._record(folder, tool), dict(record))

    def sweep(self, now: float, most_bytes: int = MOST_BYTES) -> None:
        """Remove what was not used for MOST_DAYS, and the longest unused beyond `most_bytes`."""
        cache.sweep_files(self._folder, now, most_bytes)

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _copy(self, shared: RemoteCache, key: str) -> Path:
        """Return the place of a fetched result, which counts only for runs that trust the same keys."""
        return self._folder / f"shared-{shared.trust}-{shared.program}" / key

    def _record(self, folder: Path, tool: str) -> Path:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
        return self._folder / "last" / f"{name}-{tool}"


def _run_of(kept: Any) -> ToolRun | None:
    """Return the run that was kept; None for another form."""
    try:
        more = Output(**kept["more"]) if kept and kept["more"] else None
        run = ToolRun(Output(**kept["output"]), more) if kept else None
    except (TypeError, KeyError):
        return None
    outputs = [one for one in (run.output, run.more) if one] if run else []
    return run if all(_is_sound(one) for one in outputs) else None


def _is_sound(output: Output) -> bool:
    texts = isinstance(output.out, str) and isinstance(output.err, str)
    return texts and type(output.status) is int and isinstance(output.seconds, int | float)


def _timeless(run: ToolRun) -> ToolRun:
    return ToolRun(replace(run.output, seconds=0.0), run.more and replace(run.more, seconds=0.0))
