"""Results kept from run to run, in plain files: the run of a tool under the key of its job.

Nothing here is indispensable: what is missing, damaged or cannot be written is worked out again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system.atomic import write_whole
from seatrial.system.home import home as home_folder
from seatrial.system.sweep import sweep

DAY = 24 * 60 * 60.0
"""In seconds."""

MOST_DAYS = 30
MOST_BYTES = 256 * 1024 * 1024


def home(environ: Mapping[str, str]) -> Path:
    """Return the folder for all that Seatrial keeps: SEATRIAL_CACHE, else the person's cache folder.

    Raises ServiceError where the person has no home folder.
    """
    if environ.get("SEATRIAL_CACHE"):
        return Path(os.path.abspath(environ["SEATRIAL_CACHE"]))
    if any(os.path.isabs(environ.get(name, "")) for name in ("HOME", "XDG_CACHE_HOME")):
        from platformdirs import user_cache_dir

        return Path(os.path.abspath(user_cache_dir("seatrial")))
    found = home_folder(environ)
    if found is None:
        raise ServiceError(
            "there is no home folder to keep results in: set HOME, or SEATRIAL_CACHE to a folder for them"
        )
    return found / ".cache" / "seatrial"


def is_from_fork(environ: Mapping[str, str]) -> bool:
    """Return whether CI runs for a change from another repository; False where that cannot be told.

    Sources: the event file of GitHub Actions, and the variables of GitLab for merge requests.
    """
    source, own = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), environ.get("CI_PROJECT_ID")
    if source and own:
        return source != own
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes())
        sides = event["pull_request"]
        return bool(sides["head"]["repo"]["full_name"] != sides["base"]["repo"]["full_name"])
    except (KeyError, TypeError, OSError, ValueError, RecursionError):
        return False


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
        kept = _load(self._place(key))
        try:
            more = Output(**kept["more"]) if kept and kept["more"] else None
            return ToolRun(Output(**kept["output"]), more) if kept else None
        except (TypeError, KeyError):
            return None

    def keep(self, key: str, run: ToolRun) -> None:
        """Keep a run; where nothing can be written, nothing is kept."""
        if self._keeping:
            _save(self._place(key), asdict(run))

    def last(self, folder: Path, tool: str) -> dict[str, Any]:
        """Return the record of the last job of this tool on this folder; empty for none."""
        return _load(self._record(folder, tool)) or {}

    def remember(self, folder: Path, tool: str, record: Mapping[str, Any]) -> None:
        """Keep the record of a job."""
        if self._keeping:
            _save(self._record(folder, tool), dict(record))

    def sweep(self, now: float, most_bytes: int = MOST_BYTES) -> None:
        """Remove what was not used for MOST_DAYS, and the longest unused beyond `most_bytes`."""
        sweep(self._files(), _removed, now=now, max_age=MOST_DAYS * DAY, max_bytes=most_bytes)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    status = path.stat()
                    yield status.st_mtime, status.st_size, path

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _record(self, folder: Path, tool: str) -> Path:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
        return self._folder / "last" / f"{name}-{tool}"


def _removed(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
    return not path.exists()


def _load(path: Path) -> dict[str, Any] | None:
    """Return the object in a file whose first line is the digest of its second; the file counts as used now."""
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        value = json.loads(text)
        if time.time() - path.stat().st_mtime > DAY:
            os.utime(path)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _save(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value)
    with suppress(OSError, ServiceError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, hashlib.sha256(text.encode()).hexdigest() + "\n" + text, durable=False)
