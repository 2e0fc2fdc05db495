"""The task `fix`: the safe repairs that findings offer."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from seatrial.core.edits import repaired
from seatrial.core.errors import Unreadable
from seatrial.core.model import Edit, Finding, Integration
from seatrial.core.printable import plain
from seatrial.system.atomic import write_whole
from seatrial.tasks.choice import choose
from seatrial.tasks.cli import jobs_of, note, say
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import Workspace


def fix(integration: list[str], root: str | None, since: str | None, jobs: str | None, diff: bool) -> None:
    """Apply every safe repair, or show it; `seatrial validate` shows the rest."""
    choice = choose(root, integration, since)
    workspace = choice.workspace
    done = check_all(workspace, choice.integrations, RULES, jobs_of(jobs), choice.changes(RULES))
    changed = [_repair(workspace, path, edits, diff) for path, edits in _edits(done.outcome.findings)]
    word = "would be repaired" if diff else "repaired"
    count = sum(changed) or "nothing"
    unit = "" if count == "nothing" else " file" if count == 1 else " files"
    note(f"{count}{unit} {word}; `seatrial validate` shows what is left to do by hand")


def _edits(findings: Sequence[Finding]) -> list[tuple[str, list[Edit]]]:
    """Return the safe edits, file by file."""
    safe = (finding.fix.edit for finding in findings if finding.fix and finding.fix.edit)
    by_path = sorted(safe, key=attrgetter("where.path"))
    return [(path, list(edits)) for path, edits in groupby(by_path, key=attrgetter("where.path"))]


def _repair(workspace: Workspace, path: str, edits: Sequence[Edit], show: bool) -> bool:
    """Repair one file, or show how; tell if there was anything to change. Links are left alone."""
    before = _text(workspace, path)
    after = repaired(before, edits) if before is not None else None
    if before is None or after is None or before == after:
        return False
    if show:
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm=""
        )
        say("".join(f"{plain(line)}\n" for line in lines))
    else:
        write_whole(workspace.root / path, after, root=workspace.checkout)
        note(f"repaired {path}")
    return True


def _text(workspace: Workspace, path: str) -> str | None:
    """Read a plain file of an integration, by its path from the root; None where that cannot be done."""
    for integration in workspace.integrations:
        inside = _inside(integration, path)
        if inside is None:
            continue
        entry = integration.entry(inside)
        if entry is None or entry.target is not None:
            return None
        try:
            return integration.read(inside).decode()
        except (Unreadable, UnicodeDecodeError):
            return None
    return None


def _inside(integration: Integration, path: str) -> str | None:
    prefix = integration.below("")
    return path.removeprefix(prefix) if path.startswith(prefix) else None
