"""Later changes of the template, merged into a folder that was made from it earlier.

Each file is merged from three states: as the template made it then, as the template makes it now, and as it is. Changes
of its author stay; where both changed the same lines, both versions are kept between conflict marks, as git does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Folder, Kind, MemoryFolder, Profile
from seatrial.core.names import counted
from seatrial.documents import toml
from seatrial.documents.document import is_conflicted
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import FEATURES, Answers

PYPROJECT = "pyproject.toml"
TABLE = "tool.seatrial.template"

_REVISION = re.compile(
    rf"(^\[{re.escape(TABLE)}\][ \t]*\r?\n(?:[^\[\n]*\n)*?revision[ \t]*=[ \t]*)\d+", re.MULTILINE
)

Merge = Callable[[bytes, bytes, bytes], tuple[bytes, bool]]
"""Merges ours, base and theirs; returns the text, and whether it contains conflict marks."""

Made = Callable[[Answers, int], MemoryFolder]
"""Returns the files that a revision of the template makes from answers."""


@dataclass(frozen=True)
class TemplateRecord:
    """The record of what a folder was made from: the revision of the template, and the answers."""

    revision: int
    answers: Answers

    @classmethod
    def of(cls, folder: Folder) -> TemplateRecord | None:
        """Return the record in a folder's `pyproject.toml`, None if it has none. Raises UsageError for a bad one."""
        try:
            data = folder.read(PYPROJECT)
        except Unreadable:
            return None
        if is_conflicted(data):
            raise UsageError(f"{PYPROJECT} has conflict marks of an earlier merge; resolve them first")
        value = toml.load(PYPROJECT, data).value
        for key in TABLE.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, dict):
            return None
        revision, answers = value.get("revision"), value.get("answers")
        if type(revision) is not int or not isinstance(answers, dict):
            raise UsageError(
                f"[{TABLE}] in {PYPROJECT} is not a record of the template; delete the table and type --adopt"
            )
        return cls(revision, _answers(answers))


def _answers(stated: Mapping[str, Any]) -> Answers:
    """Return recorded answers; unknown ones are left out, missing ones derived. Raises UsageError."""
    names = {field.name for field in fields(Answers)}
    texts = {key: value for key, value in stated.items() if key in names and isinstance(value, str)}
    wanted = {key: stated.get(key) is True for key in FEATURES}
    infra = stated.get("infra") if isinstance(stated.get("infra"), bool) else None
    profile = texts.pop("profile", Profile.GUIDE.value)
    if profile not in [one.value for one in Profile]:
        known = " or ".join(f'"{one.value}"' for one in Profile)
        raise UsageError(f"[{TABLE}.answers] in {PYPROJECT} names an unknown profile; write {known}")
    if "kinds" in texts:
        texts = {key: value for key, value in texts.items() if key not in ("parent", "child")}
    return Answers.of(texts.pop("title", ""), profile, infra, **texts, **wanted)


def recording(text: str, answers: Answers) -> str:
    """Return the text of a `pyproject.toml` with the record of an adopted folder at its end."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in answers.record().items()]
    head = f'[{TABLE}]\ntemplate = "integration"\nrevision = {skeleton.REVISION}\n'
    return "".join([text.rstrip("\n"), f"\n\n{head}\n[{TABLE}.answers]\n", *lines])


@dataclass(frozen=True)
class Update:
    """An update of a folder.

    `files` has the new bytes of each file that changes, None for one that is removed; `conflicts` are the files with
    conflict marks; `kept` has the reason for each file that stays as it is.
    """

    files: Mapping[str, bytes | None]
    conflicts: tuple[str, ...]
    kept: Mapping[str, str]


def update(ours: Folder, base: MemoryFolder, new: MemoryFolder, merge: Merge) -> Update:
    """Return the changes from `base` to `new` that a folder lacks. The folder itself is not changed."""
    files: dict[str, bytes | None] = {}
    conflicts: list[str] = []
    kept: dict[str, str] = {}
    for path in sorted({*base.files, *new.files}):
        before, after = base.files.get(path), new.files.get(path)
        if before == after:
            continue
        try:
            here = _at(ours, path)
        except Unreadable:
            kept[path] = "is not a plain file"
            continue
        if reason := _stays(here, before, after):
            kept[path] = reason
        elif here != after:
            files[path], is_conflict = _merged(here, before, after, merge)
            conflicts += [path] * is_conflict
    return Update(files, tuple(conflicts), kept)


def _at(folder: Folder, path: str) -> bytes | None:
    """Return the bytes of a file; None where nothing is there. Raises Unreadable for a link, or behind one."""
    parts = path.split("/")
    for end in range(1, len(parts)):
        above = folder.entry("/".join(parts[:end]))
        if above and (above.target is not None or above.kind is not Kind.FOLDER):
            raise Unreadable("behind a link")
    entry = folder.entry(path)
    if entry and (entry.target is not None or entry.kind is not Kind.FILE):
        raise Unreadable("no plain file")
    return folder.read(path) if entry else None


def _stays(here: bytes | None, before: bytes | None, after: bytes | None) -> str:
    """Return why the author's state of a file is kept; empty if the file follows the template."""
    if here is None and before is not None:
        return "was deleted, and the template changed it" if after is not None else ""
    if here is None or _plain(here) == before:
        return ""
    if after is None:
        return "was changed, and the template no longer has it"
    return "is not text, and the template changed it" if b"\0" in here else ""


def _merged(
    here: bytes | None, before: bytes | None, after: bytes | None, merge: Merge
) -> tuple[bytes | None, bool]:
    """Return the new state of a file, with its own line ends, and whether there are conflicts in it."""
    if here is None or after is None or _plain(here) == before:
        return (_like(here, after) if here and after else after), False
    if _plain(here) == after:
        return here, False
    data, is_conflict = merge(_plain(here), before or b"", after)
    return _like(here, data), is_conflict


def _plain(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _like(here: bytes, data: bytes) -> bytes:
    """Return a text with the line ends that the file has."""
    return data.replace(b"\n", b"\r\n") if b"\r\n" in here else data


def brought_up(folder: Folder, record: TemplateRecord, made: Made, merge: Merge) -> Update:
    """Return the update of a folder to the newest revision. Raises UsageError for a record of an unknown revision."""
    if record.revision > skeleton.REVISION:
        raise UsageError("it was made by a newer Seatrial; update Seatrial")
    if record.revision == skeleton.REVISION:
        return Update({}, (), {})
    found = update(
        folder, made(record.answers, record.revision), made(record.answers, skeleton.REVISION), merge
    )
    return _with_revision(folder, found)


def _with_revision(folder: Folder, found: Update) -> Update:
    """Return the update with the newest revision in the record, whether or not that line was merged."""
    data = found.files[PYPROJECT] if PYPROJECT in found.files else folder.read(PYPROJECT)
    text = (data or b"").decode()
    stated = _REVISION.sub(lambda match: f"{match[1]}{skeleton.REVISION}", text)
    return Update({**found.files, PYPROJECT: stated.encode()}, found.conflicts, found.kept)


def differences(found: Update) -> Iterator[str]:
    """Yield in words how many files an update changes, how many have conflicts, and how many are kept."""
    yield f"{counted(len(found.files), 'file')} to change"
    if found.conflicts:
        yield f"{len(found.conflicts)} with conflicts"
    if found.kept:
        yield f"{len(found.kept)} kept as changed or deleted"
