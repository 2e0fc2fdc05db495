"""Seatrial's lint as a user calls it: the console script over a root, and what it answers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slowway import Said, run

KEPT = {"environments", "interpreters.json"}


@dataclass(frozen=True)
class Answer:
    """The whole process's end and the findings it wrote; None where it wrote no JSON."""

    said: Said
    findings: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Ours:
    """The console script, the root it works on, and its cache folder."""

    program: Path
    root: Path
    cache: Path

    def folder(self, name: str) -> Path:
        """An integration's folder."""
        return self.root / "integrations" / name

    def lint(self, names: Sequence[str] = (), *more: str) -> Answer:
        """Lint the integrations, or all of them."""
        chosen = [word for name in names for word in ("-i", name)]
        command = [str(self.program), "lint", "--format", "json", *chosen, "--root", str(self.root), *more]
        said = run(command, self.root, {**os.environ, "SEATRIAL_CACHE": str(self.cache)})
        try:
            return Answer(said, json.loads(said.out)["findings"])
        except ValueError:
            return Answer(said, None)

    def forget(self, *, environments: bool = False) -> None:
        """Remove all that is kept, so that the next run is a cold one; the environments only if asked."""
        kept = set() if environments else KEPT
        for path in self.cache.glob("*"):
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
