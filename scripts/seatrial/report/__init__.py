"""Reports: an outcome as text in several formats, one module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.findings import Outcome, RuleFacts
from seatrial.core.model import Finding
from seatrial.core.suggest import hint

FORMATS: Mapping[str, str] = {
    "text": "seatrial.report.text",
    "json": "seatrial.report.json",
    "github": "seatrial.report.github",
    "sarif": "seatrial.report.sarif",
    "junit": "seatrial.report.junit",
    "gitlab": "seatrial.report.gitlab",
}
"""The module whose `render` writes each format; imported on demand."""


@dataclass(frozen=True)
class Options:
    """Options of formats; each format uses those that it needs.

    `rules` are described, by code. `colour` is for terminals. `lines` returns the lines of a finding's file, for
    excerpts. `more` has further keys for the JSON format.
    """

    rules: Mapping[str, RuleFacts] = field(default_factory=dict)
    colour: bool = False
    lines: Callable[[Finding], Sequence[str]] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def choose(environ: Mapping[str, str], explicit: str | None) -> str:
    """Return the requested format, else `github` under GitHub Actions, else `text`. Raises UsageError."""
    if explicit:
        return _known(explicit)
    return "github" if environ.get("GITHUB_ACTIONS") == "true" else "text"


def render(name: str, outcome: Outcome, options: Options | None = None) -> str:
    """Return the outcome in a format: whole lines, or nothing. Raises UsageError for an unknown format."""
    renderer: Callable[[Outcome, Options], str] = import_module(FORMATS[_known(name)]).render
    return renderer(outcome, options or Options())


def _known(name: str) -> str:
    if name in FORMATS:
        return name
    raise UsageError(
        f'no format is called "{name}"' + hint(name, FORMATS, f"choose one of {', '.join(FORMATS)}")
    )
