"""ruff: its JSON as problems. Sources: `ruff check --help`, and the program's own output from 0.0.278 to 0.17."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seatrial.core.model import Fix, Problem
from seatrial.lint.tools.locate import Files, into_pyproject, settled
from seatrial.lint.tools.output import MEND, PYPROJECT, crashed, judged, problem
from seatrial.lint.tools.tool import EVERYTHING, Output, Reading, Tool, Version, Watched

OUTPUT_FORMAT = (0, 0, 291)
"""`--format` is called `--output-format` from here on."""

SAFE_FIXES = (0, 1)
"""From here on ruff tells safe repairs from others."""

SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
SETTINGS = frozenset({PYPROJECT, "ruff.toml", ".ruff.toml", ".gitignore", ".ignore"})
WIDENING = frozenset({"include", "extend-include", "extension", "extend"})
"""Settings that make ruff read files of other names, or settings from elsewhere."""

_PLACE = re.compile(r"TOML parse error at line (\d{1,9}), column (\d{1,9})")
_FILE = re.compile(r"[\s`(]([^\s`()]*(?:pyproject|\.?ruff)\.toml)\b")
_CONFIGURATION = re.compile(r"TOML parse error|Required version|error parsing glob|rule selector|\.toml\b")
_SNIPPET = re.compile(r"^\s*(?:\d+\s*)?\|")
_CAUSE = re.compile(r"^\s*(?:Cause:|error:)?\s*")
_MOST = 300


def arguments(version: Version) -> Sequence[str]:
    """JSON, and nothing kept; an unknown version is a new one."""
    form = "--output-format" if not version or version >= OUTPUT_FORMAT else "--format"
    return ("check", form, "json", "--no-cache", ".")


def mending(version: Version) -> Sequence[str]:
    """Safe repairs only; a version that does not tell them from others repairs nothing."""
    if version and version < SAFE_FIXES:
        return ()
    return ("check", "--fix", "--no-unsafe-fixes", "--no-cache", ".")


def read(output: Output, more: Output | None = None) -> Reading:
    """What ruff found. With status 2 it has refused its settings, which is a fault of theirs."""
    if output.status == 2 and _CONFIGURATION.search(output.err) and not crashed(output):
        return Reading([_refused_settings(output.err)])
    return judged("ruff", output, list(_found(output.out)))


def _found(text: str) -> Iterator[Problem]:
    for entry in _entries(text):
        yield _problem(entry)


def _entries(text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _problem(entry: Mapping[str, Any]) -> Problem:
    place = _mapping(entry.get("location"))
    line, column = place.get("row"), place.get("column")
    message = " ".join(str(entry.get("message") or "a fault without words").split())
    if entry.get("cell") is not None:
        message, line, column = f"{message} (cell {entry['cell']}, line {line})", 1, 1
    told = f"{_code(entry)} {message}".strip()
    return problem(str(entry.get("filename") or ""), told, line, column, fix=_fix(entry.get("fix")))


def _code(entry: Mapping[str, Any]) -> str:
    code = entry.get("code")
    return code if isinstance(code, str) else ""


def _fix(value: Any) -> Fix | None:
    """ruff's own repair, said in its words; a version of before there were safe ones is not to be trusted with it."""
    fix = _mapping(value)
    message = fix.get("message")
    if not isinstance(message, str) or not message:
        return None
    title = message[0].lower() + message[1:]
    return Fix(f"{title} ({MEND})" if fix.get("applicability") == "safe" else title)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _refused_settings(text: str) -> Problem:
    place = _PLACE.search(text)
    files = _FILE.findall(text)
    line, column = place.groups() if place else (1, 1)
    return problem(files[-1] if files else PYPROJECT, _told(text), line, column)


def _told(text: str) -> str:
    """What lies behind the picture of the faulty line, or the causes."""
    end = text.rpartition("ruff failed\n")[2]
    lines = [_CAUSE.sub("", line) for line in end.splitlines() if line.strip()]
    behind = [number for number, line in enumerate(lines) if _SNIPPET.match(line)]
    told = " ".join(lines[behind[-1] + 1 :] if behind else lines)
    return told.partition(", expected one of")[0][:_MOST]


def settle(reading: Reading, files: Files) -> Reading:
    """With refused settings at the key they are about."""
    placed = into_pyproject(files, ("tool", "ruff"))
    return settled(reading, lambda one: placed(one) if _is_about_settings(one) else one)


def _is_about_settings(one: Problem) -> bool:
    """Whether ruff says it of its own settings, and not by a rule for `pyproject.toml`."""
    return one.where.path == PYPROJECT and not re.match(r"[A-Z]+[0-9]+ ", one.message)


def watches(settings: Mapping[str, object]) -> Watched:
    """Python, notebooks, settings and what is ignored; everything where the settings may say more, or lie elsewhere."""
    own = settings.get("ruff")
    if not isinstance(own, dict) or WIDENING & own.keys():
        return EVERYTHING
    return Watched(SUFFIXES, SETTINGS)


def widens(paths: Iterable[str]) -> bool:
    """Whether there are settings of ruff beside those of the folder's `pyproject.toml`."""
    return any(
        path.rpartition("/")[2] in ("ruff.toml", ".ruff.toml") or path.endswith(f"/{PYPROJECT}")
        for path in paths
    )


TOOL = Tool(
    name="ruff",
    code="LNT103",
    plain=("check", "."),
    arguments=arguments,
    read=read,
    watches=watches,
    mending=mending,
    settle=settle,
    widens=widens,
)
