"""The laws of lint in words, one a code, each with a slip of a correct folder and what the tool said of it.

What a tool says was recorded; a slow test asks the tools again.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.model import Fix, Location, MemoryFolder, Problem, Profile, Severity
from seatrial.lint.tools.locate import Files
from seatrial.lint.tools.registry import BY_NAME
from seatrial.lint.tools.tool import Output, Reading

LOCK, PYPROJECT, CLIENT = "poetry.lock", "pyproject.toml", "client.py"
BLACK = 'black = "^26.5.1"\n'

INVALID = "The Poetry configuration is invalid:\n  - Additional properties are not allowed ('licence' was unexpected)\n"
STALE = (
    "Error: pyproject.toml changed significantly since poetry.lock was last generated. "
    "Run `poetry lock` to fix the lock file.\n"
)
NOT_TEXT = {
    "file": CLIENT,
    "line": 31,
    "column": 60,
    "message": 'Argument "archived" to "_pages" of "GoodServiceClient" has incompatible type "bool"; expected "str"',
    "hint": None,
    "code": "arg-type",
    "severity": "error",
}
UNUSED = {
    "code": "F401",
    "filename": "main.py",
    "fix": {"applicability": "safe", "message": "Remove unused import: `os`"},
    "location": {"column": 8, "row": 1},
    "message": "`os` imported but unused",
}
REFORMATTED = "would reformat client.py\n"
DIFFERENCE = (
    "--- client.py\t2026-01-31 00:00:00.000000+00:00\n+++ client.py\t2026-01-31 00:00:00.000001+00:00\n"
    "@@ -56,3 +56,3 @@\n"
    "             headers=self._headers,\n"
    "-            params={**query, 'page': page, \"per_page\": self._page_size},\n"
)


def without_lock(tools: Sequence[str]) -> Problem:
    """There is no lock, and so nobody knows which tools to run."""
    which = f"{', '.join(tools[:-1])} and {tools[-1]}" if tools[1:] else tools[0]
    message = f"there is no {LOCK} that can be read, so nobody knows which {which} to run"
    return Problem(Location(LOCK), message, Fix("type `poetry lock` in this folder, and commit the file"))


def without_tool(name: str) -> Problem:
    """The lock does not hold a tool."""
    fix = Fix(f"type `poetry add --group dev {name}` in this folder")
    return Problem(Location(LOCK), f"{name} is not among the locked packages, so it cannot be run", fix)


@dataclass(frozen=True, eq=False)
class Law:
    """One law of lint: what it asks, why, and who judges it.

    `tool` is the judge's name, empty for what Seatrial sees by itself. `waiver` is how an integration
    says that one finding is meant so, empty where it cannot. `bad` breaks the law in a correct folder,
    of which `read` then makes what is told, given the folder's files.
    """

    code: str
    name: str
    law: str
    reason: str
    tool: str
    waiver: str
    bad: Callable[[MemoryFolder], MemoryFolder]
    read: Callable[[Files], Sequence[Problem]]
    severity: Severity = Severity.ERROR

    @property
    def family(self) -> str:
        """The three letters before the number."""
        return self.code[:3]

    @property
    def severities(self) -> Mapping[Profile, Severity | None]:
        """What it weighs in each profile that runs the tool."""
        return dict.fromkeys(Profile, self.severity)


def _law(
    code: str,
    words: str,
    bad: Callable[[MemoryFolder], MemoryFolder],
    read: Callable[[Files], Sequence[Problem]],
    tool: str = "",
    waiver: str = "",
) -> Law:
    """A law from its words: the name, a line that is the law, an empty line, the reason."""
    name, _, rest = inspect.cleandoc(words).partition("\n")
    law, _, reason = rest.partition("\n\n")
    return Law(code, name, " ".join(law.split()), " ".join(reason.split()), tool, waiver, bad, read)


def _edit(path: str, old: str, new: str) -> Callable[[MemoryFolder], MemoryFolder]:
    return lambda folder: folder.edited(path, old, new)


def _said(tool: str, output: Output, more: Output | None = None) -> Callable[[Files], Sequence[Problem]]:
    """What is made of a recorded output."""

    def read(files: Files) -> Sequence[Problem]:
        judge = BY_NAME[tool]
        reading: Reading = judge.read(output, more)
        settled = judge.settle(reading, files) if judge.settle else reading
        return (*settled.problems, *settled.stale)

    return read


LAWS: tuple[Law, ...] = (
    _law(
        "LNT001",
        """
        lint-without-lock
        `poetry.lock` is there and can be read.

        Each integration is linted with the versions that its own lock holds, in an environment made from it.
        With another black or mypy the verdict would be another.
        """,
        bad=lambda folder: folder.without(LOCK),
        read=lambda files: [without_lock(["mypy", "ruff", "black"])],
    ),
    _law(
        "LNT002",
        """
        unlocked-tool
        `poetry.lock` holds every tool that the profile runs.

        A tool that is not locked is not in the integration's environment, so `make lint` cannot run it there
        or anywhere else with the same result.
        """,
        bad=_edit(PYPROJECT, BLACK, ""),
        read=lambda files: [without_tool("black")],
    ),
    _law(
        "LNT101",
        """
        poetry
        `poetry check` accepts `pyproject.toml`.

        What it refuses cannot be installed, locked or built. Its advice to move `[tool.poetry]` to `[project]`
        is not passed on, because the framework's own tools read the former.
        """,
        tool="poetry",
        bad=_edit(PYPROJECT, 'readme = "README.md"\n', 'readme = "README.md"\nlicence = "MIT"\n'),
        read=_said("poetry", Output(1, err=INVALID)),
    ),
    _law(
        "LNT102",
        """
        mypy
        The code is sound to mypy, with the packages and the settings that the integration has.

        mypy's own code stands behind the message, and its notes behind that.
        """,
        tool="mypy",
        waiver="`# type: ignore[CODE]` at the end of the line, or `[tool.mypy]` in pyproject.toml",
        bad=_edit(CLIENT, "archived = str(include_archived).lower()", "archived = include_archived"),
        read=_said("mypy", Output(1, json.dumps(NOT_TEXT) + "\n")),
    ),
    _law(
        "LNT103",
        """
        ruff
        The code breaks no rule that ruff is set to look for.

        ruff's own code stands before the message; `ruff rule CODE` explains it. Where the repair is safe,
        `make lint FIX=1` makes it.
        """,
        tool="ruff",
        waiver="`# noqa: CODE` at the end of the line, or `[tool.ruff.lint]` in pyproject.toml",
        bad=_edit("main.py", "from typing import cast\n", "import os\nfrom typing import cast\n"),
        read=_said("ruff", Output(1, json.dumps([UNUSED]))),
    ),
    _law(
        "LNT104",
        """
        black
        The code is formatted as the integration's own black formats it.

        The place is the first line that would change. Nobody needs to do it by hand: `make lint FIX=1`.
        """,
        tool="black",
        waiver="`# fmt: skip` at the end of the line, or `[tool.black]` in pyproject.toml",
        bad=_edit(CLIENT, '**query, "page": page', "**query, 'page': page"),
        read=_said("black", Output(1, err=REFORMATTED), Output(0, DIFFERENCE)),
    ),
    _law(
        "LNT105",
        """
        yamllint
        YAML files are written as yamllint is set to want them; run in profile ocean, elsewhere with TOOLS=yamllint.

        The configuration is the nearest `.yamllint`, in the folder or above it.
        """,
        tool="yamllint",
        waiver="`# yamllint disable-line rule:NAME` at the end of the line, or `.yamllint`",
        bad=_edit(".port/spec.yaml", "    required: false\n", "    required:  false\n"),
        read=_said(
            "yamllint", Output(1, "./.port/spec.yaml:25:15: [error] too many spaces after colon (colons)\n")
        ),
    ),
    _law(
        "LNT201",
        """
        lint-with-stale-lock
        `poetry.lock` was made from the dependencies that `pyproject.toml` lists.

        `poetry install` refuses a stale one, so what mypy sees would not be what the code runs with.
        """,
        tool="poetry",
        bad=_edit(PYPROJECT, '"^0.48.12"', '"^0.49.0"'),
        read=_said("poetry", Output(1, err=STALE)),
    ),
)

LAW_OF = {law.code: law for law in LAWS}
