"""Group intents: a new version of the framework in many integrations, in one file, none of which is released for it.

    framework: "0.48.12"
    since: "2026-11-28"
    bump: patch
    changelog-type: improvement
    changelog: "Bumped ocean version to ^0.48.12"
    integrations:
      "integrations/jira": "1.2.3"

An integration is *folded* as long as it has the version that is written behind its path: its next version, whatever
brings that, contains the framework's, and with it the line is done. So nobody has to edit the file when it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from seatrial.core.days import day_of
from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.model import Folder
from seatrial.core.printable import one_line
from seatrial.core.version import BUMPS
from seatrial.documents import yaml

FOLDER = ".fleet-release"
"""The folder at the root that holds them. In Ocean's repository, `.ocean-release` there is for the framework itself."""

ALONE = "."
"""The path of an integration that is alone in its repository."""

_TEXTS = ("framework", "since", "bump", "changelog-type", "changelog")


@dataclass(frozen=True)
class GroupIntent:
    """A version of the framework, the day of it, an intent, and the version that each integration had, by its path."""

    framework: str
    since: date
    bump: str
    type: str
    text: str
    versions: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path of its file from the root: one file for a version of the framework."""
        return f"{FOLDER}/port-ocean-{self.framework}.yaml"

    def having(self, versions: Mapping[str, str]) -> GroupIntent:
        """Return it with more integrations, each by its path with its version."""
        return replace(
            self, versions={**self.versions, **{(path or ALONE): versions[path] for path in versions}}
        )

    def without(self, paths: Iterable[str]) -> GroupIntent:
        """Return it without these integrations."""
        gone = {path or ALONE for path in paths}
        return replace(self, versions={path: self.versions[path] for path in self.versions.keys() - gone})

    def holds(self, path: str, version: str) -> bool:
        """Return whether an integration is folded that has this version now."""
        return bool(version) and self.versions.get(path or ALONE) == version

    def written(self) -> str:
        """Return the text of its file."""
        values = (self.framework, self.since.isoformat(), self.bump, self.type, self.text)
        heads = (f"{key}: {_quoted(value)}\n" for key, value in zip(_TEXTS, values, strict=True))
        rows = (f"  {_quoted(path)}: {_quoted(version)}\n" for path, version in sorted(self.versions.items()))
        return "".join([*heads, "integrations:\n" if self.versions else "integrations: {}\n", *rows])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def group_intents(folder: Folder) -> Sequence[GroupIntent]:
    """Return the group intents in the folder of them. Raises ConfigurationError for one that cannot be read."""
    return tuple(
        group_intent(folder, path)
        for path in folder.paths()
        if path.endswith((".yaml", ".yml")) and "/" not in path
    )


def group_intent(folder: Folder, path: str) -> GroupIntent:
    """Return the group intent in one file of that folder. Raises ConfigurationError if it cannot be read."""
    where = f"{FOLDER}/{one_line(path, 100)}"
    try:
        document = yaml.load(path, folder.read(path))
    except Unreadable as reason:
        raise ConfigurationError(f"{where}: {reason}") from None
    for fault in document.faults:
        raise ConfigurationError(f"{where}:{fault.line}:{fault.column}: {fault.message}")
    wrong = next(_wrongs(document.value), "")
    if wrong:
        raise ConfigurationError(f"{where}: {wrong}; write it as `seatrial fleet.bump-core --fold` does")
    framework, since, bump, kind, text = (document.value[key] for key in _TEXTS)
    day = day_of(since) or date.min
    return GroupIntent(framework, day, bump, kind, text, document.value["integrations"])


def _wrongs(value: Any) -> Iterator[str]:
    """Yield what is wrong with the value of a file."""
    stated = value if isinstance(value, dict) else {}
    yield from (f'"{key}" is no text' for key in _TEXTS if not _is_text(stated.get(key)))
    if stated.get("bump") not in BUMPS:
        yield f'"bump" is none of {", ".join(BUMPS)}'
    if day_of(str(stated.get("since"))) is None:
        yield '"since" is no day, such as 2026-11-28'
    rows = stated.get("integrations")
    if not isinstance(rows, dict) or not all(_is_text(one) for pair in rows.items() for one in pair):
        yield '"integrations" has no version in quotes for each path'


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
