"""Where Pythons are looked for, and what is remembered of them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from seatrial import uv
from seatrial.errors import ServiceError, UsageError
from seatrial.files import write_whole
from seatrial.interpreters.interpreter import Interpreter, asked, understood

CHOICE = "SEATRIAL_LINT_PYTHON"
"""The environment variable that names the one Python to use."""

NAMES = ("python3", *(f"python3.{minor}" for minor in range(8, 30)))
"""What is looked for on PATH."""

KEPT_FAILING = 3600
"""So many seconds a Python that did not start is left alone."""

FORMAT = 1

_Entries = dict[str, dict[str, Any]]


def interpreters(cache_file: Path) -> tuple[Interpreter, ...]:
    """Every Python found, the best first; each is started once, then known by its place, date and size.

    Looks at SEATRIAL_LINT_PYTHON, which stands alone if set; else at PATH, in the folders of pyenv, asdf, mise
    and uv, and at the Python this runs on. Raises UsageError for a wrong SEATRIAL_LINT_PYTHON.
    """
    stated = os.environ.get(CHOICE)
    paths = [shutil.which(stated) or ""] if stated else list(dict.fromkeys(_candidates()))
    stamps = {path: stamp for path in paths if (stamp := _stamp(path))}
    known = _recalled(cache_file)
    new = [path for path, stamp in stamps.items() if not _holds(known.get(path), stamp)]
    if new:
        known = {path: entry for path, entry in known.items() if os.path.exists(path)} | _tried(new, stamps)
        _remember(cache_file, known)
    found = [one for path in stamps if (one := understood(known[path].get("answer"))) and one.path.exists()]
    if stated and not found:
        raise UsageError(
            f'{CHOICE} is "{stated}", which does not start as a Python 3; name another, or unset it'
        )
    return tuple(sorted({one.path: one for one in found}.values(), key=lambda one: one.merit))


def _candidates() -> Iterator[str]:
    """Paths at which a Python may stand."""
    yield getattr(sys, "_base_executable", None) or sys.executable
    on_path = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    for versions in dict.fromkeys(_keepers(on_path)):
        for version in _entries(versions):
            yield os.path.join(versions, version, "bin", "python3")
    for folder in on_path:
        yield from (os.path.join(folder, name) for name in NAMES)


def _keepers(on_path: Iterable[str]) -> Iterator[Path]:
    """Folders that hold Pythons by version: pyenv's, also where only its shims on PATH tell of it, and uv's."""
    stated = os.environ.get("PYENV_ROOT")
    yield (Path(stated) if stated else Path.home() / ".pyenv") / "versions"
    for folder in map(Path, on_path):
        if folder.name == "shims":
            yield folder.parent / "versions"
            yield folder.parent / "installs" / "python"
    yield uv.pythons_folder()


def _entries(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def _stamp(path: str) -> list[Any] | None:
    """Where a program really stands, when it was changed, and its size; None for no program."""
    try:
        real = os.path.realpath(path)
        found = os.stat(real)
    except (OSError, ValueError):
        return None
    return [real, found.st_mtime_ns, found.st_size] if os.access(real, os.X_OK) else None


def _holds(entry: Any, stamp: list[Any]) -> bool:
    """Whether what is remembered is of the same program; a failure is not remembered for long."""
    if not isinstance(entry, dict) or entry.get("stamp") != stamp:
        return False
    at = entry.get("asked")
    fresh = isinstance(at, (int, float)) and 0 <= time.time() - at < KEPT_FAILING
    return fresh or understood(entry.get("answer")) is not None


def _tried(paths: list[str], stamps: Mapping[str, list[Any]]) -> _Entries:
    """What each of these answers, asked two at a time."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(asked, paths))
    now = time.time()
    return {
        path: {"stamp": stamps[path], "asked": now, "answer": answer}
        for path, answer in zip(paths, answers, strict=True)
    }


def _recalled(cache_file: Path) -> _Entries:
    """What is remembered; nothing where the file is missing or damaged."""
    try:
        kept = json.loads(cache_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    entries = kept.get("pythons") if isinstance(kept, dict) and kept.get("format") == FORMAT else None
    return entries if isinstance(entries, dict) else {}


def _remember(cache_file: Path, entries: _Entries) -> None:
    with suppress(OSError, ServiceError):
        cache_file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(cache_file, json.dumps({"format": FORMAT, "pythons": entries}, indent=1))
