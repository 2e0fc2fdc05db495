"""The effects of the few commands of a RUN that need not be run, as their results are known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.names import shown
from seatrial.release.builders.layers.words import Command, Unclear, has_pattern

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+")
_CACHES = (
    "/var/lib/apt/lists/*",
    "/var/lib/apt/lists",
    "/var/cache/apk/*",
    "/root/.cache",
)
"""What images remove to be small, which this builder never makes."""

_POETRY = {
    "--no-root": 0,
    "--no-interaction": 0,
    "-n": 0,
    "--no-ansi": 0,
    "--no-cache": 0,
    "--no-directory": 0,
    "--sync": 0,
    "-q": 0,
    "-v": 0,
    "--without": 1,
    "--only": 1,
}
"""Options of `poetry install` whose effect is known, and the number of their values."""

_HARMLESS = frozenset({
    "POETRY_NO_INTERACTION", "POETRY_CACHE_DIR", "POETRY_HOME", "POETRY_VERSION", "POETRY_PYTHON",
    "POETRY_VIRTUALENVS_IN_PROJECT", "POETRY_VIRTUALENVS_CREATE", "POETRY_VIRTUALENVS_PATH",
    "POETRY_VIRTUALENVS_OPTIONS_NO_PIP", "POETRY_VIRTUALENVS_OPTIONS_NO_SETUPTOOLS",
    "POETRY_VIRTUALENVS_PREFER_ACTIVE_PYTHON", "POETRY_VIRTUALENVS_USE_POETRY_PYTHON",
    "POETRY_INSTALLER_PARALLEL", "POETRY_INSTALLER_MAX_WORKERS", "POETRY_REQUESTS_TIMEOUT", "POETRY_WARNINGS_EXPORT",
})  # fmt: skip


@dataclass(frozen=True)
class Folders:
    """mkdir: folders to make; without `parents` they must be new. `mode` is the one stated, None for the usual one."""

    paths: tuple[str, ...]
    parents: bool
    mode: int | None = None


@dataclass(frozen=True)
class Modes:
    """chmod: a mode, in digits or letters, for paths."""

    mode: str
    paths: tuple[str, ...]
    recursive: bool


@dataclass(frozen=True)
class ChangeOwners:
    """chown: an owner for paths."""

    owner: str
    paths: tuple[str, ...]
    recursive: bool


@dataclass(frozen=True)
class Link:
    """ln -s: a symbolic link at `place` with this text."""

    target: str
    place: str
    replaces: bool


@dataclass(frozen=True)
class AddGroup:
    """groupadd: a group of a stated number."""

    name: str
    number: int


@dataclass(frozen=True)
class Account:
    """useradd: an account of a stated number, in a group that is there."""

    name: str
    number: int
    group: str
    home: str = ""
    shell: str = ""


@dataclass(frozen=True)
class SystemPackages:
    """apt-get install or apk add."""

    names: tuple[str, ...]
    program: str


@dataclass(frozen=True)
class InstallPoetry:
    """pip install poetry: a tool of the build, which must not be in the image."""


@dataclass(frozen=True)
class Install:
    """poetry install --no-root, in a folder; `only` are the groups that are installed, else all but `without`.

    `in_project` is what the environment says about the place of the virtual environment, None for nothing.
    """

    folder: str
    without: frozenset[str]
    only: frozenset[str]
    in_project: bool | None


Effect = Folders | Modes | ChangeOwners | Link | AddGroup | Account | SystemPackages | InstallPoetry | Install


@dataclass(frozen=True)
class _Call:
    """The arguments of a command, its environment, and the folder it runs in."""

    name: str
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    folder: str

    def paths(self, stated: Sequence[str]) -> tuple[str, ...]:
        """Return absolute paths. Raises Unclear for patterns, and for none."""
        if not stated or any(has_pattern(one) for one in stated):
            raise Unclear(f"{self.name} needs paths without patterns")
        return tuple(posixpath.normpath(posixpath.join("/", self.folder, one)) for one in stated)

    def options(self, known: Mapping[str, int]) -> tuple[dict[str, str], list[str]]:
        """Return the options, of which each has 0 or 1 values, and the other arguments. Raises Unclear."""
        found: dict[str, str] = {}
        rest: list[str] = []
        arguments = iter(self.arguments)
        for one in arguments:
            name, equals, value = one.partition("=") if one.startswith("--") else (one, "", "")
            if not one.startswith("-") or one == "-":
                rest.append(one)
            elif name not in known:
                raise Unclear(f"the option {shown(one)} of {self.name} is not known here")
            else:
                found[name] = value if equals else next(arguments, "") if known[name] else ""
        return found, rest


def effects(found: Sequence[Command], env: Mapping[str, str], folder: str) -> Iterator[Effect]:
    """Yield what the commands of one RUN change. Raises Unclear for a command whose result is not known."""
    following = list(found)
    while following:
        one = following.pop(0)
        if one.words[:2] == ("command", "-v") and following and following[0].otherwise:
            one = Command(following.pop(0).words)
        if one.otherwise:
            raise Unclear("|| runs a command only sometimes")
        yield from _effects(one.words, env, folder)


def _effects(stated: Sequence[str], env: Mapping[str, str], folder: str) -> Iterator[Effect]:
    own = dict(env)
    left = list(stated)
    while left and (found := _ASSIGNMENT.fullmatch(left[0])):
        own[found[1]] = found[2]
        left.pop(0)
    if not left:
        raise Unclear("it sets variables for what follows")
    known = _KNOWN.get(left[0])
    if known is None:
        raise Unclear(f"{shown(left[0])} would have to be run")
    yield from known(_Call(left[0], tuple(left[1:]), own, folder))


def _mkdir(call: _Call) -> Iterator[Effect]:
    options, rest = call.options({"-p": 0, "--parents": 0, "-m": 1, "--mode": 1})
    mode = options.get("-m", options.get("--mode"))
    if mode is not None and not re.fullmatch(r"[0-7]{3,4}", mode):
        raise Unclear("the mode is not in digits")
    parents = "-p" in options or "--parents" in options
    yield Folders(call.paths(rest), parents, int(mode, 8) if mode else None)


def _chmod(call: _Call) -> Iterator[Effect]:
    options = [one for one in call.arguments if one in ("-R", "--recursive")]
    mode, *paths = [one for one in call.arguments if one not in options] or [""]
    if not re.fullmatch(r"[0-7]{3,4}|[ugoa]*[-+=][rwxX]*(?:,[ugoa]*[-+=][rwxX]*)*", mode):
        raise Unclear("the mode is not one that is known here")
    yield Modes(mode, call.paths(paths), bool(options))


def _chown(call: _Call) -> Iterator[Effect]:
    options, rest = call.options({"-R": 0, "--recursive": 0})
    owner, *paths = rest or [""]
    yield ChangeOwners(owner, call.paths(paths), bool(options))


def _ln(call: _Call) -> Iterator[Effect]:
    options, rest = call.options({"-s": 0, "-sf": 0, "-f": 0, "-fs": 0, "-sfn": 0, "--symbolic": 0})
    if (
        len(rest) != 2
        or not options.keys() & {"-s", "-sf", "-fs", "-sfn", "--symbolic"}
        or has_pattern(rest[0])
    ):
        raise Unclear("only one symbolic link at a time is made")
    yield Link(rest[0], call.paths(rest[1:])[0], any("f" in one for one in options))


def _groupadd(call: _Call) -> Iterator[Effect]:
    options, rest = call.options({"-r": 0, "--system": 0, "-g": 1, "--gid": 1})
    yield AddGroup(_account(rest), _number(options.get("-g", options.get("--gid", ""))))


def _useradd(call: _Call) -> Iterator[Effect]:
    known = {"-r": 0, "--system": 0, "-M": 0, "--no-create-home": 0, "-u": 1, "--uid": 1, "-g": 1, "--gid": 1}
    options, rest = call.options(known | {"-d": 1, "--home-dir": 1, "-s": 1, "--shell": 1})
    if not options.keys() & {"-r", "--system"}:
        raise Unclear("an account that is not one of the system (-r) gets more than its lines")
    if not options.keys() & {"-g", "--gid"}:
        raise Unclear("the group (-g) is not stated")
    values = {name.lstrip("-")[0]: value for name, value in options.items() if value}
    if any(":" in value for value in values.values()):
        raise Unclear("a value has a colon")
    number = _number(values.get("u", ""))
    yield Account(
        _account(rest), number, values["g"], values.get("d", values.get("h", "")), values.get("s", "")
    )


def _account(rest: Sequence[str]) -> str:
    if len(rest) != 1 or not _NAME.fullmatch(rest[0]):
        raise Unclear("it needs one name")
    return rest[0]


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise Unclear("the number (-g, -u) is not stated, and which one is free depends on the base image")
    return int(text)


def _apt(call: _Call) -> Iterator[Effect]:
    flags = {"-y": 0, "-q": 0, "-qq": 0, "-yq": 0, "-qy": 0, "--yes": 0, "--assume-yes": 0, "--quiet": 0}
    _, rest = call.options({**flags, "--no-install-recommends": 0, "--no-install-suggests": 0})
    verb, *names = rest or [""]
    if verb in ("update", "clean", "autoclean") and not names:
        return
    if (
        verb != "install"
        or not all(map(_PACKAGE.fullmatch, names))
        or any(name.endswith("-") for name in names)
    ):
        raise Unclear(f"{call.name} {shown(verb)} changes the base image's own packages")
    yield SystemPackages(tuple(names), call.name)


def _apk(call: _Call) -> Iterator[Effect]:
    _, rest = call.options({"--no-cache": 0, "--update": 0, "-q": 0})
    verb, *names = rest or [""]
    if verb != "add" or not all(map(_PACKAGE.fullmatch, names)):
        raise Unclear(f"{call.name} {shown(verb)} changes the base image's own packages")
    yield SystemPackages(tuple(names), call.name)


def _rm(call: _Call) -> Iterator[Effect]:
    _, rest = call.options({"-rf": 0, "-r": 0, "-f": 0, "-fr": 0})
    if not rest or any(one not in _CACHES for one in rest):
        raise Unclear("it removes files")
    yield from ()


def _pip(call: _Call) -> Iterator[Effect]:
    _, rest = call.options({"--no-cache-dir": 0, "-q": 0, "--upgrade": 0, "-U": 0, "--quiet": 0})
    names = {re.split(r"[\[=<>!~ ]", one)[0].lower() for one in rest[1:]}
    if rest[:1] != ["install"] or not names or names - {"poetry", "pip"}:
        raise Unclear("pip installs what is not in the lock")
    yield InstallPoetry()


def _poetry(call: _Call) -> Iterator[Effect]:
    verb, *rest = call.arguments or ("",)
    options, more = _Call("poetry install", tuple(rest), call.env, call.folder).options(_POETRY)
    if verb != "install" or more:
        raise Unclear(f"of poetry only `poetry install` is known, not `poetry {shown(verb)}`")
    if "--no-root" not in options:
        raise Unclear("it installs the integration as a package, for which its code may run; add --no-root")
    odd = [name for name in call.env if name.startswith("POETRY_") and name not in _HARMLESS]
    if odd:
        raise Unclear(f"{shown(min(odd))} changes what poetry installs")
    without, only = (frozenset(options.get(name, "").split(",")) - {""} for name in ("--without", "--only"))
    yield Install(call.folder, without, only, _in_project(call.env))


def _in_project(env: Mapping[str, str]) -> bool | None:
    """Return whether the virtual environment is in the folder, as poetry reads its variables."""
    if env.get("POETRY_VIRTUALENVS_CREATE", "true").lower() not in ("true", "1"):
        raise Unclear("it installs into the base image's own Python (POETRY_VIRTUALENVS_CREATE)")
    stated = env.get("POETRY_VIRTUALENVS_IN_PROJECT")
    return None if stated is None else stated.lower() in ("true", "1")


_KNOWN: Mapping[str, Callable[[_Call], Iterator[Effect]]] = {
    "mkdir": _mkdir,
    "chmod": _chmod,
    "chown": _chown,
    "ln": _ln,
    "groupadd": _groupadd,
    "useradd": _useradd,
    "apt-get": _apt,
    "apt": _apt,
    "apk": _apk,
    "rm": _rm,
    "pip": _pip,
    "pip3": _pip,
    "poetry": _poetry,
}
