"""The Pythons of this machine: found where people keep them, started once and remembered; the choice among them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.dependencies.pythons import satisfies
from seatrial.system import process, uv
from seatrial.system.atomic import write_whole
from seatrial.system.home import home

SECONDS = 20
"""Seconds after which a Python that has not started is not used."""

_DESCRIBE = """
import json, os, platform, sys
own = sys.implementation
version = "%d.%d.%d" % tuple(own.version[:3])
if own.version.releaselevel != "final":
    version += own.version.releaselevel[0] + str(own.version.serial)
python = getattr(sys, "_base_executable", None) or sys.executable
threaded = "-free-threaded" if "free-threading" in sys.version else ""
print(json.dumps({
    "path": os.path.realpath(python),
    "version": platform.python_version(),
    "implementation": own.name + threaded,
    "markers": {
        "implementation_name": own.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
}))
"""
_VERSION = re.compile(r"3\.([89]|[1-9][0-9])\.([0-9]{1,3})(.*)")
"""Environments cannot be made for Pythons before 3.8."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that starts: where it really is, its version such as `3.12.1`, its implementation.

    `markers` are its values of PEP 508 by name.
    """

    path: Path
    version: str
    implementation: str
    markers: Mapping[str, str]

    @property
    def minor(self) -> str:
        """`3.12` of 3.12.1."""
        return ".".join(self.version.split(".")[:2])

    @property
    def merit(self) -> tuple[bool, bool, int, int, str]:
        """Sorts the best first: CPython, finished, lowest minor version, highest patch."""
        match = _VERSION.fullmatch(self.version)
        minor, patch, rest = (int(match[1]), int(match[2]), match[3]) if match else (0, 0, "?")
        return (self.implementation != "cpython", bool(rest), minor, -patch, str(self.path))


def described(path: str) -> dict[str, Any] | None:
    """Return what the Python at a path says of itself; None where it does not start or is not Python 3."""
    try:
        ran = process.run([path, "-I", "-c", _DESCRIBE], seconds=SECONDS)
        answer = json.loads(ran.out) if ran.status == 0 else None
    except (SeatrialError, ValueError):
        return None
    return answer if interpreter_of(answer) else None


def interpreter_of(answer: Any) -> Interpreter | None:
    """Return the Python that describes itself so; None where the answer has another form."""
    if not isinstance(answer, dict):
        return None
    path, version, implementation = (answer.get(key) for key in ("path", "version", "implementation"))
    markers = answer.get("markers")
    texts = (path, version, implementation, *(markers.values() if isinstance(markers, dict) else (None,)))
    if not all(isinstance(text, str) for text in texts) or not _VERSION.fullmatch(str(version)):
        return None
    return Interpreter(Path(str(path)), str(version), str(implementation), dict(markers or {}))


CHOICE = "SEATRIAL_LINT_PYTHON"
"""The environment variable that names the one Python to use."""

NAMES = ("python3", *(f"python3.{minor}" for minor in range(8, 30)))
"""The names that are looked for on PATH."""

KEPT_FAILING = 3600
"""Seconds for which a Python that did not start is not tried again."""

FORMAT = 1

_Entries = dict[str, dict[str, Any]]


def interpreters(cache_file: Path) -> tuple[Interpreter, ...]:
    """Return every Python found, the best first; each is started once, then known by its path, date and size.

    Looks at SEATRIAL_LINT_PYTHON only, if that is set; else at PATH, in the folders of pyenv, asdf, mise
    and uv, and at the Python this runs on. Raises UsageError for a wrong SEATRIAL_LINT_PYTHON.
    """
    stated = os.environ.get(CHOICE)
    paths = [shutil.which(stated) or ""] if stated else list(dict.fromkeys(_candidates()))
    stamps = {path: stamp for path in paths if (stamp := _stamp(path))}
    known = _recalled(cache_file)
    new = [path for path, stamp in stamps.items() if not _is_current(known.get(path), stamp)]
    if new:
        known = {path: entry for path, entry in known.items() if os.path.exists(path)} | _tried(new, stamps)
        _remember(cache_file, known)
    found = [
        one for path in stamps if (one := interpreter_of(known[path].get("answer"))) and one.path.exists()
    ]
    if stated and not found:
        raise UsageError(
            f'{CHOICE} is "{stated}", which does not start as a Python 3; name another, or unset it'
        )
    return tuple(sorted({one.path: one for one in found}.values(), key=lambda one: one.merit))


def _candidates() -> Iterator[str]:
    """Yield paths at which there may be a Python."""
    yield getattr(sys, "_base_executable", None) or sys.executable
    on_path = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    for versions in dict.fromkeys(_version_folders(on_path)):
        for version in _entries(versions):
            yield os.path.join(versions, version, "bin", "python3")
    for folder in on_path:
        if not any(map(_entries, _behind_shims(folder))):
            yield from (os.path.join(folder, name) for name in NAMES)


def _version_folders(on_path: Iterable[str]) -> Iterator[Path]:
    """Yield folders that hold Pythons by version: pyenv's, also where only its shims are on PATH, and uv's."""
    stated, own = os.environ.get("PYENV_ROOT"), home(os.environ)
    if pyenv := stated or (own and own / ".pyenv"):
        yield Path(pyenv) / "versions"
    for folder in on_path:
        yield from _behind_shims(folder)
    if installed := uv.pythons_folder():
        yield installed


def _behind_shims(folder: str) -> tuple[Path, ...]:
    """Return where the Pythons lie that the shims in a folder start: a shim takes long, and tells nothing new."""
    if os.path.basename(folder) != "shims":
        return ()
    parent = Path(folder).parent
    return parent / "versions", parent / "installs" / "python"


def _entries(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def _stamp(path: str) -> list[Any] | None:
    """Return a program's real path, date of change and size; None for no program."""
    try:
        real = os.path.realpath(path)
        found = os.stat(real)
    except (OSError, ValueError):
        return None
    return [real, found.st_mtime_ns, found.st_size] if os.access(real, os.X_OK) else None


def _is_current(entry: Any, stamp: list[Any]) -> bool:
    """Return whether an entry is of the same program; a failure is not remembered for long."""
    if not isinstance(entry, dict) or entry.get("stamp") != stamp:
        return False
    at = entry.get("asked")
    fresh = isinstance(at, (int, float)) and 0 <= time.time() - at < KEPT_FAILING
    return fresh or interpreter_of(entry.get("answer")) is not None


def _tried(paths: list[str], stamps: Mapping[str, list[Any]]) -> _Entries:
    """Return an entry for each of these Pythons, started two at a time."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(described, paths))
    now = time.time()
    return {
        path: {"stamp": stamps[path], "asked": now, "answer": answer}
        for path, answer in zip(paths, answers, strict=True)
    }


def _recalled(cache_file: Path) -> _Entries:
    """Return the remembered entries; none where the file is missing or damaged."""
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


INSTALLABLE = tuple(f"3.{minor}" for minor in range(9, 15))
"""The versions that uv can install."""

NOT_ASKED = ("never", "manual")
"""Values of UV_PYTHON_DOWNLOADS with which uv installs no Python unless it is told to."""

PATCHES = 40
"""The number of patch releases that a constraint is compared with."""

INSTALL_SECONDS = 600

_one_at_a_time = threading.Lock()


def choose(
    constraint: str, found: Sequence[Interpreter], install: Callable[[str], Interpreter | None] | None = None
) -> Interpreter:
    """Return the Python that satisfies a constraint: the lowest minor version, of that the highest patch.

    The lowest is the one that the author certainly supports. CPython comes first. Where none is
    found uv installs one, once a run, unless UV_PYTHON_DOWNLOADS is "never". Raises ServiceError.
    """
    fitting = [one for one in found if satisfies(constraint, one.version)]
    if fitting:
        return min(fitting, key=lambda one: one.merit)
    installed = _newly_installed(constraint, install or _installed)
    if installed and satisfies(constraint, installed.version):
        return installed
    raise ServiceError(_missing(constraint, found))


def _newly_installed(constraint: str, install: Callable[[str], Interpreter | None]) -> Interpreter | None:
    """Install a Python of the lowest version that may satisfy the constraint; None where that is not possible."""
    if os.environ.get("UV_PYTHON_DOWNLOADS") in NOT_ASKED or os.environ.get(CHOICE):
        return None
    version = _lowest(constraint)
    if version is None:
        return None
    with _one_at_a_time:
        return install(version)


def _lowest(constraint: str) -> str | None:
    patches = range(PATCHES)
    return next((v for v in INSTALLABLE if any(satisfies(constraint, f"{v}.{p}") for p in patches)), None)


@lru_cache(maxsize=32)
def _installed(version: str) -> Interpreter | None:
    """Return the Python that uv installs or has installed; None where it cannot."""
    try:
        uv.run("python", "install", "--quiet", "--no-bin", version, seconds=INSTALL_SECONDS)
        ran = uv.run("python", "find", "--managed-python", "--no-project", version, cwd=None, seconds=60)
    except SeatrialError:
        return None
    return interpreter_of(described(ran.out.decode(errors="replace").strip())) if ran.status == 0 else None


def _missing(constraint: str, found: Sequence[Interpreter]) -> str:
    versions = ", ".join(dict.fromkeys(one.version for one in found)) or "none"
    wanted = _lowest(constraint)
    if wanted is None:
        return f'no Python satisfies "{constraint}" (found: {versions}); correct the constraint in pyproject.toml'
    if os.environ.get(CHOICE):
        return f'{CHOICE} names Python {versions}, which does not satisfy "{constraint}"; name another, or unset it'
    command = installing(wanted)
    stated = os.environ.get("UV_PYTHON_DOWNLOADS")
    failed = "" if stated in NOT_ASKED else f"uv could not install Python {wanted}; "
    what = f"type `{command}`" if command else "unset UV_PYTHON_DOWNLOADS"
    return (
        f'no Python on this machine satisfies "{constraint}" (found: {versions}); {failed}{what}, '
        f"or install Python {wanted} with the packages of your system"
    )


def installing(version: str) -> str:
    """Return the command that installs a Python, or says why it cannot be; empty where nothing here may.

    pyenv where that is on PATH, else uv, and where only Seatrial's own is there, by its path.
    """
    if shutil.which("pyenv"):
        return f"pyenv install {version}"
    if os.environ.get("UV_PYTHON_DOWNLOADS") == "never":
        return ""
    with suppress(ServiceError):
        program = "uv" if shutil.which("uv") else shlex.quote(uv.program())
        return f"{program} python install {version}"
    return ""
