"""Making an environment with uv, and the errors of uv in one line: what is wrong, and what to type next."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from seatrial.core.addresses import without_credentials
from seatrial.core.errors import ServiceError
from seatrial.core.printable import one_line
from seatrial.lint.environments.environment import FORMAT, MANIFEST, Environment, Layer, site_of
from seatrial.system import uv
from seatrial.system.atomic import replace_file
from seatrial.system.process import Ran
from seatrial.system.sandbox import Sandbox, View

_PACKAGE = r"`?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:==| @ |=)([^\s`,]+)`?"
_UNREACHED = (
    "error sending request|dns error|failed to lookup address|tcp connect|connection (?:refused|reset|closed)|"
    "operation timed out|request or response body error|tunnel error"
)
NO_WHEEL = (
    '"{found[1]}" has no file for Python {python} on this machine; '
    'choose another version of it and type "poetry lock", or set SEATRIAL_LINT_PYTHON to another Python'
)
_UNKNOWN = (
    'no package index has "{found[1]}"{version}; '
    'correct pyproject.toml and type "poetry lock", or set UV_INDEX'
)

_EXPLANATIONS = (
    (
        r"no space left on device|disk quota exceeded",
        "no space is left on the disk; free some, or set SEATRIAL_CACHE to a folder on another disk",
    ),
    (
        r"read-only file system|permission denied \(os error",
        "a folder cannot be written ({words}); set SEATRIAL_CACHE and UV_CACHE_DIR to others",
    ),
    (
        rf"hash mismatch for {_PACKAGE}",
        'the files of "{found[1]}" {found[2]} are not those that poetry.lock pins (other hashes); '
        'find out why, then type "poetry lock"',
    ),
    (
        r"not found in the cache|network (?:was|is) disabled",
        "a package is not at hand and uv is told to stay offline; unset UV_OFFLINE and run it again",
    ),
    (_UNREACHED, "the package index cannot be reached; check the network or the proxy and run it again"),
    (
        r"\b(?:HTTP status (?:client|server) error \()?40[13] (?:unauthorized|forbidden)",
        "the package index refuses access ({found[0]}); check the user and password in UV_INDEX",
    ),
    (r"\b([A-Za-z0-9][\w.-]*)(?:==\S+)? has no wheels? with a matching", NO_WHEEL),
    (r"no wheels? (?:are|is) (?:usable|available) for `?([A-Za-z0-9][\w.-]*)", NO_WHEEL),
    (r"because there is no version of ([A-Za-z0-9][\w.-]*?)(?:==|\s|\{)", _UNKNOWN),
    (r"because ([A-Za-z0-9][\w.-]*) was not found", _UNKNOWN),
    (
        rf"failed to (?:build|download and build) {_PACKAGE}",
        '"{found[1]}" {found[2]} has to be built for Python {python} and cannot; '
        '"pip wheel --no-deps {found[1]}=={found[2]}" shows why',
    ),
    (
        r"git (?:operation|executable)|failed to (?:clone|fetch) .{0,80}git",
        "a package comes from git and cannot be fetched; check the address and your access to it",
    ),
)
"""Patterns for the errors of uv, and what to say instead."""


def explanation(text: str, layer: Layer, no_wheel: str = NO_WHEEL) -> str:
    """Return uv's words on standard error as one line; `no_wheel` is the line for a package without a fitting file."""
    line = re.sub(r"\s+", " ", text)
    for pattern, words in _EXPLANATIONS:
        if found := re.search(pattern, line, re.IGNORECASE):
            words = no_wheel if words == NO_WHEEL else words
            version = layer.versions.get(found[1].lower(), "") if found.lastindex else ""
            return _plain(
                words.format(
                    found=found,
                    words=found[0].lower(),
                    python=layer.interpreter.minor,
                    version=version and f" {version}",
                )
            )
    return _plain(f"uv cannot install its packages: {_first_error(text)}")


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = (line.removeprefix("error:").strip() for line in lines if line.startswith("error:"))
    causes = (line.removeprefix("cause:").strip() for line in lines if line.startswith("cause:"))
    parts = [next(errors, ""), next(causes, "")]
    return ": ".join(part for part in parts if part)[:300] or "it does not say why"


def _plain(text: str) -> str:
    return one_line(without_credentials(text), 1000)


_COPIED = ("--link-mode", "clone" if sys.platform == "darwin" else "copy")

BASE_FILE = "_seatrial_base.pth"
"""The file in an overlay that adds its base to Python's path."""

CREATED = ("__pycache__", BASE_FILE, "_virtualenv.py", "_virtualenv.pth")


