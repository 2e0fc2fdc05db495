"""The lint tools in the order in which people run them."""

from __future__ import annotations

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.core.suggest import hint
from seatrial.lint.tools import black, mypy, poetry, ruff, yamllint
from seatrial.lint.tools.tool import Tool

TOOLS: tuple[Tool, ...] = (poetry.TOOL, mypy.TOOL, ruff.TOOL, black.TOOL, yamllint.TOOL)

BY_NAME = {tool.name: tool for tool in TOOLS}

ONLY_OCEAN = frozenset({"yamllint"})
"""What the framework's own repository runs beside what every author does."""


def tools_of(profile: Profile) -> tuple[Tool, ...]:
    """The tools of a profile's lint."""
    return tuple(tool for tool in TOOLS if profile is Profile.OCEAN or tool.name not in ONLY_OCEAN)


def choose(text: str | None, profile: Profile) -> tuple[Tool, ...]:
    """The tools that a text such as `black,ruff` names, in their own order; without one, those of the profile.

    A tool that the profile does not run by itself may be asked for. Raises UsageError.
    """
    names = [name.strip().lower() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in BY_NAME:
            otherwise = f"choose among {', '.join(BY_NAME)}"
            raise UsageError(f'no lint tool is called "{name[:60]}"' + hint(name, BY_NAME, otherwise))
    return tuple(tool for tool in TOOLS if tool.name in names) if names else tools_of(profile)
