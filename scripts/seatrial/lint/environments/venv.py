"""The `.venv` in an integration's folder, used if the person made it and it holds what the lock says."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from seatrial.dependencies.constraints import canonical_version
from seatrial.dependencies.requirements import Requirements
from seatrial.lint.environments.environment import Environment, EnvironmentRequest, distributions, site_of
from seatrial.lint.interpreters import Interpreter

NAME = ".venv"
TOOLS = {"pip", "setuptools", "wheel"}
"""Packages that tools put into every environment."""

LAUNCHERS = {"distutils-precedence.pth", "_virtualenv.pth"}
CI = (
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "JENKINS_URL",
    "BUILDKITE",
    "CIRCLECI",
    "TEAMCITY_VERSION",
    "CODEBUILD_BUILD_ID",
)
"""Variables of which CI systems set at least one; there, nobody made an environment by hand."""

_PYTHON = re.compile(r"python(3(\.[0-9]+)?)?")


def own_python(folder: Path, found: Sequence[Interpreter]) -> Interpreter | None:
    """Return the Python with which an integration's `.venv` was made; None where it is not among those found."""
    place = folder / NAME
    if not _is_folder(place):
        return None
    real = Path(os.path.realpath(place / "bin" / "python"))
    return next((one for one in found if one.path == real), None)


def own_environment(wanted: EnvironmentRequest, private: Callable[[Path], bool]) -> Environment | None:
    """Return the integration's own environment; None where it is not exactly what would be made for it.

    It must be a real folder that is not part of the repository, which `private` returns, made by the person who runs
    this and not in CI. It must hold no links other than those to its Python, which must be the wanted one, and the
    packages of the lock at their versions; only the project itself and packages such as pip may be there as well.
    """
    place = wanted.folder / NAME
    if under_ci(os.environ) or not _is_folder(place):
        return None
    if own_python(wanted.folder, [wanted.interpreter]) is None:
        return None
    site = site_of(place, wanted.interpreter)
    try:
        fits = private(place) and _is_closed(place, os.getuid()) and _holds(site, wanted)
    except (OSError, ValueError):
        return None
    if not fits:
        return None
    named = f"{os.path.realpath(place)}\0{wanted.requirements.digest}\0{wanted.interpreter.path}"
    key = hashlib.blake2b(named.encode(errors="surrogateescape"), digest_size=16).hexdigest()
    packages = {pin.name: pin.version for pin in wanted.requirements.pins}
    return Environment(key, place / "bin" / "python", site, packages)


def under_ci(environ: Mapping[str, str]) -> bool:
    """Return whether Seatrial runs in a CI system."""
    return any(environ.get(name, "").lower() not in ("", "0", "false", "no") for name in CI)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _is_closed(place: Path, owner: int) -> bool:
    """Return whether all in it has this owner, and nothing leads out but its Python, nor to the machine's packages."""
    settings = (place / "pyvenv.cfg").read_text(errors="replace").lower()
    if not re.search(r"^include-system-site-packages\s*=\s*false\s*$", settings, re.MULTILINE):
        return False
    return all(
        there.st_uid == owner and (not stat.S_ISLNK(there.st_mode) or _is_known_link(path, place))
        for path, there in _all_in(place)
    )


def _all_in(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield a folder and all below it, links themselves. Raises OSError for what cannot be read."""
    yield place, os.lstat(place)
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _all_in(Path(entry.path))
            else:
                yield Path(entry.path), entry.stat(follow_symlinks=False)


def _is_known_link(link: Path, place: Path) -> bool:
    inside = link.relative_to(place)
    if inside == Path("lib64"):
        return os.readlink(link) in ("lib", str(place / "lib"))
    return inside.parent == Path("bin") and _PYTHON.fullmatch(link.name) is not None


def _holds(site: Path, wanted: EnvironmentRequest) -> bool:
    """Return whether exactly the pinned packages are installed."""
    entries = set(os.listdir(site))
    if any(name.endswith((".egg-info", ".egg-link", ".egg")) for name in entries) or not _is_plain(
        wanted.requirements
    ):
        return False
    installed = distributions(entries)
    pinned = {pin.name: pin.version for pin in wanted.requirements.pins}
    more = installed.keys() - pinned.keys() - TOOLS
    same = all(
        canonical_version(installed.get(name, "")) == canonical_version(v) for name, v in pinned.items()
    )
    project = [
        name for name in entries if name.endswith(".dist-info") and distributions({name}).keys() <= more
    ]
    return (
        same
        and all(_is_of(site / name, wanted.folder) for name in project)
        and _are_known(site, entries, project)
    )


def _is_plain(requirements: Requirements) -> bool:
    """Return whether all comes from package indexes, so that a version stands for a content."""
    return all(pin.line.startswith(f"{pin.name}==") for pin in requirements.pins)


def _is_of(distribution: Path, folder: Path) -> bool:
    """Return whether a distribution is the project of this folder, read in place."""
    try:
        direct = json.loads((distribution / "direct_url.json").read_bytes())
    except OSError:
        return False
    return isinstance(direct, dict) and direct.get("url") == Path(os.path.realpath(folder)).as_uri()


def _are_known(site: Path, entries: Collection[str], project: Sequence[str]) -> bool:
    """Return whether each file that adds to Python's path belongs to a package other than the project's own."""
    adding = {name for name in entries if name.endswith(".pth")} - LAUNCHERS
    for name in entries if adding else ():
        if name.endswith(".dist-info"):
            rows = (site / name / "RECORD").read_text(errors="replace").splitlines()
            adding -= {row.split(",")[0] for row in rows} if name not in project else set()
    return not adding or all(_adds_only(site / name, site.parents[3]) for name in adding)


def _adds_only(file: Path, folder: Path) -> bool:
    """Return whether a file adds nothing but the integration's folder."""
    lines = {line.strip() for line in file.read_text(errors="replace").splitlines() if line.strip()}
    return all(os.path.realpath(line) == os.path.realpath(folder) for line in lines)