class ClashError(Exception):
    """A layer and its base hold files of one package, which must be in one folder."""


def make(layer: Layer, part: Path, base: Environment | None, sandbox: Sandbox) -> Path:
    """Make an environment inside the new folder `part`, its manifest last, and return its folder.

    Raises ServiceError, ClashError, and OSError.
    """
    part.mkdir()
    uv.quiet(part)
    place = part / "made"
    python = str(layer.interpreter.path)
    _uv(layer, part, "venv", "--quiet", "--no-project", "--relocatable", "--python", python, str(place))
    if layer.wheels:
        install_wheels(layer, part, _in(place))
    if layer.sources:
        _build(layer, part, place, sandbox)
    site = site_of(place, layer.interpreter)
    if base:
        refuse_clashes(site, base.site)
        _write(site / BASE_FILE, f"import site; site.addsitedir({str(base.site)!r})\n", part)
    _write(place / MANIFEST, json.dumps(_manifest(layer, place)), part)
    return place


def _write(path: Path, text: str, part: Path) -> None:
    """Write a file of the environment: what was built may have put a link in its place, or on the way."""
    replace_file(path, lambda file: file.write(text.encode()), root=part, durable=False)


def _uv(layer: Layer, part: Path, *arguments: str) -> None:
    _must(uv.run(*arguments, cwd=part), layer)


def _must(ran: Ran, layer: Layer, no_wheel: str = NO_WHEEL) -> None:
    if ran.status:
        raise ServiceError(explanation(ran.err.decode(errors="replace"), layer, no_wheel))


def install_wheels(layer: Layer, part: Path, target: Sequence[str], no_wheel: str = NO_WHEEL) -> None:
    """Install wheels, of which nothing runs meanwhile, where the options `target` say. Raises ServiceError.

    Offline from uv's cache if that has everything: otherwise uv asks the index about every package. The files are
    copies: what changes them must not change uv's cache.
    """
    arguments = (*_options(layer, part, layer.wheels), *target, "--no-build", *_COPIED)
    uv.quiet(part)
    if uv.run(*arguments, "--offline", cwd=part).status:
        _must(uv.run(*arguments, cwd=part), layer, no_wheel)


def _build(layer: Layer, part: Path, place: Path, sandbox: Sandbox) -> None:
    """Install what may run code of its own: in a sandbox, with the network, and a cache that is thrown away."""
    home = part / "home"
    home.mkdir()
    folders = tuple(one.path for one in layer.locals.values())
    prefix = layer.interpreter.path.parent.parent
    view = View(readable=(Path(uv.program()), prefix, *folders), writable=(part,), network=True)
    ran = uv.run_confined(
        *_options(layer, part, layer.sources), *_in(place), sandbox=sandbox, view=view, home=home, cwd=part
    )
    _must(ran, layer)


def _in(place: Path) -> tuple[str, str]:
    """Return the options to install into an environment."""
    return "--python", str(place / "bin" / "python")


def _options(layer: Layer, part: Path, lines: Sequence[str]) -> Iterator[str]:
    file = part / "requirements.txt"
    file.write_text("".join(f"{line}\n" for line in lines))
    yield from ("pip", "install", "--quiet", "--no-deps", "--requirements", str(file))
    for index in layer.indexes:
        yield from ("--extra-index-url", index)
    if layer.indexes:
        yield from ("--index-strategy", "unsafe-best-match")  # all is pinned by its hashes


def _manifest(layer: Layer, place: Path) -> dict[str, object]:
    return {
        "format": FORMAT,
        "interpreter": [str(layer.interpreter.path), layer.interpreter.version],
        "base": layer.base.key if layer.base else None,
        "local": bool(layer.locals),
        "pins": sorted(pin.digest for pin in layer.pins),
        "bytes": sum(_sizes(place)),
    }


def _sizes(folder: Path) -> Iterator[int]:
    for where, _, names in os.walk(folder):
        for name in names:
            yield os.lstat(os.path.join(where, name)).st_size


def refuse_clashes(one: Path, other: Path) -> None:
    """Raise ClashError where both folders hold the same file, or parts of one package other than a namespace.

    Python and type checkers read such a package from one of them only; in one folder they see both parts.
    """
    both = {*os.listdir(one)} & {*os.listdir(other)} - {*CREATED, ".lock"}
    for name in sorted(both):
        here, there = one / name, other / name
        if not (here.is_dir() and there.is_dir()) or _is_package(here) or _is_package(there):
            raise ClashError(name)
        refuse_clashes(here, there)


def _is_package(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("__init__.py", "__init__.pyi"))
