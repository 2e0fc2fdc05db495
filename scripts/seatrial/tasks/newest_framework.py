"""Integrations whose framework is older than the newest on the package index, which Ocean's workflow refuses.

The workflow "Validate integration files" judges the integrations that a pull request changes. It compares the
constraint of `pyproject.toml`, without a caret, with the newest version; a constraint that is not a version passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration, Profile
from seatrial.dependencies.constraints import is_older
from seatrial.system import uv
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package_metadata import CORE
from seatrial.workspace.workspace import Workspace

SECONDS = 3
"""Seconds after which the package index is not waited for."""

PYTHON = "3.12"
"""The Python of the integrations of Ocean."""


def behind(workspace: Workspace, chosen: Sequence[Integration]) -> Mapping[str, str]:
    """Return why Ocean's workflow would refuse each of these integrations, by name; none where nothing can be asked."""
    if workspace.profile is not Profile.OCEAN:
        return {}
    stated = {one.name: _constraint(workspace, one) for one in chosen}
    if not any(stated.values()):
        return {}
    with suppress(ServiceError):
        newest = uv.newest(CORE, PYTHON, SECONDS)
        return {
            name: _told(text, newest) for name, text in stated.items() if is_older(text.lstrip("^"), newest)
        }
    return {}


def _constraint(workspace: Workspace, one: Integration) -> str:
    """Return the versions of the framework that an integration takes from the index; empty where it takes none."""
    package = Facts.of(workspace, one).package
    core = package.core if package else None
    return core.constraint if core and not core.source else ""


def _told(constraint: str, newest: str) -> str:
    return (
        f'port_ocean "{constraint}" is older than {newest}, the newest, and Ocean\'s workflow refuses that; '
        f'write "^{newest}" in pyproject.toml and type `poetry lock`'
    )
