"""Values kept from run to run, in plain files of the person's cache folder.

Nothing here is indispensable: what is missing, damaged or cannot be written is worked out again. A file holds two
lines: the SHA-256 of the second, and the second, which is JSON.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from seatrial.core.errors import ServiceError
from seatrial.system.atomic import write_whole
from seatrial.system.home import home as home_folder

T = TypeVar("T")


def sweep(
    entries: Iterable[tuple[float, int, T]],
    remove: Callable[[T], bool],
    *,
    now: float,
    max_age: float,
    max_bytes: int,
) -> int:
    """Remove entries unused for `max_age` seconds, then the longest unused until the rest has `max_bytes` at most.

    An entry comes with the time of its last use and its size in bytes. `remove` returns False for one that
    is in use, which stays. Returns the bytes that were removed.
    """
    oldest_first = sorted(entries, key=lambda entry: entry[:2])
    total, removed = sum(size for _, size, _ in oldest_first), 0
    for used, size, entry in oldest_first:
        if (now - used > max_age or total - removed > max_bytes) and remove(entry):
            removed += size
    return removed


DAY = 24 * 60 * 60.0
"""In seconds."""

MOST_DAYS = 30


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
    """Return whether CI runs for a change from another repository; for a pull request whose event cannot be read, True.

    Sources: the event file of GitHub Actions, and the variables of GitLab for merge requests.
    """
    source, own = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), environ.get("CI_PROJECT_ID")
    if source and own:
        return source != own
    try:
        sides = _event(environ)["pull_request"]
        return bool(sides["head"]["repo"]["full_name"] != sides["base"]["repo"]["full_name"])
    except (KeyError, TypeError):
        return environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request")


class CacheRole(enum.Enum):
    """The party that runs Seatrial. Only MAIN writes to the shared cache, and the last two may not read it."""

    MAIN = "the main branch's CI"
    BRANCH = "CI of another branch"
    PULL_REQUEST = "a pull request"
    PERSON = "a person"
    FORK = "a pull request from another repository"
    UNKNOWN = "CI that does not say what it runs for"

    @property
    def reads(self) -> bool:
        """True if it may read the shared cache."""
        return self not in (CacheRole.FORK, CacheRole.UNKNOWN)


BY_ITSELF = frozenset({"push", "schedule", "workflow_dispatch"})
"""The events of GitHub that run what the branch itself holds, and not what a pull request or a comment brings."""

OF_BRANCHES = frozenset({"push", "schedule", "web"})
"""The same of GitLab."""


def role_of(environ: Mapping[str, str]) -> tuple[CacheRole, str]:
    """Return who runs Seatrial, and the commit that CI says it runs for, which is empty for all but MAIN.

    A run counts as the main branch's only if that is certain, and as a fork's if it may be one. Sources: the variables
    and the event file of GitHub Actions, and the variables of GitLab.
    """
    if environ.get("GITHUB_ACTIONS"):
        return _role_at_github(environ)
    if environ.get("GITLAB_CI"):
        return _role_at_gitlab(environ)
    return (
        CacheRole.UNKNOWN
        if environ.get("CI", "false").lower() not in ("", "0", "false")
        else CacheRole.PERSON
    ), ""


def _role_at_github(environ: Mapping[str, str]) -> tuple[CacheRole, str]:
    name, event = environ.get("GITHUB_EVENT_NAME", ""), _event(environ)
    if name == "pull_request":
        sides = event.get("pull_request")
        is_own = isinstance(sides, dict) and not is_from_fork(environ) and _repositories(sides)
        return (CacheRole.PULL_REQUEST if is_own else CacheRole.FORK), ""
    if name == "merge_group":
        return CacheRole.PULL_REQUEST, ""
    if name not in BY_ITSELF:
        return CacheRole.UNKNOWN, ""
    repository = event.get("repository")
    main = repository.get("default_branch") if isinstance(repository, dict) else None
    if main and environ.get("GITHUB_REF") == f"refs/heads/{main}" and environ.get("GITHUB_SHA"):
        return CacheRole.MAIN, environ["GITHUB_SHA"]
    return CacheRole.BRANCH, ""


def _repositories(sides: Mapping[str, Any]) -> bool:
    """Return whether an event names both repositories of a pull request."""
    try:
        return bool(sides["head"]["repo"]["full_name"] and sides["base"]["repo"]["full_name"])
    except (KeyError, TypeError):
        return False


def _event(environ: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes())
    except (KeyError, OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _role_at_gitlab(environ: Mapping[str, str]) -> tuple[CacheRole, str]:
    main, commit = environ.get("CI_DEFAULT_BRANCH"), environ.get("CI_COMMIT_SHA", "")
    source = environ.get("CI_PIPELINE_SOURCE", "")
    if source == "merge_request_event":
        own, other = environ.get("CI_PROJECT_ID"), environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
        return (CacheRole.PULL_REQUEST if own and own == other else CacheRole.FORK), ""
    if source not in OF_BRANCHES or environ.get("CI_MERGE_REQUEST_IID"):
        return CacheRole.UNKNOWN, ""
    if main and commit and environ.get("CI_COMMIT_BRANCH") == main:
        return CacheRole.MAIN, commit
    return CacheRole.BRANCH, ""


def load(path: Path) -> dict[str, Any] | None:
    """Return the object that was saved in a file; None where it is missing or damaged. It counts as used now."""
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        value = json.loads(text)
        if time.time() - path.stat().st_mtime > DAY:
            os.utime(path)
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def save(path: Path, value: Mapping[str, Any]) -> None:
    """Save an object; where nothing can be written, nothing is kept."""
    text = json.dumps(value)
    with suppress(OSError, ServiceError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, hashlib.sha256(text.encode()).hexdigest() + "\n" + text, durable=False)


def sweep_files(folder: Path, now: float, most_bytes: int) -> None:
    """Remove the files below a folder that were not used for MOST_DAYS, and the longest unused beyond `most_bytes`."""
    sweep(_files(folder), _removed, now=now, max_age=MOST_DAYS * DAY, max_bytes=most_bytes)


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with suppress(OSError):
                status = path.stat()
                yield status.st_mtime, status.st_size, path


def _removed(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
    return not path.exists()
