"""The state of the work tree: what git ignores, what differs from a commit, and what is the person's own.

Filters, such as git-lfs, are not run, although a file's bytes then differ from those that git keeps of it. Of a file
under a filter its size and time in git's index decide; of one that git-lfs keeps, its hash as well.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError, reason
from seatrial.system.git.command import ask, must, must_be_repository, named_programs, without_programs
from seatrial.system.git.commits import CommittedFile, head
from seatrial.system.git.discovery import NoRepositoryError, repository_of
from seatrial.system.git.files import contents

OUR_OWN = "dist/"
"""The folder of releases' own files, which are never released."""


def ignored(root: Path) -> frozenset[str] | None:
    """Return the paths below `root` that git ignores; a folder stands for all below it.

    None if git cannot tell: no repository, or `root` itself ignored.
    """
    try:
        is_top = repository_of(root).top == Path(os.path.realpath(root))
    except (NoRepositoryError, ServiceError):
        return None
    if not is_top and ask(root, "check-ignore", "-q", ".") is not None:
        return None
    listed = ask(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    return None if listed is None else frozenset(path.rstrip("/") for path in paths_of(listed))


def ignores(root: Path, path: str) -> bool:
    """Return whether git ignores a file or folder of the work tree that it does not track; False outside a repository.

    Where a repository inside that of `root` has it, either may ignore it. Git's own folder, in whose settings may be
    a password, counts as ignored.
    """
    return ".git" in Path(path).parts or any(
        ask(place, "check-ignore", "--quiet", "--", path) is not None
        for place in dict.fromkeys((root, Path(os.path.dirname(path))))
    )


def tracks(root: Path, path: str) -> bool:
    """Return whether git tracks a file, or a file of a folder, at a path relative to `root`."""
    return bool(ask(root, "--literal-pathspecs", "ls-files", "-z", "--cached", "--", path))


def present_files(root: Path) -> list[str] | None:
    """Return the files below `root` that git tracks, or would; None if git fails."""
    listed = ask(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return None if listed is None else paths_of(listed)


def links(root: Path) -> list[str]:
    """Return the paths below `root` of the symbolic links that git tracks. Raises UsageError and ServiceError."""
    listed = must(root, "ls-files", "--stage", "-z")
    return [os.fsdecode(path) for path in _LINKS.findall(listed)]


_LINKS = re.compile(rb"(?:\A|\0)120000 [0-9a-f]+ [0-3]\t([^\0]+)")
"""A link in the listing of git's index. Source: git-ls-files."""


def untracked(root: Path) -> list[str] | None:
    """Return the paths below `root` that git does not track, ignored or not; a folder stands for all below it.

    None outside a repository.
    """
    listed = ask(root, "ls-files", "--others", "--directory", "-z")
    return None if listed is None else [path.rstrip("/") for path in paths_of(listed)]


def is_private(root: Path, folder: Path) -> bool:
    """Return whether a folder below `root` is not part of the repository: everything in it is ignored, nothing tracked.

    False if the commit that is checked out has a file in it, in a repository inside this one, and where git cannot
    tell: outside a repository, and before the first commit.
    """
    place = Path(os.path.realpath(folder))
    try:
        top = repository_of(root).top
    except (NoRepositoryError, ServiceError):
        return False
    if not place.is_relative_to(top) or _is_in_another(top, place):
        return False
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--with-tree=HEAD", "--")
    return ask(top, "--literal-pathspecs", *listing, os.fspath(place.relative_to(top))) == b""


def _is_in_another(top: Path, place: Path) -> bool:
    """Return whether a repository inside that of `top` holds a folder."""
    inner = (one for one in (place, *place.parents) if one != top and one.is_relative_to(top))
    return any(os.path.lexists(one / ".git") for one in inner)


def changed(root: Path, base: str) -> list[str]:
    """Return the paths below `root` that differ between a commit and the work tree, untracked ones included; sorted.

    A moved file is two paths. Raises UsageError and ServiceError.
    """
    programs = named_programs(root)
    found = list(_differences(root, base, programs))
    tracked = {one.path for one in found} - _equal_but_for_filters(root, base, programs, found)
    others = must(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*tracked, *paths_of(others)})


@dataclass(frozen=True)
class _Difference:
    """A path that differs from a commit, and the id that its file has there.

    `is_of_bytes` tells whether git compared the bytes of the file in the work tree, as no filter had changed them.
    """

    path: str
    old: str
    is_of_bytes: bool


def _differences(
    root: Path, base: str, programs: frozenset[str], env: Mapping[str, str] | None = None
) -> Iterator[_Difference]:
    said = must(
        root,
        *without_programs(programs),
        *("diff", "--raw", "-z", "--no-abbrev", "--no-renames", "-O/dev/null"),
        *("--no-ext-diff", "--no-textconv"),
        *("--ignore-submodules=dirty", "--relative", "--end-of-options", base, "--"),
        env=env,
    ).split(b"\0")
    for row, path in zip(said[::2], said[1::2], strict=False):
        old_mode, mode, old, new, status = row.decode().removeprefix(":").split()
        is_file = stat.S_ISREG(int(old_mode, 8)) and stat.S_ISREG(int(mode, 8))
        yield _Difference(os.fsdecode(path), old, status == "M" and is_file and not new.strip("0"))


def _equal_but_for_filters(
    root: Path, base: str, programs: frozenset[str], found: Sequence[_Difference]
) -> set[str]:
    """Return the paths of files that differ only because no filter was run."""
    unsure = [one for one in found if one.is_of_bytes]
    filters = {key.split(".", 1)[1].rpartition(".")[0] for key in programs if key.startswith("filter.")}
    names = _filters(root, [one.path for one in unsure]) if unsure and filters else {}
    filtered = [one for one in unsure if names.get(one.path) in filters]
    if not filtered:
        return set()
    touched = _touched(root, base, programs)
    rest = [one for one in filtered if one.path in touched and names[one.path] == "lfs"]
    return {one.path for one in filtered if one.path not in touched} | _equal_in_lfs(root, rest)


def filtered(root: Path, paths: Sequence[str]) -> list[str]:
    """Return those of these paths that attributes put under a filter that the settings name."""
    filters = {key.split(".", 1)[1].rpartition(".")[0] for key in named_programs(root)}
    names = _filters(root, paths) if paths and filters else {}
    return [path for path in paths if names.get(path) in filters]


def _filters(root: Path, paths: Sequence[str]) -> Mapping[str, str]:
    """Return the filter that attributes name for each path."""
    feed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    said = must(root, "check-attr", "-z", "--stdin", "filter", feed=feed).split(b"\0")
    return {os.fsdecode(path): os.fsdecode(name) for path, name in zip(said[::3], said[2::3], strict=False)}


_LATER = 2**31 - 1
"""A time after that of any file, in seconds since 1970."""


def _touched(root: Path, base: str, programs: frozenset[str]) -> set[str]:
    """Return the paths that differ where size and time in the index are believed.

    Git does not believe them of files written in the second in which the index was, such as all of a new checkout. So
    it is given a copy of the index that is newer.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            copy = Path(folder, "index")
            shutil.copyfile(must_be_repository(root).index, copy)
            os.utime(copy, (_LATER, _LATER))
            return {one.path for one in _differences(root, base, programs, {"GIT_INDEX_FILE": str(copy)})}
    except OSError as failed:
        raise ServiceError(f"the index of git cannot be copied: {reason(failed)}") from failed


_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize ([0-9]{1,18})\n"
)
"""What git keeps of a file in git-lfs, https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md."""


def _equal_in_lfs(root: Path, found: Sequence[_Difference]) -> set[str]:
    """Return the paths of files that are those to which the commit's pointers lead."""
    kept = dict(contents(root, [CommittedFile("100644", one.old, 0) for one in found]))
    pointers = {one.path: match for one in found if (match := _POINTER.fullmatch(kept[one.old]))}
    return {path for path, match in pointers.items() if _is_of(root / path, match[1].decode(), int(match[2]))}


def _is_of(path: Path, digest: str, size: int) -> bool:
    """Return whether a plain file has this size and sha256."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            there = os.fstat(descriptor)
            if not stat.S_ISREG(there.st_mode) or there.st_size != size:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return False


def dirty(root: Path) -> list[str]:
    """Return the paths below `root` that differ from the commit checked out, except those below `dist/`; sorted.

    Raises as `head`.
    """
    return [path for path in changed(root, head(root).commit) if not path.startswith(OUR_OWN)]


def paths_of(listed: bytes) -> list[str]:
    """Split a list of paths that each end with a zero byte."""
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]
