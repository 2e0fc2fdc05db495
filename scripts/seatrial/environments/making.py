"""Making an environment beside its place with uv."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from seatrial import uv
from seatrial.environments.environment import Environment, Layer, site_of
from seatrial.environments.wording import explained
from seatrial.errors import ServiceError

MANIFEST = "seatrial.json"
FORMAT = 1
BASE_FILE = "_seatrial_base.pth"

IGNORED = ("__pycache__", BASE_FILE, "_virtualenv.py", "_virtualenv.pth")


class ClashError(Exception):
    """Files of the layer and of its base belong to one package: only one folder can hold them rightly."""


def make(layer: Layer, part: Path, base: Environment | None) -> Path:
    """The finished environment inside the fresh folder `part`, its manifest written last.

    Raises ServiceError, ClashError, and OSError.
    """
    part.mkdir()
    (part / "uv.toml").write_text("")  # a uv.toml or pyproject.toml of a folder above is not ours
    (part / "requirements.txt").write_text("".join(f"{line}\n" for line in layer.lines))
    place = part / "made"
    python = str(layer.interpreter.path)
    _uv(layer, part, "venv", "--quiet", "--no-project", "--relocatable", "--python", python, str(place))
    if layer.pins:
        _install(layer, part, str(place / "bin" / "python"))
    site = site_of(place, layer.interpreter)
    if base:
        refuse_clashes(site, base.site)
        (site / BASE_FILE).write_text(f"import site; site.addsitedir({str(base.site)!r})\n")
    (place / MANIFEST).write_text(json.dumps(_manifest(layer, place, site)))
    return place


def _uv(layer: Layer, part: Path, *arguments: str) -> None:
    ran = uv.run(*arguments, cwd=part)
    if ran.status:
        raise ServiceError(explained(ran.err.decode(errors="replace"), layer))


def _install(layer: Layer, part: Path, python: str) -> None:
    """From what uv has already, if that is enough: it asks the index about every package otherwise."""
    arguments = ("pip", "install", *_options(layer), "--python", python)
    if uv.run(*arguments, "--offline", cwd=part).status:
        _uv(layer, part, *arguments)


def _options(layer: Layer) -> Iterator[str]:
    yield from ("--quiet", "--no-deps", "--requirements", "requirements.txt")
    for index in layer.indexes:
        yield from ("--extra-index-url", index)
    if layer.indexes:
        yield from ("--index-strategy", "unsafe-best-match")  # all is pinned by its hashes
    for name in sorted(layer.locals):
        yield from ("--refresh-package", name)  # uv keeps what it built from a folder by date


def _manifest(layer: Layer, place: Path, site: Path) -> dict[str, object]:
    return {
        "format": FORMAT,
        "interpreter": [str(layer.interpreter.path), layer.interpreter.version],
        "base": layer.base.key if layer.base else None,
        "local": bool(layer.locals),
        "pins": sorted(pin.digest for pin in layer.pins),
        "entries": sorted(set(os.listdir(site)) - {"__pycache__"}),
        "bytes": sum(_sizes(place)),
    }


def _sizes(folder: Path) -> Iterator[int]:
    for where, _, names in os.walk(folder):
        for name in names:
            yield os.lstat(os.path.join(where, name)).st_size


def refuse_clashes(one: Path, other: Path) -> None:
    """Raises ClashError where both folders hold the same file, or parts of one package that is no namespace.

    Python and type checkers take such a package from one of them only; in one folder they see both.
    """
    both = {*os.listdir(one)} & {*os.listdir(other)} - {*IGNORED, ".lock"}
    for name in sorted(both):
        here, there = one / name, other / name
        if not (here.is_dir() and there.is_dir()) or _is_package(here) or _is_package(there):
            raise ClashError(name)
        refuse_clashes(here, there)


def _is_package(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("__init__.py", "__init__.pyi"))
