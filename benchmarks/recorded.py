"""What the slow way says of an integration in each state, written down so that it is not asked twice.

A record is one JSON file `NAME/STATE-FAULT.json` with the edits and what each tool said. It is
made again when the edits or the integration's own files differ from those it was made from.
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
from slowway import CACHES, INSTALL, TOOLS, Said, Slow

COLD, WARM, INTERFACE, TOGETHER = "cold", "warm", "interface", "together"
INTERFACE_TRIES = 6
COLUMNS = "mypy with columns"
DRY = (*INSTALL, "--dry-run")


@dataclass(frozen=True)
class Record:
    """What the slow way said after the edits, in `folder`. `install` is Poetry's own word on the lock."""

    name: str
    state: str
    fault: str
    folder: Path
    edits: Edits
    said: Mapping[str, Said]
    install: Said | None

    def as_json(self, digest: str) -> str:
        """The file's text."""
        return json.dumps(
            {
                "digest": digest,
                "name": self.name,
                "state": self.state,
                "fault": self.fault,
                "folder": str(self.folder),
                "edits": {path: data.decode("latin-1") for path, data in self.edits.items()},
                "said": {tool: said.as_json() for tool, said in self.said.items()},
                "install": self.install and self.install.as_json(),
            },
            indent=1,
        )


def read_record(path: Path, digest: str) -> Record | None:
    """The record at a path where it was made from the same files and edits."""
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
        {tool: Said(**said) for tool, said in kept["said"].items()},
        kept["install"] and Said(**kept["install"]),
    )


@dataclass(frozen=True)
class Recorder:
    """Asks the slow way about integrations of one tree and keeps what it said under `kept`."""

    slow: Slow
    tree: Path
    kept: Path

    def records(self, name: str, states: set[str], faults: list[str], cold: list[str]) -> Iterator[Record]:
        """Every record wanted of one integration; `cold` are the faults that are also tried without caches."""
        folder = self.tree / "integrations" / name
        if not (folder / ".venv" / "bin" / "mypy").exists():
            self._made(folder, name)
        if COLD in states:
            for chosen in ["clean", *cold]:
                yield self._cold(folder, name, chosen)
        if WARM in states:
            for chosen in faults:
                yield self._warm(folder, name, chosen)
        if INTERFACE in states:
            yield self._interface(folder, name)

    def _made(self, folder: Path, name: str) -> None:
        said = self.slow.install(folder)
        (self.kept / name).mkdir(parents=True, exist_ok=True)
        (self.kept / name / "install.json").write_text(json.dumps(said.as_json(), indent=1))
        if said.status:
            raise SystemExit(f"poetry install fails in {folder}: {said.out[-800:]}{said.err[-800:]}")

    def _cold(self, folder: Path, name: str, chosen: str) -> Record:
        edits = FAULTS[chosen](folder)
        path = self.kept / name / f"{COLD}-{chosen}.json"
        known = read_record(path, digest_of(folder, edits))
        if known:
            return known
        self.slow.forget(folder)
        return self._asked(path, name, COLD, chosen, edits)

    def _warm(self, folder: Path, name: str, chosen: str) -> Record:
        edits = FAULTS[chosen](folder)
        path = self.kept / name / f"{WARM}-{chosen}.json"
        known = read_record(path, digest_of(folder, edits))
        if known:
            return known
        with self._warmed(folder):
            return self._asked(path, name, WARM, chosen, edits)

    def _interface(self, folder: Path, name: str) -> Record:
        """After an edit for which mypy blames another file than the edited one, where one is found."""
        path = self.kept / name / f"{INTERFACE}-edit.json"
        tries = list(islice(widened(folder), INTERFACE_TRIES))
        for edits in tries:
            known = read_record(path, digest_of(folder, edits))
            if known:
                return known
        with self._warmed(folder):
            chosen = next((edits for edits in tries if self._blames_another(folder, edits)), tries[0])
        with self._warmed(folder):
            return self._asked(path, name, INTERFACE, "edit", chosen)

    def _blames_another(self, folder: Path, edits: Edits) -> bool:
        with planted(folder, edits):
            said = self.slow.lint(folder, ["mypy"])["mypy"]
        blamed = {line.split(":")[0] for line in said.out.splitlines() if ": error: " in line}
        return bool(blamed - set(edits))

    def _asked(self, path: Path, name: str, state: str, chosen: str, edits: Edits) -> Record:
        folder = self.tree / "integrations" / name
        digest = digest_of(folder, edits)
        with planted(folder, edits):
            said = self.slow.lint(folder)
            if said["mypy"].status:
                said[COLUMNS] = self.slow.tool(folder, "mypy", ("--show-column-numbers", *TOOLS["mypy"]))
            touched = {"pyproject.toml", "poetry.lock"} & set(edits)
            install = self.slow.tool(folder, "poetry", DRY) if touched else None
        record = Record(name, state, chosen, folder, edits, said, install)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.as_json(digest))
        statuses = " ".join(f"{tool} {each.status} {each.wall:.1f}s" for tool, each in said.items())
        print(f"slow: {name} {state} {chosen}: {statuses}", file=sys.stderr, flush=True)
        return record

    @contextmanager
    def _warmed(self, folder: Path) -> Iterator[None]:
        """The caches of a run over the unedited folder, before and after the block."""
        aside = folder.parents[1].with_name(f"{self.tree.name}-caches") / folder.name
        if not aside.exists():
            self.slow.lint(folder)
            _mirrored(folder, aside)
        _mirrored(aside, folder)
        try:
            yield
        finally:
            _mirrored(aside, folder)


def _mirrored(source: Path, target: Path) -> None:
    for name in CACHES:
        shutil.rmtree(target / name, ignore_errors=True)
        if (source / name).exists():
            shutil.copytree(source / name, target / name)
