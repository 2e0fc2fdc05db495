"""What the rules about resources share: the examples' files, and how a fault is worded."""

from __future__ import annotations

from collections.abc import Collection

from seatrial.core.model import Edit, Fix, Location, MemoryFolder
from seatrial.core.rules import Edited
from seatrial.core.suggest import nearest
from seatrial.documents.document import Document
from seatrial.schemas.explain import shown
from seatrial.validate.facts.blueprints import Blueprints
from seatrial.validate.facts.catalog import Reference

RESOURCES = ".port/resources"
BLUEPRINTS = f"{RESOURCES}/blueprints.json"
APP_CONFIG = f"{RESOURCES}/port-app-config.yaml"
SCORECARDS = f"{RESOURCES}/scorecards.json"

TASK_HEAD = '"identifier": "goodServiceTask",\n'
"""How the second blueprint of the template begins."""

MOST_KNOWN = 200
"""Among more names none is sought; the largest real blueprint has 50 properties."""


def edited(path: str, *changes: tuple[str, str]) -> Edited:
    """The example that changes the one place of a file, or several, from the first text to the second."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        for old, new in changes:
            folder = folder.edited(path, old, new)
        return folder

    return edit


def added(name: str, text: str) -> Edited:
    """The example that has one resource file more."""
    return lambda folder: folder.having(f"{RESOURCES}/{name}", text)


def rename(where: Location, name: str, known: Collection[str], otherwise: str, text: str = "") -> Fix:
    """Change a name to the known one that it nearly is; where there is none, do otherwise.

    `text` is what stands at the place, where that is more than the name.
    """
    near = _near(name, known)
    if not near:
        return Fix(otherwise)
    whole = text or name
    edit = Edit(where, whole, whole.replace(name, near)) if whole.count(name) == 1 else None
    return Fix(f"change {shown(name)} to {shown(near)}", edit)


def point_elsewhere(where: Location, name: str, blueprints: Blueprints, text: str = "") -> Fix:
    """Change the name of a blueprint that is not there, or say where it is."""
    otherwise = (
        f"add the blueprint {shown(name)} to {blueprints.document.path}, or, where it lives elsewhere, "
        'list it under "blueprints" of [known] in seatrial.toml'
    )
    own = blueprints.identifiers
    return rename(where, name, own if _near(name, own) else blueprints.foreign, otherwise, text)


def _near(name: str, known: Collection[str]) -> str | None:
    return nearest(name, known) if len(known) <= MOST_KNOWN else None


def place(document: Document, reference: Reference) -> Location:
    """Where a name is used."""
    return (document.key if reference.at_key else document.at)(*reference.keys)
