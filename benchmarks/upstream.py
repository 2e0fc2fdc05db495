"""What changed in a checkout of Ocean since Seatrial's rules were last compared with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.framework import PARTS, Release, dotted

TABLE = Path(__file__).with_name("upstream.json")
JUDGES = (
    "scripts/validate_changelog.py",
    "scripts/ci/*.py",
    "scripts/ci/ocean_release/*.py",
    "port_ocean/config/dynamic.py",
    "port_ocean/core/handlers/port_app_config/*.py",
    "port_ocean/cli/commands/port_app_config.py",
)
"""The files that judge an integration besides the workflows, as patterns."""

WORKFLOWS = ".github/workflows"
_FOR_PULL_REQUESTS = re.compile(
    rb"^on:.*\bpull_request\b|^ *(?:- *)?pull_request(?:_target)?:?\s*$", re.MULTILINE
)
_VERSION = re.compile(r'^version\s*=\s*"(\d{1,9})\.(\d{1,9})\.(\d{1,9})', re.MULTILINE)


@dataclass(frozen=True)
class Known:
    """The judges that the rules were last compared with: the date of Ocean's state, and the SHA-256 of each file."""

    compared: str
    files: Mapping[str, str]

    @classmethod
    def read(cls, path: Path = TABLE) -> Known:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(kept["compared"], kept["files"])

    def write(self, path: Path = TABLE) -> None:
        kept = {"compared": self.compared, "files": dict(sorted(self.files.items()))}
        path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def judges_in(checkout: Path) -> dict[str, bytes]:
    """Return the files of a checkout that judge an integration or a pull request, by path."""
    named = (path for pattern in JUDGES for path in checkout.glob(pattern))
    workflows = (path for path in checkout.glob(f"{WORKFLOWS}/*") if path.suffix in (".yml", ".yaml"))
    files = {path: path.read_bytes() for path in (*named, *workflows) if path.is_file()}
    return {
        path.relative_to(checkout).as_posix(): data
        for path, data in files.items()
        if path.parent.name != "workflows" or _FOR_PULL_REQUESTS.search(data)
    }


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def changes(known: Known, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield a sentence for each judge that is not as it was when the rules were last compared with it."""
    now = hashes(files)
    for path in sorted({*known.files, *now}):
        what = "workflow that judges pull requests" if path.startswith(WORKFLOWS) else "judge"
        if path not in now:
            yield f"{path}: this {what} is gone since {known.compared}"
        elif path not in known.files:
            yield f"{path}: a {what} that is new since {known.compared}"
        elif now[path] != known.files[path]:
            yield f"{path}: this {what} has changed since {known.compared}"


def release_of(pyproject: str) -> Release:
    """Return the version that a pyproject.toml states; empty where it states none."""
    found = _VERSION.search(pyproject)
    return tuple(map(int, found.groups())) if found else ()


def newest_known() -> Release:
    """Return the newest release that the table of framework versions names."""
    return max(release for part in PARTS for release in (part.since, part.until))


def newer_framework(release: Release, known: Release) -> Iterator[str]:
    """Yield a sentence if a release of the framework is newer than the newest that is known."""
    if release > known:
        yield f"port-ocean {dotted(release)} is newer than {dotted(known)}, the newest in core/framework.py"
