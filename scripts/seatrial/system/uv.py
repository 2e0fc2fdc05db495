"""Running uv: the program and its environment. The only module that uses uv."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from seatrial.core.addresses import without_credentials
from seatrial.core.errors import ServiceError
from seatrial.system import process
from seatrial.system.held_secrets import for_helpers, for_programs
from seatrial.system.home import home
from seatrial.system.sandbox import Sandbox, View

SECONDS = 1800
"""Seconds before an installation is given up; the largest real environment takes a minute on a slow network."""

_DROPPED = re.compile(
    r"VIRTUAL_ENV|CONDA_.*|PYTHON(PATH|HOME|STARTUP|USERBASE)|UV_("
    r"BREAK_SYSTEM_PACKAGES|BUILD_CONSTRAINT|COMPILE_BYTECODE|CONSTRAINT|CUSTOM_COMPILE_COMMAND|DEV|DRY_RUN|"
    r"ENV_FILE|EXCLUDE|EXCLUDE_NEWER|EXTRA|FORK_STRATEGY|FROZEN|ISOLATED|LOCKED|MANAGED_PYTHON|NO_BINARY.*|"
    r"NO_BUILD.*|NO_DEV|NO_EDITABLE|NO_GROUP|NO_MANAGED_PYTHON|NO_PROJECT|NO_SOURCES|NO_SYNC|NO_VERIFY_HASHES|"
    r"OVERRIDE|PRERELEASE|PROJECT.*|PYTHON|PYTHON_PREFERENCE|REQUIRE_HASHES|RESOLUTION|SYSTEM_PYTHON|TARGET|"
    r"TORCH_BACKEND|VENV_.*|WORKING_DIR|INDEX_STRATEGY)"
)
"""Variables that change which packages are installed, or where; indexes, proxies and caches stay the user's."""


_ASKS_A_CLOUD = frozenset({"UV_KEYRING_PROVIDER", "UV_S3_ENDPOINT_URL"})
"""Variables with which uv, or a keyring that it starts, needs the credentials of a cloud for an index."""

OLDEST = (0, 12)
"""The oldest uv that is used: before 0.11.20 a wheel could have it write programs outside the environment."""

_one_at_a_time = threading.Lock()  # find_uv_bin is not safe with threads


def program() -> str:
    """Return the path of uv. Raises ServiceError."""
    with _one_at_a_time:
        return _program()


@lru_cache(maxsize=1)
def _program() -> str:
    try:
        from uv import find_uv_bin

        found = str(find_uv_bin())
    except (ImportError, FileNotFoundError) as missing:
        raise ServiceError('uv is not installed beside Seatrial; type "pip install uv"') from missing
    version = process.run([found, "--version"], seconds=60).out.decode(errors="replace").split()[1:2]
    numbers = tuple(int(part) for part in re.findall(r"\d+", "".join(version))[:2])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ServiceError(f'{found} is older than {oldest}; type "pip install -U uv"')
    return found


def run(*arguments: str, cwd: Path | None = None, seconds: float = SECONDS) -> process.Ran:
    """Run uv quietly with the user's settings. Raises ServiceError if it cannot be run.

    It takes no settings from the current folder, which may be a fork's and could name another source of Pythons.
    `cwd` must hold a `uv.toml`; by default it is a new folder.
    """
    if cwd is None:
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            quiet(Path(folder))
            return run(*arguments, cwd=Path(folder), seconds=seconds)
    return process.run(
        [program(), "--no-progress", "--color", "never", *arguments],
        cwd=cwd,
        env=_environment(os.environ),
        seconds=seconds,
        clean=True,
    )


def newest(package: str, python: str, seconds: float) -> str:
    """Return the newest version of a package that the user's index has for a version of Python.

    Raises ServiceError where the index does not tell it in time, or in another form.
    """
    with tempfile.TemporaryDirectory(prefix="seatrial-") as name:
        folder = Path(name)
        quiet(folder)
        (folder / "wanted.txt").write_text(f"{package}\n")
        options = ["--no-deps", "--no-header", "--no-annotate", "--quiet", "--python", sys.executable]
        ran = run(
            "pip", "compile", "wanted.txt", *options, "--python-version", python, cwd=folder, seconds=seconds
        )
    found = re.fullmatch(rf"{re.escape(package)}==([0-9][0-9A-Za-z.+!]{{0,40}})", _last_line(ran.out))
    if ran.status or not found:
        raise ServiceError(f"the package index does not tell the newest version of {package}")
    return found[1]


def _last_line(data: bytes) -> str:
    """Return the last line of a short output; empty for a long one."""
    lines = data.decode(errors="replace").splitlines() if len(data) < 10_000 else []
    return lines[-1].strip() if lines else ""


def quiet(folder: Path) -> None:
    """Write an empty `uv.toml`, so that uv takes no settings from this folder or those above."""
    (folder / "uv.toml").write_text("")


def run_confined(
    *arguments: str, sandbox: Sandbox, view: View, home: Path, cwd: Path, seconds: float = SECONDS
) -> process.Ran:
    """Run uv in a sandbox, for packages whose code runs meanwhile. Raises ServiceError if it cannot be run.

    It has `home` as its home and for its cache, and of the user's settings only the addresses of indexes and
    proxies, without credentials.
    """
    command = sandbox.command([program(), "--no-progress", "--color", "never", *arguments], view, cwd)
    kept = {name: without_credentials(value) for name, value in os.environ.items() if name in _ADDRESSES}
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home)}
    cache = {"UV_CACHE_DIR": str(home / "cache"), "LC_ALL": "C.UTF-8"}
    return process.run_confined(command, {**trusted(), **kept, **environ, **cache}, cwd=cwd, seconds=seconds)


_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_ADDRESSES = frozenset({
    "UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "SSL_CERT_FILE", "SSL_CERT_DIR",
    *_PROXIES, *(name.lower() for name in _PROXIES),
})  # fmt: skip


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    asks = not _ASKS_A_CLOUD.isdisjoint(name for name, value in inherited.items() if value)
    known = for_helpers(inherited) if asks else for_programs(inherited)
    kept = {name: value for name, value in known.items() if not _DROPPED.fullmatch(name)}
    return {**trusted(), **kept} if kept.keys().isdisjoint(("SSL_CERT_FILE", "SSL_CERT_DIR")) else kept


@lru_cache(maxsize=1)
def trusted() -> Mapping[str, str]:
    """Return the certificates this machine trusts, as pip uses them; uv's default is the public ones only."""
    import ssl

    known = ssl.get_default_verify_paths()
    if known.cafile:
        return {"SSL_CERT_FILE": known.cafile}
    if known.capath and os.listdir(known.capath):
        return {"SSL_CERT_DIR": known.capath}
    return {}


def pythons_folder() -> Path | None:
    """Return the folder in which uv keeps the Pythons it installed; None where the user has no home folder."""
    stated, data = os.environ.get("UV_PYTHON_INSTALL_DIR"), os.environ.get("XDG_DATA_HOME")
    if stated:
        return Path(stated)
    own = home(os.environ)
    share = Path(data) if data else own and own / ".local" / "share"
    return share / "uv" / "python" if share else None
