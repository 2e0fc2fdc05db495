"""Seatrial's lint as a user calls it: the console script over a root, and its findings."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import Run, run

KEPT = {"environments", "bytecode", "interpreters.json"}


@dataclass(frozen=True)
class Answer:
    """The run of the process, and the findings that it wrote; None if it did not write JSON."""

    run: Run
    findings: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Ours:
    """The console script, the root it works on, and its cache folder."""

    program: Path
    root: Path
    cache: Path

    def folder(self, name: str) -> Path:
        """Return an integration's folder."""
        return self.root / "integrations" / name

    def lint(self, names: Sequence[str] = (), *more: str) -> Answer:
        """Lint the integrations, or all of them."""
        chosen = [word for name in names for word in ("-i", name)]
        command = [str(self.program), "lint", "--format", "json", *chosen, "--root", str(self.root), *more]
        done = run(command, self.root, {**os.environ, "SEATRIAL_CACHE": str(self.cache)})
        try:
            return Answer(done, json.loads(done.out)["findings"])
        except ValueError:
            return Answer(done, None)

    def forget(self, *, environments: bool = False) -> None:
        """Empty the cache, so that the next run is a cold one; `environments` removes the environments too."""
        kept = set() if environments else KEPT
        for path in self.cache.glob("*"):
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
