"""The Python an integration is judged with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache

from seatrial import uv
from seatrial.errors import SeatrialError, ServiceError
from seatrial.interpreters.finding import CHOICE
from seatrial.interpreters.interpreter import Interpreter, asked, understood
from seatrial.lint.pythons import satisfies

INSTALLABLE = tuple(f"3.{minor}" for minor in range(9, 15))
"""The versions that uv can install."""

PATCHES = 40
SECONDS = 600

_one_at_a_time = threading.Lock()


def choose(
    constraint: str, found: Sequence[Interpreter], install: Callable[[str], Interpreter | None] | None = None
) -> Interpreter:
    """The Python that satisfies a constraint: the lowest minor version, of that the highest patch.

    The lowest is the one that the author certainly supports. CPython comes first. Where none is
    found uv installs one, once a run, unless UV_PYTHON_DOWNLOADS is "never". Raises ServiceError.
    """
    fitting = [one for one in found if satisfies(constraint, one.version)]
    if fitting:
        return min(fitting, key=lambda one: one.merit)
    installed = _installable(constraint, install or _installed)
    if installed and satisfies(constraint, installed.version):
        return installed
    raise ServiceError(_missing(constraint, found))


def _installable(constraint: str, install: Callable[[str], Interpreter | None]) -> Interpreter | None:
    """A new Python of the lowest version that may satisfy the constraint."""
    if os.environ.get("UV_PYTHON_DOWNLOADS") in ("never", "manual") or os.environ.get(CHOICE):
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
    """The Python that uv installs, or has installed; None where it cannot."""
    try:
        uv.run("python", "install", "--quiet", "--no-bin", version, seconds=SECONDS)
        ran = uv.run("python", "find", "--managed-python", "--no-project", version, cwd=None, seconds=60)
    except SeatrialError:
        return None
    return understood(asked(ran.out.decode(errors="replace").strip())) if ran.status == 0 else None


def _missing(constraint: str, found: Sequence[Interpreter]) -> str:
    versions = ", ".join(dict.fromkeys(one.version for one in found)) or "none"
    wanted = _lowest(constraint)
    if wanted is None:
        return f'no Python satisfies "{constraint}" (found: {versions}); correct the constraint in pyproject.toml'
    if os.environ.get(CHOICE):
        return f'{CHOICE} names Python {versions}, which does not satisfy "{constraint}"; name another, or unset it'
    return (
        f'no Python on this machine satisfies "{constraint}" (found: {versions}); '
        f"install Python {wanted}, such as with `uv python install {wanted}` or pyenv, and try again"
    )
