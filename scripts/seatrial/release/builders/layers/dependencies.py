"""The virtual environment of a lock for the Python of an image: wheels that uv installs, none of whose code is run.

The same lock and Python give the same files on every machine: neither bytecode nor times nor paths of this one.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.names import shown
from seatrial.dependencies.groups import installed_groups
from seatrial.dependencies.lockfile import read_lock
from seatrial.dependencies.pythons import satisfies
from seatrial.dependencies.requirements import BadLock, Requirements, requirements_of
from seatrial.documents import toml
from seatrial.lint.environments.creation import install_wheels
from seatrial.lint.environments.environment import Layer
from seatrial.lint.interpreters import Interpreter
from seatrial.release.builders.layers.base_python import Python
from seatrial.release.builders.layers.run_commands import Install
from seatrial.release.builders.layers.stage_files import EntryKind, StageEntry, StepFault, above

NO_WHEEL = (
    '"{found[1]}" has no wheel for Python {python} on {platform}; choose another version of it and type '
    '"poetry lock", or build with docker, podman or buildah'
)

PYVENV = (
    "home = {home}\nimplementation = CPython\nversion_info = {version}.final.0\n"
    "include-system-site-packages = false\n"
)

_NOT_KEPT = (".pyc", ".dist-info/REQUESTED")
"""The ends of what installers write beside the content of wheels, and poetry does not."""

MAX_BYTES = 8 * 1024**3


def requirements(lock: bytes, pyproject: bytes, wanted: Install, python: Python) -> Requirements:
    """Return the packages to install. Raises StepFault for a lock that cannot be read, or with anything but wheels."""
    document = toml.load("pyproject.toml", pyproject)
    if not document.readable or not isinstance(document.value, dict):
        raise StepFault("pyproject.toml cannot be read")
    names = installed_groups(document.value).names
    try:
        pythons = read_lock(lock).pythons
        found = requirements_of(
            lock, pyproject, python.markers, names - wanted.only if wanted.only else wanted.without
        )
    except BadLock as odd:
        raise StepFault(f"poetry.lock cannot be used: {odd}") from None
    if not satisfies(pythons, python.version):
        raise StepFault(f"the image has Python {python.version}, and poetry.lock is for {shown(pythons)}")
    for pin in found.pins:
        if pin.source:
            raise StepFault(f'"{pin.name}" comes from {pin.source}, not as a wheel from an index')
        if "--hash=" not in pin.line:
            raise StepFault(f'poetry.lock has no hashes of "{pin.name}"; type "poetry lock"')
    return found


def installed(found: Requirements, python: Python, place: str, folder: Path) -> dict[str, StageEntry]:
    """Return the files of a virtual environment at the absolute path `place`, which are kept in `folder`.

    Raises ServiceError as uv does, and for a wheel with anything but files and folders.
    """
    host = Interpreter(
        Path(os.path.realpath(sys.executable)), python.version, "cpython", dict(python.markers)
    )
    layer = Layer(host, found.pins, {}, found.indexes)
    prefix = folder / "installed"
    wanted = (
        "--python",
        str(host.path),
        "--python-platform",
        python.platform,
        "--python-version",
        python.version,
    )
    if found.pins:
        no_wheel = NO_WHEEL.replace("{platform}", python.platform)
        install_wheels(layer, folder, (*wanted, "--require-hashes", "--prefix", str(prefix)), no_wheel)
    return _Environment(prefix, python, place).entries()


class _Environment:
    """The packages that uv installed for this machine's Python, turned into the environment of an image."""

    def __init__(self, prefix: Path, python: Python, place: str) -> None:
        own = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self._prefix, self._python, self._place = prefix, python, place
        self._names = [
            (f"{above}/{own}/", f"{above}/python{python.minor}/") for above in ("lib", "include/site")
        ]
        self._site = f"lib/python{python.minor}/site-packages"

    def entries(self) -> dict[str, StageEntry]:
        """Return the entries by their paths below the environment, folders included."""
        files = dict(self._files())
        scripts = {path: self._script(entry) for path, entry in files.items() if path.startswith("bin/")}
        files |= {path: entry for path, entry in scripts.items() if entry}
        for path in [path for path in files if path.endswith(".dist-info/RECORD")]:
            files[path] = self._record(files, path)
        files |= self._own()
        folders = {folder for path in files for folder in above(path)}
        return {
            **dict.fromkeys(sorted(folders), StageEntry(EntryKind.FOLDER, installed=True)),
            **dict(sorted(files.items())),
        }

    def _own(self) -> dict[str, StageEntry]:
        """Return the entries that make it a virtual environment."""
        home = self._python.program.rpartition("/")[0] or "/"
        text = PYVENV.format(home=home, version=self._python.version)
        link = StageEntry(EntryKind.LINK, 0o777, target="python", installed=True)
        return {
            "pyvenv.cfg": StageEntry(EntryKind.FILE, 0o644, content=text.encode(), installed=True),
            "bin/python": replace(link, target=self._python.program),
            "bin/python3": link,
            f"bin/python{self._python.minor}": link,
        }

    def _files(self) -> Iterator[tuple[str, StageEntry]]:
        size = 0
        for where, folders, names in os.walk(self._prefix):
            folders.sort()
            for name in sorted(names) + [one for one in folders if os.path.islink(os.path.join(where, one))]:
                path = Path(where, name)
                inside = path.relative_to(self._prefix).as_posix()
                status = os.lstat(path)
                size += status.st_size
                if not stat.S_ISREG(status.st_mode) or size > MAX_BYTES:
                    raise ServiceError(f'a wheel brings "{shown(inside)}", which is not a file, or too much')
                if inside != ".lock" and not inside.endswith(_NOT_KEPT):
                    mode = 0o755 if status.st_mode & 0o111 else 0o644
                    yield (
                        self._renamed(inside),
                        StageEntry(EntryKind.FILE, mode, content=path, installed=True),
                    )

    def _renamed(self, path: str) -> str:
        for own, other in self._names:
            if path.startswith(own):
                return other + path[len(own) :]
        return path

    def _script(self, entry: StageEntry) -> StageEntry | None:
        """Return a script that the image's Python runs, as the one of this machine is named in it; None for others."""
        assert isinstance(entry.content, Path)
        with open(entry.content, "rb") as file:
            if file.read(2) != b"#!":
                return None
        data = entry.content.read_bytes()
        first, _, rest = data.partition(b"\n")
        own = os.fsencode(os.path.realpath(sys.executable))
        if first == b"#!/bin/sh" and own in rest[:1000] and rest.startswith(b"'''exec'"):
            rest = rest.split(b"\n", 2)[2]
        elif not first.startswith(b"#!" + own):
            return None
        return replace(entry, mode=0o755, content=f"#!{self._place}/bin/python\n".encode() + rest)

    def _record(self, files: Mapping[str, StageEntry], path: str) -> StageEntry:
        """Return the RECORD of a distribution with the files as they are now."""
        assert isinstance(files[path].content, Path)
        text = Path(str(files[path].content)).read_text(encoding="utf-8", errors="surrogateescape")
        rows = []
        for row in csv.reader(io.StringIO(text)):
            if row and not row[0].endswith(_NOT_KEPT):
                rows.append(self._row(files, row))
        sink = io.StringIO()
        csv.writer(sink, lineterminator="\n").writerows(sorted(rows))
        return replace(files[path], content=sink.getvalue().encode(errors="surrogateescape"))

    def _row(self, files: Mapping[str, StageEntry], row: list[str]) -> list[str]:
        inside = os.path.normpath(f"{self._site}/{row[0]}")
        renamed = self._renamed(inside)
        name = row[0] if renamed == inside else os.path.relpath(renamed, self._site)
        entry = files.get(renamed)
        if entry is None or not isinstance(entry.content, bytes):
            return [name, *row[1:]]
        digest = base64.urlsafe_b64encode(hashlib.sha256(entry.content).digest()).rstrip(b"=").decode()
        return [name, f"sha256={digest}", str(len(entry.content))]
