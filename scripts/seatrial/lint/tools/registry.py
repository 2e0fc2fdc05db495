"""The lint tools in the order in which people run them, the lint rules, and the choice among the tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.core.errors import UsageError
from seatrial.core.model import Fix, Integration, Location, Problem, Profile
from seatrial.core.rules import rule
from seatrial.core.suggest import hint
from seatrial.dependencies.lockfile import LOCK, LockText
from seatrial.lint.tools import black, mypy, poetry, ruff, yamllint
from seatrial.lint.tools.tool import Tool, bytes_of

TOOLS: tuple[Tool, ...] = (poetry.TOOL, mypy.TOOL, ruff.TOOL, black.TOOL, yamllint.TOOL)

BY_NAME = {tool.name: tool for tool in TOOLS}


def tools_of(profile: Profile) -> tuple[Tool, ...]:
    """Return the tools that a profile runs."""
    return tuple(tool for tool in TOOLS if profile in tool.profiles)


def choose(text: str | None, profile: Profile) -> tuple[Tool, ...]:
    """Return the tools that a text such as `black,ruff` names, in their own order; without one, the profile's.

    A tool that the profile does not run may be named. Raises UsageError.
    """
    names = [name.strip().lower() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in BY_NAME:
            otherwise = f"choose among {', '.join(BY_NAME)}"
            raise UsageError(f'no lint tool is called "{name[:60]}"' + hint(name, BY_NAME, otherwise))
    return tuple(tool for tool in TOOLS if tool.name in names) if names else tools_of(profile)


def without_lock(tools: Sequence[str]) -> Problem:
    """Return the problem of a folder without a lock, which therefore does not say which versions to run."""
    which = f"{', '.join(tools[:-1])} and {tools[-1]}" if tools[1:] else tools[0]
    message = f"there is no {LOCK} that can be read, so nobody knows which {which} to run"
    return Problem(Location(LOCK), message, Fix("type `poetry lock` in this folder, and commit the file"))


def without_tool(name: str) -> Problem:
    """Return the problem of a lock that does not hold a tool."""
    fix = Fix(f"type `poetry add --group dev {name}` in this folder")
    return Problem(Location(LOCK), f"{name} is not among the locked packages, so it cannot be run", fix)


def not_a_wheel(lock: bytes, name: str, source: str) -> Problem:
    """Return the problem of a locked package that comes from `source`, at its place in the lock."""
    found = LockText(lock).versions(name)
    where = found[0].where if found else Location(LOCK)
    fix = Fix(
        f'choose a version that has a wheel and type `poetry lock`; or, where you trust its code, add "{name}" to '
        "`source-packages` in `[lint]` of seatrial.toml"
    )
    return Problem(
        where, f"{name} comes from {source}, not as a wheel from an index; nothing was installed", fix
    )


@rule("LNT001", bad=lambda folder: folder.without(LOCK), waiver="")
def lint_without_lock(integration: Integration) -> Iterator[Problem]:
    """`poetry.lock` exists and can be read.

    Each integration is linted with the versions that its own lock holds, in an environment made from it.
    With another black or mypy the verdict would be another.
    """
    yield without_lock([tool.name for tool in tools_of(Profile.GUIDE) if tool.locked])


@rule(
    "LNT002",
    bad=lambda folder: folder.edited("pyproject.toml", 'black = "^26.5.1"\n', ""),
    waiver="",
)
def unlocked_tool(integration: Integration) -> Iterator[Problem]:
    """`poetry.lock` holds every tool that the profile runs.

    A tool that is not locked is not in the integration's environment, so `make lint` cannot run it there
    or anywhere else with the same result.
    """
    yield without_tool("black")


_SDIST = """\
[[package]]
name = "glob2"
version = "0.7"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = [
    {file = "glob2-0.7.tar.gz", hash = "sha256:85c3dbd07c8aa26d63d7aacee34fa86e9a91a3873bc30bf62ec46e531f92ab8c"},
]

[metadata]
"""


@rule(
    "LNT003",
    bad=lambda folder: folder.edited(LOCK, "[metadata]\n", _SDIST),
    waiver="`source-packages` in `[lint]` of seatrial.toml",
)
def source_package(integration: Integration) -> Iterator[Problem]:
    """Every locked package comes as a wheel from a package index.

    Whatever else a lock names (a folder, a file, a git repository, an address, an sdist) runs code of its own
    when it is installed, and a lock may come from a fork. Packages that `source-packages` names are built in the
    sandbox, with the network but nothing of the person's.
    """
    yield not_a_wheel(bytes_of(integration, LOCK) or b"", "glob2", "an sdist")


LINT_RULES = tuple(
    sorted(
        (lint_without_lock, unlocked_tool, source_package, *(law for tool in TOOLS for law in tool.laws)),
        key=lambda law: law.code,
    )
)

LINT_RULE_OF = {law.code: law for law in LINT_RULES}
