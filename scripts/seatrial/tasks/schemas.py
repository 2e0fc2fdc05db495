"""The task `schemas`: JSON Schema of each file for editors, and the settings that have an editor use them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile, join
from seatrial.schemas.jsonschema import derived_files
from seatrial.system.atomic import write_whole
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import note, say
from seatrial.workspace.workspace import Workspace

END = ".schema.json"

RESOURCES = ("actions", "blueprints", "pages", "port-app-config", "scorecards")
"""The schemas of the files in `.port/resources`, by their stem."""


def schemas(root: str | None, write: str | None) -> None:
    """Write the schemas into a folder of the repository, or without one say what there is; print the settings."""
    workspace = open_workspace(root)
    folder = _below(workspace, write or "schemas")
    if write:
        for name, text in derived_files().items():
            write_whole(workspace.root / folder / name, text, root=workspace.checkout, make=True)
        note(
            f"wrote {len(derived_files())} schemas to {folder}; commit them, and renew them with each new Seatrial"
        )
        note("for VS Code with its YAML extension, put this into .vscode/settings.json:")
    else:
        note(f"there are {', '.join(name.removesuffix(END) for name in derived_files())}")
        note(
            f"write them with --write {folder}; VS Code with its YAML extension then uses them by these settings:"
        )
    say(json.dumps(settings(workspace, folder), indent=2) + "\n")


def settings(workspace: Workspace, folder: str) -> Mapping[str, object]:
    """Return the settings by which VS Code uses the schemas in a folder of this repository."""
    holder = "" if _is_one(workspace) else workspace.settings.integrations
    return settings_for(workspace.profile or Profile.GUIDE, holder, folder)


def settings_for(profile: Profile, holder: str, folder: str) -> Mapping[str, object]:
    """Return the settings for integrations in `holder`, which is empty where the repository is one integration."""
    spec = f"spec-{profile.value}"
    below = join(holder, "*/.port") if holder else ".port"
    files = {spec: f"{below}/spec", **{stem: f"{below}/resources/{stem}" for stem in RESOURCES}}
    by_name = {name: f"./{folder}/{name}{END}" for name in (*files, "seatrial")}
    return {
        "yaml.schemas": {by_name[name]: [f"{path}.yaml", f"{path}.yml"] for name, path in files.items()},
        "json.schemas": [
            {"url": by_name[name], "fileMatch": [f"{path}.json"]} for name, path in files.items()
        ],
        "evenBetterToml.schema.associations": {r"^.*/seatrial\.toml$": by_name["seatrial"]},
    }


def _is_one(workspace: Workspace) -> bool:
    return [one.path for one in workspace.integrations] == [""]


def _below(workspace: Workspace, folder: str) -> str:
    """Return a folder's path below the root. Raises UsageError for one outside of it."""
    place = Path(os.path.abspath(workspace.here / folder))
    if not place.is_relative_to(workspace.root) or place == workspace.root:
        raise UsageError(f"{folder} is not a folder below {workspace.root}; name one there, such as schemas")
    return PurePosixPath(place.relative_to(workspace.root)).as_posix()
