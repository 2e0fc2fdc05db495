"""The verdicts on the integrations that open files belong to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ConfigurationError, SeatrialError
from seatrial.core.model import Finding, Integration
from seatrial.system.transaction import FileEdit
from seatrial.tasks.editor.overlay import OpenText, current_text, folder_of, laid_over, path_in
from seatrial.validate.facts.facts import Facts
from seatrial.validate.repair import Refusal, repair_of, repairs
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace

MOST_KEPT = 16
"""The most workspaces that are kept open."""

Texts = Mapping[str, OpenText]
"""The open documents by their files."""


@dataclass(frozen=True)
class Subject:
    """An integration with the unsaved texts laid over it, and its workspace."""

    workspace: Workspace
    integration: Integration

    @property
    def folder(self) -> str:
        """The absolute path of its folder, with a separator at its end."""
        return folder_of(self.workspace, self.integration)

    @property
    def facts(self) -> Facts:
        """The facts about it."""
        return Facts.of(self.workspace, self.integration)

    def seen(self, path: str, texts: Texts) -> tuple[str, str]:
        """Return the file at a path from the root, and its text as the editor shows it."""
        file = os.fspath(Path(self.workspace.root, path))
        if file in texts:
            return file, texts[file].text
        return file, current_text(self.integration, path.removeprefix(self.integration.below("")))


@dataclass(frozen=True)
class Judged:
    """The findings of an integration, and the failures of rules that crashed."""

    subject: Subject
    findings: tuple[Finding, ...]
    crashes: tuple[str, ...] = ()


class Judge:
    """Judges integrations with the texts that are open in the editor. Only one thread may use it at a time.

    `opened` opens the workspace around a folder; of its errors only ConfigurationError is passed on.
    """

    def __init__(self, opened: Callable[[Path], Workspace], advice: bool = False) -> None:
        self._opened = opened
        self._advice = advice
        self._workspaces: dict[str, Workspace] = {}

    def refresh(self) -> None:
        """Forget everything that was read from the disk."""
        self._workspaces.clear()

    def subject(self, file: str, texts: Texts) -> Subject | None:
        """Return the integration that a file belongs to; None if it belongs to none. Raises ConfigurationError."""
        try:
            known = self._workspace(os.path.dirname(file))
        except ConfigurationError:
            raise
        except (SeatrialError, OSError):
            return None
        workspace = laid_over(known, texts)
        found = path_in(workspace, file)
        return Subject(workspace, found[0]) if found else None

    def _workspace(self, folder: str) -> Workspace:
        if folder not in self._workspaces:
            found = self._opened(Path(folder))
            same = next((one for one in self._workspaces.values() if one.root == found.root), found)
            while len(self._workspaces) >= MOST_KEPT:
                del self._workspaces[next(iter(self._workspaces))]
            self._workspaces[folder] = same
        return self._workspaces[folder]

    def judged(self, file: str, texts: Texts) -> Judged | None:
        """Return the findings of the integration that a file belongs to; None if it belongs to none."""
        subject = self.subject(file, texts)
        return self._judged(subject) if subject else None

    def _judged(self, subject: Subject) -> Judged:
        verdict = check(subject.facts, Rulebook(subject.workspace.own).rules, advice=self._advice)
        for one in subject.workspace.integrations:
            self._learn(subject, one)
        return Judged(subject, verdict.findings, verdict.crashes)

    def _learn(self, subject: Subject, other: Integration) -> None:
        """Keep the answers of another integration to questions of rules, unless a text of it is open."""
        for known in self._workspaces.values():
            if known.root == subject.workspace.root and other in known.integrations:
                for question, answer in subject.workspace.fleet.of(other.path).items():
                    known.fleet.tell(question, other.path, answer)


def repair(subject: Subject, fingerprint: str) -> tuple[Sequence[FileEdit], Sequence[Refusal]]:
    """Return the proved repair of a finding, or of all for an empty fingerprint, and the repairs that are refused."""
    workspace, integration = subject.workspace, subject.integration
    proving = Rulebook(workspace.own).proving
    if fingerprint:
        found = repair_of(workspace, integration, proving, fingerprint)
    else:
        found = repairs(workspace, [integration], proving)
    return found.files, found.refused
