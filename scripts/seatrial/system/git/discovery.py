"""The git repository of a workspace, found by its `.git` alone.

Git's own search also takes a folder for a repository that holds `HEAD`, `config`, `objects` and `refs`, which anybody
can commit, and obeys its settings. So git is not left to search: every call states the repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from seatrial.system import process
from seatrial.system.held_secrets import for_helpers, for_programs
from seatrial.system.process import Ran

SAFELY = (
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotepath=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.alternateRefsCommand=exit 0;"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "submodule.recurse=false"),
    *("-c", "log.showSignature=false"),
    "--no-pager",
)
"""Options with which git starts no program that settings name, but for those with names of their own."""

QUIETLY = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "SEATRIAL_EMPTY": "",
    "SEATRIAL_FALSE": "false",
    "LC_ALL": "C",
}

FORGOTTEN = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_REFERENCE_BACKEND",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS",
    "GIT_DIFF_OPTS", "GIT_ATTR_SOURCE", "GIT_CONFIG", "GIT_REPLACE_REF_BASE", "GIT_IMPLICIT_WORK_TREE",
    "GIT_TEST_FSMONITOR", "GIT_DEFAULT_HASH", "GIT_DEFAULT_REF_FORMAT",
})  # fmt: skip
"""Variables by which a hook, or another caller, points git to another repository or program."""

PROTOCOLS = "GIT_ALLOW_PROTOCOL"
"""The variable with the protocols by which git may reach a remote; with `none` it stays on this machine."""

OLDEST = "2.31"
"""The oldest git that Seatrial works with, of March 2021."""

_ANSWER = re.compile(rb"(/.*)\n(/.*/index)\n(/.*/shallow)\n", re.DOTALL)
_NO_REPOSITORY = b"fatal: not a git repository"
_NO_WORK_TREE = b"fatal: this operation must be run in a work tree"
_TOO_OLD = f"fatal: this git is older than {OLDEST}; install a newer one".encode()


class NoRepositoryError(Exception):
    """No repository that git may read; `ran` is the failure in git's words."""

    def __init__(self, said: bytes, status: int = 128) -> None:
        super().__init__(said)
        self.ran = Ran(status, b"", said)


@dataclass(frozen=True)
class GitRepository:
    """A repository that git accepts: its `.git`, the top of its work tree, its index and list of shallow commits."""

    git_dir: Path
    top: Path
    index: Path
    shallow: Path

    @property
    def stated(self) -> tuple[str, str]:
        """The options that name it."""
        return (f"--git-dir={self.git_dir}", f"--work-tree={self.top}")


def repository_of(root: Path) -> GitRepository:
    """Return the repository around `root`. Raises NoRepositoryError, and MissingProgram without git.

    Git judges once a process whether the person may use it, such as by its owner.
    """
    real = Path(os.path.realpath(root))
    git_dir = nearest_git_dir(real, os.environ)
    if git_dir is None:
        raise NoRepositoryError(_NO_REPOSITORY)
    there = os.stat(git_dir)
    found = _accepted(git_dir, (there.st_dev, there.st_ino))
    if not real.is_relative_to(found.top) or ".git" in real.relative_to(found.top).parts:
        raise NoRepositoryError(_NO_WORK_TREE)
    return found


def nearest_git_dir(start: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the nearest `.git`, folder or file, from `start` upwards; None if there is none.

    The search ends where git's would: at a folder of GIT_CEILING_DIRECTORIES and at the edge of a file system.
    """
    ceilings = {
        Path(os.path.realpath(one))
        for one in environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
        if os.path.isabs(one)
    }
    across = environ.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() in ("1", "true", "yes", "on")
    for folder in (start, *start.parents):
        if folder != start and (folder in ceilings or not (across or _is_beside(folder, start))):
            return None
        if _is_git_dir(folder / ".git"):
            return folder / ".git"
    return None


def _is_beside(folder: Path, start: Path) -> bool:
    try:
        return os.stat(folder).st_dev == os.stat(start).st_dev
    except OSError:
        return False


def _is_git_dir(place: Path) -> bool:
    """Return whether git would stop its search at a `.git`: a file, or a folder with the parts of a repository."""
    if place.is_file():
        return True
    parts = (place / "objects").is_dir() and (place / "refs").is_dir()
    return os.path.lexists(place / "HEAD") and (parts or (place / "commondir").is_file())


@lru_cache(maxsize=64)
def _accepted(git_dir: Path, identity: tuple[int, int]) -> GitRepository:
    """Ask git whether it reads this repository, with the search that judges its owner, but of this folder alone."""
    top = git_dir.parent
    ran = process.run(
        ["git", *SAFELY, "-C", str(top), "rev-parse", "--path-format=absolute", *_PLACES],
        env=environment({"GIT_CEILING_DIRECTORIES": str(top.parent), PROTOCOLS: "none"}),
        seconds=60,
        clean=True,
    )
    if ran.status:
        raise NoRepositoryError(ran.err, ran.status)
    said = _ANSWER.fullmatch(ran.out)
    if said is None:
        raise NoRepositoryError(_TOO_OLD)
    return GitRepository(git_dir, *(Path(os.fsdecode(path)) for path in said.groups()))


_PLACES = ("--show-toplevel", "--git-path", "index", "--git-path", "shallow")


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the person's environment with `more`, and without the variables that point git elsewhere.

    Credentials of a cloud are kept only where a remote may be reached, whose credential helper may need them.
    """
    kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    kept = for_programs(kept) if more.get(PROTOCOLS) == "none" else for_helpers(kept)
    return {**kept, **QUIETLY, **more}
