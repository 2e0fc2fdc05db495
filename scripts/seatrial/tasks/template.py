"""The tasks `template.update` and `template.drift`: later changes of the template, for folders made earlier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Integration, MemoryFolder, Profile
from seatrial.core.printable import plain
from seatrial.dependencies.lockfile import LockText, content_hash
from seatrial.documents import toml
from seatrial.scaffold import skeleton, update
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.update import TemplateRecord, Update, brought_up, differences, recording
from seatrial.system import git
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.choice import choose
from seatrial.tasks.cli import Ended, in_make, note, say, worded
from seatrial.tasks.file_diffs import unified
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.tree import is_shared
from seatrial.workspace.workspace import Workspace

UP_TO_DATE = "up to date"


def update_template(
    integration: list[str], root: str | None, diff: bool, adopt: bool, where: str | None = None
) -> None:
    """Bring later changes of the template into folders, or show them; end with 1 where conflicts are to be resolved.

    With `adopt`, a folder without a record gets one, as if the newest revision had made it, and nothing else changes.
    """
    choice = choose(root, integration, None, where=where)
    done = [_updated(choice.workspace, one, adopt) for one in choice.integrations]
    edits = [edit for one in done for edit in one.edits]
    if diff:
        say("".join(unified(edits)))
    elif edits:
        with alone(choice.workspace.root):
            change_all(choice.workspace.root, edits)
    for one in done:
        for line in one.lines(diff):
            note(line)
    if any(one.found.conflicts for one in done):
        raise Ended("seatrial: resolve the conflicts, as after a merge of git", code=1)


def drift(integration: list[str], root: str | None, where: str | None = None) -> None:
    """Print for each integration what the newest revision of the template would change in it."""
    choice = choose(root, integration, None, where=where)
    behind = False
    for one in choice.integrations:
        done = _updated(choice.workspace, one, adopt=False)
        said = ", ".join(differences(done.found)) if done.edits else done.problem or UP_TO_DATE
        behind = behind or bool(done.edits)
        say(worded(f"{plain(one.name)}: {said}\n"))
    if behind:
        note(f"`{in_make('seatrial template.update --diff')}` shows the changes")


DONE = {"make": "made", "remove": "removed", "update": "updated"}


@dataclass(frozen=True)
class _Updated:
    """An integration with its update and the edits of that, or the reason for which there is none."""

    integration: Integration
    found: Update = field(default_factory=lambda: Update({}, (), {}))
    edits: Sequence[FileEdit] = ()
    problem: str = ""
    stale_lock: bool = False

    def lines(self, only_shown: bool) -> Iterator[str]:
        """Yield a line for each edit, which was written or, with `only_shown`, would be, and for each conflict."""
        below = self.integration.below
        for edit in self.edits:
            act = "make" if edit.before is None else "remove" if edit.after is None else "update"
            yield f"would {act} {edit.path}" if only_shown else f"{DONE[act]} {edit.path}"
        for path in self.found.conflicts:
            yield f"conflict in {below(path)}"
        for path, reason in self.found.kept.items():
            yield f"kept {below(path)}, which {reason}"
        if self.stale_lock:
            yield f"{below(skeleton.LOCK)} is stale; type `poetry lock` in that folder"
        if not self.edits:
            yield f"{self.integration.name}: {self.problem or UP_TO_DATE}"


NO_RECORD = "has no record of a template; type --adopt to write one"


def _updated(workspace: Workspace, one: Integration, adopt: bool) -> _Updated:
    try:
        record = TemplateRecord.of(one.folder)
        if record is None and adopt:
            return _Updated(one, edits=[_adopted(workspace, one)])
        if record is None:
            return _Updated(one, problem=NO_RECORD)
        found = brought_up(one.folder, record, lambda *made: _made(one, *made), _merge)
        found, is_stale = _with_lock(one, found)
        edits = [FileEdit(one.below(path), _bytes(one, path), after) for path, after in found.files.items()]
    except UsageError as wrong:
        return _Updated(one, problem=str(wrong))
    return _Updated(one, found, [edit for edit in edits if edit.before != edit.after], stale_lock=is_stale)


def _made(one: Integration, answers: Answers, revision: int) -> MemoryFolder:
    """Return what a revision makes of answers, with the spec in the language of the folder's."""
    version = skeleton.PREVIEW if answers.profile is Profile.OCEAN else skeleton.FIRST
    folder = skeleton.render(answers, version, revision)
    return skeleton.with_json_spec(folder) if one.folder.entry(skeleton.SPEC_JSON) else folder


def _merge(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    merged = git.merge(ours, base, theirs, "template")
    return merged.data, merged.conflicts > 0


def _bytes(one: Integration, path: str) -> bytes | None:
    try:
        return one.folder.read(path) if one.folder.entry(path) else None
    except Unreadable as wrong:
        raise UsageError(f"{path} cannot be read: {wrong}") from None


def _with_lock(one: Integration, found: Update) -> tuple[Update, bool]:
    """Return an update with the template's lock where the dependencies became the template's, and if it is stale."""
    before, after = _bytes(one, update.PYPROJECT), found.files.get(update.PYPROJECT)
    wanted, had = (content_hash(toml.load(update.PYPROJECT, data or b"").value) for data in (after, before))
    if after is None or not wanted or wanted == had:
        return found, False
    if wanted in [line.text for line in LockText(skeleton.lock()).content_hashes]:
        return Update({**found.files, skeleton.LOCK: skeleton.lock()}, found.conflicts, found.kept), False
    return found, True


def _adopted(workspace: Workspace, one: Integration) -> FileEdit:
    """Return the edit that writes a record. Raises UsageError where `pyproject.toml` or an answer is not valid."""
    try:
        data = one.folder.read(update.PYPROJECT)
        text = recording(data.decode(), _answers(workspace, one))
    except (Unreadable, UnicodeError) as wrong:
        raise UsageError(f"{update.PYPROJECT} cannot be read") from wrong
    document = toml.load(update.PYPROJECT, text.encode())
    for fault in document.faults:
        raise UsageError(f"{update.PYPROJECT} takes no record: {fault.message}")
    return FileEdit(one.below(update.PYPROJECT), data, text.encode())


def _answers(workspace: Workspace, one: Integration) -> Answers:
    """Return the answers that a folder without a record shows; what it does not show is derived."""
    facts = Facts.of(workspace, one)
    spec = facts.spec.root if facts.spec else None
    feature = facts.spec.features[0] if facts.spec and facts.spec.features else None
    kinds = [item.text("kind") for item in facts.spec.resources] if facts.spec else []
    shown = {
        "description": spec.text("description") if spec else "",
        "icon": spec.text("icon") if spec else "",
        "docs": spec.text("docs") if spec else "",
        "section": feature.text("section") if feature else "",
        "parent": kinds[0] if kinds else "",
        "child": kinds[1] if kinds[1:] else "",
        "core": ".".join(map(str, facts.core_floor)),
        "slug": one.name,
    }
    title = (spec.text("title") if spec else "") or one.name
    return _accepted(title, workspace.profile, is_shared(one), shown)


def _accepted(title: str, profile: Profile, infra: bool, shown: dict[str, str]) -> Answers:
    """Return the answers without those that the template would not take. Raises UsageError for the title."""
    taken: dict[str, str] = {}
    for key, text in shown.items():
        with suppress(UsageError):
            Answers.of(title, profile, infra, **{**taken, key: text})
            taken[key] = text
    return Answers.of(title, profile, infra, **taken)
