"""The Python of a base image: its place, its exact version, and the wheels that run on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seatrial.release.attest.packages import LINUX, MACHINES
from seatrial.release.builders.layers.base_image import BaseImage
from seatrial.release.builders.layers.recipe import env_of
from seatrial.release.builders.layers.stage_files import BaseFiles, EntryKind, StageTree, StepFault

GLIBCS = (17, 28, *range(31, 41))
"""The minor versions of glibc that uv knows wheels for."""

_NAME = re.compile(r"python(3\.\d+)")
_MINOR = re.compile(r"3\.\d+")
_FULL = re.compile(r"3\.\d+\.\d+")
_STATED = re.compile(rb'^#define\s+PY_VERSION\s+"(3\.\d+\.\d+)"', re.MULTILINE)


@dataclass(frozen=True)
class Python:
    """A Python of an image: the program, its version, and uv's name for the platform of its wheels."""

    program: str
    version: str
    platform: str

    @property
    def minor(self) -> str:
        """The version without its last part."""
        return self.version.rpartition(".")[0]

    @property
    def markers(self) -> Mapping[str, str]:
        """Its values of PEP 508."""
        return {
            **LINUX,
            "platform_machine": self.platform.partition("-")[0],
            "python_version": self.minor,
            "python_full_version": self.version,
            "implementation_version": self.version,
        }


def python_of(image: BaseImage, stated: str = "") -> Python:
    """Return the Python that programs of an image find; `stated` is its version by the settings.

    Raises StepFault where it is not there or its version is not known.
    """
    tree = StageTree(lambda: image.files)
    program, minor = _program(image, tree)
    found = stated or next(_versions(image, minor), "")
    if not _FULL.fullmatch(found) or found.rpartition(".")[0] != minor:
        said = f"is stated as {found}, but /{program} is there" if found else f"of /{program} is not known"
        raise StepFault(
            f"the exact version of its Python {said}; state all three numbers of it as "
            f'python = "{minor}.?" in [release.layers]'
        )
    return Python(f"/{program}", found, _platform(image))


def _program(image: BaseImage, tree: StageTree) -> tuple[str, str]:
    """Return the path of the Python, with all links followed, and its minor version."""
    for folder in env_of(image.settings).get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":"):
        for name in ("python3", "python"):
            path = tree.resolved(f"{folder}/{name}")
            entry = tree.entry(path)
            if entry and entry.kind is EntryKind.FILE and (found := _NAME.fullmatch(path.rpartition("/")[2])):
                return path, found[1]
    raise StepFault(f'the base image "{image.name}" has no python3 on its PATH')


def _versions(image: BaseImage, minor: str) -> Iterator[str]:
    """Yield the versions that the image states: in its Python's header, in a variable, in its system packages."""
    for path, text in image.files.texts.items():
        if path.endswith(f"include/python{minor}/patchlevel.h") and (defined := _STATED.search(text)):
            yield defined[1].decode()
    yield from filter(_FULL.fullmatch, [env_of(image.settings).get("PYTHON_VERSION", "")])
    installed = image.packages
    for name in (f"python{minor}-minimal", f"python{minor}", "python3"):
        if found := re.match(_FULL, installed.get(name, "")):
            yield found[0]


def _platform(image: BaseImage) -> str:
    machine = MACHINES.get(str(image.config.get("architecture")), "")
    if not machine:
        raise StepFault(f"no wheels are known for {str(image.config.get('architecture'))[:20]}")
    if any(path.rpartition("/")[2].startswith("ld-musl-") for path in _libraries(image.files)):
        return f"{machine}-unknown-linux-musl"
    found = re.search(r"2\.(\d+)", image.packages.get("libc6", ""))
    minor = int(found[1]) if found else _by_name(image.files)
    fitting = [known for known in GLIBCS if known <= minor]
    if not fitting:
        raise StepFault(f'the base image "{image.name}" has no C library that wheels are made for')
    return f"{machine}-manylinux_2_{fitting[-1]}"


def _libraries(files: BaseFiles) -> Iterator[str]:
    return (path for path in files.entries if path.startswith(("lib", "usr/lib")))


def _by_name(files: BaseFiles) -> int:
    """Return glibc's minor version from the name of its file, as older ones have it there; else the oldest known."""
    names = {path.rpartition("/")[2] for path in _libraries(files)}
    found = [int(one[1]) for name in names if (one := re.fullmatch(r"libc-2\.(\d+)\.so", name))]
    return max(found, default=GLIBCS[0] if "libc.so.6" in names else 0)
