"""A workspace over which the unsaved texts of an editor are laid."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from seatrial.core.errors import Unreadable
from seatrial.core.model import Folder, Integration, Kind, Overlay
from seatrial.documents.document import BOM
from seatrial.system.folder import MAX_BYTES
from seatrial.workspace.workspace import Workspace


@dataclass(frozen=True)
class OpenText:
    """The text of an open document, its version, and the text that it was opened or last saved with."""

    text: str
    saved: str
    version: int = 0


class _Unsaved(Overlay):
    """An overlay that refuses texts too large to be read as files."""

    def read(self, path: str) -> bytes:
        data = super().read(path)
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data):,} bytes; files over {MAX_BYTES:,} bytes are not read")
        return data


def folder_of(workspace: Workspace, integration: Integration) -> str:
    """Return the absolute path of the folder of an integration, with a separator at its end."""
    return os.path.join(os.fspath(workspace.root), integration.path).rstrip(os.sep) + os.sep


def path_in(workspace: Workspace, file: str) -> tuple[Integration, str] | None:
    """Return the integration that a file is in, and its path there; None for a file of none."""
    for one in workspace.integrations:
        folder = folder_of(workspace, one)
        if file.startswith(folder):
            return one, file.removeprefix(folder).replace(os.sep, "/")
    return None


def laid_over(workspace: Workspace, texts: Mapping[str, OpenText]) -> Workspace:
    """Return the workspace as it would be if these texts, given by file, were saved.

    The answers of other integrations to questions of rules are kept.
    """
    changed: dict[str, dict[str, bytes]] = {}
    for file, text in texts.items():
        found = path_in(workspace, file)
        data = _unsaved(*found, text) if found else None
        if found and data is not None:
            changed.setdefault(found[0].path, {})[found[1]] = data
    if not changed:
        return workspace
    by_path = {one.path: one for one in workspace.integrations}
    over = {
        path: Integration(by_path[path].name, path, _Unsaved(by_path[path].folder, files))
        for path, files in changed.items()
    }
    return replace(workspace, fleet=workspace.fleet.having(over))


def _unsaved(integration: Integration, path: str, text: OpenText) -> bytes | None:
    """Return the bytes that saving would write; None if the file holds them already, or is not a plain file."""
    folder: Folder = integration.folder
    entry = folder.entry(path)
    if entry is None or entry.kind is not Kind.FILE:
        return None
    try:
        on_disk = folder.read(path).decode()
    except (Unreadable, UnicodeDecodeError):
        return None if text.text == text.saved else _encoded(text.text)
    mark = BOM if on_disk.startswith(BOM) and not text.text.startswith(BOM) else ""
    shown = on_disk.removeprefix(BOM)
    same = text.text in (on_disk, shown, shown.replace("\r\n", "\n"))
    return None if same else _encoded(mark + text.text)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def current_text(integration: Integration, path: str) -> str:
    """Return the text of a file as an editor shows it; empty if it cannot be read."""
    try:
        return integration.folder.read(path).decode("utf-8-sig", "replace")
    except Unreadable:
        return ""
