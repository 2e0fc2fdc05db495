"""The slow way's results for each integration and state, kept so that each is computed once.

A record is one JSON file `NAME/STATE-FAULT.json` with the edits and each tool's run. It is computed again when the
edits or the integration's files differ from those that it was made from.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from copies import digest_of
from faults import FAULTS, Edits, planted
from interfaces import widened
from processes import Run
from slowway import CACHES, INSTALL, TOOLS, Slow

COLD, WARM, INTERFACE, TOGETHER = "cold", "warm", "interface", "together"
INTERFACE_TRIES = 6
COLUMNS = "mypy with columns"
DRY = (*INSTALL, "--dry-run")


@dataclass(frozen=True)
class Record:
    """The tools' runs after the edits, in `folder`. `install` is a dry run of `poetry install`, if the lock matters."""

    name: str
    state: str
    fault: str
    folder: Path
    edits: Edits
    runs: Mapping[str, Run]
    install: Run | None

    def as_json(self, digest: str) -> str:
        """Return the text of the file."""
        return json.dumps(
            {
                "digest": digest,
                "name": self.name,
                "state": self.state,
                "fault": self.fault,
                "folder": str(self.folder),
                "edits": {path: data.decode("latin-1") for path, data in self.edits.items()},
                "said": {tool: run.as_json() for tool, run in self.runs.items()},
                "install": self.install and self.install.as_json(),
            },
            indent=1,
        )


def read_record(path: Path, digest: str) -> Record | None:
    """Return the record at a path; None if it is missing or was made from other files or edits."""
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    if kept["digest"] != digest:
        return None
    return Record(
        kept["name"],
        kept["state"],
        kept["fault"],
        Path(kept["folder"]),
        {name: text.encode("latin-1") for name, text in kept["edits"].items()},
        {tool: Run(**run) for tool, run in kept["said"].items()},
        kept["install"] and Run(**kept["install"]),
    )


@dataclass(frozen=True)
class Recorder:
    """Runs the slow way on the integrations of one tree and keeps the records under `kept`."""

    slow: Slow
    tree: Path
    kept: Path

    def records(self, name: str, states: set[str], faults: list[str], cold: list[str]) -> Iterator[Record]:
        """Yield the records of one integration; `cold` names the faults that are also tried without caches."""
        folder = self.tree / "integrations" / name
        if not (folder / ".venv" / "bin" / "mypy").exists():
            self._install(folder, name)
        if COLD in states:
            for chosen in ["clean", *cold]:
                yield self._cold(folder, name, chosen)
        if WARM in states:
            for chosen in faults:
                yield self._warm(folder, name, chosen)
        if INTERFACE in states:
            yield self._interface(folder, name)

    def _install(self, folder: Path, name: str) -> None:
        installed = self.slow.install(folder)
        (self.kept / name).mkdir(parents=True, exist_ok=True)
        (self.kept / name / "install.json").write_text(json.dumps(installed.as_json(), indent=1))

    def _cold(self, folder: Path, name: str, chosen: str) -> Record:
        edits = FAULTS[chosen](folder)
        path = self.kept / name / f"{COLD}-{chosen}.json"
        known = read_record(path, digest_of(folder, edits))
        if known:
            return known
        self.slow.forget(folder)
        return self._record(path, name, COLD, chosen, edits)

    def _warm(self, folder: Path, name: str, chosen: str) -> Record:
        edits = FAULTS[chosen](folder)
        path = self.kept / name / f"{WARM}-{chosen}.json"
        known = read_record(path, digest_of(folder, edits))
        if known:
            return known
        with self._warmed(folder):
            return self._record(path, name, WARM, chosen, edits)

    def _interface(self, folder: Path, name: str) -> Record:
        """Record after an edit for which mypy reports an error in another file, if such an edit is found."""
        path = self.kept / name / f"{INTERFACE}-edit.json"
        tries = list(islice(widened(folder), INTERFACE_TRIES))
        for edits in tries:
            known = read_record(path, digest_of(folder, edits))
            if known:
                return known
        with self._warmed(folder):
            chosen = next((edits for edits in tries if self._breaks_another_file(folder, edits)), tries[0])
        with self._warmed(folder):
            return self._record(path, name, INTERFACE, "edit", chosen)

    def _breaks_another_file(self, folder: Path, edits: Edits) -> bool:
        with planted(folder, edits):
            mypy = self.slow.lint(folder, ["mypy"])["mypy"]
        blamed = {line.split(":")[0] for line in mypy.out.splitlines() if ": error: " in line}
        return bool(blamed - set(edits))

    def _record(self, path: Path, name: str, state: str, chosen: str, edits: Edits) -> Record:
        folder = self.tree / "integrations" / name
        digest = digest_of(folder, edits)
        with planted(folder, edits):
            runs = self.slow.lint(folder)
            if runs["mypy"].status:
                runs[COLUMNS] = self.slow.tool(folder, "mypy", ("--show-column-numbers", *TOOLS["mypy"]))
            touched = {"pyproject.toml", "poetry.lock"} & set(edits)
            install = self.slow.tool(folder, "poetry", DRY) if touched else None
        record = Record(name, state, chosen, folder, edits, runs, install)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.as_json(digest))
        statuses = " ".join(f"{tool} {each.status} {each.wall:.1f}s" for tool, each in runs.items())
        print(f"slow: {name} {state} {chosen}: {statuses}", file=sys.stderr, flush=True)
        return record

    @contextmanager
    def _warmed(self, folder: Path) -> Iterator[None]:
        """Give the folder the caches of a run over its unedited files, before and after the block."""
        aside = folder.parents[1].with_name(f"{self.tree.name}-caches") / folder.name
        if not aside.exists():
            self.slow.lint(folder)
            _copy_caches(folder, aside)
        _copy_caches(aside, folder)
        try:
            yield
        finally:
            _copy_caches(aside, folder)


def _copy_caches(source: Path, target: Path) -> None:
    for name in CACHES:
        shutil.rmtree(target / name, ignore_errors=True)
        if (source / name).exists():
            shutil.copytree(source / name, target / name)
