"""The task `preview`: the entities that examples or a sample make, shown, recorded, or brought up to date."""

from __future__ import annotations

import json as standard_json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, ServiceError, Unreadable, UsageError
from seatrial.core.model import Integration
from seatrial.core.printable import cut, plain
from seatrial.preview import page, preview_text
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.goldens import Comparison
from seatrial.preview.previews import Preview, as_json
from seatrial.system.atomic import write_whole
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.choice import Choice, choose
from seatrial.tasks.cli import Ended, in_make, note, say
from seatrial.tasks.preview_cases import previews
from seatrial.tasks.watch import watch as watched
from seatrial.workspace.workspace import Workspace

FORMATS = ("text", "json", "html")


def preview(
    integration: list[str],
    root: str | None,
    since: str | None,
    kind: str | None,
    sample: str | None,
    format: str | None,
    output: str | None,
    watch: bool,
    record: bool,
    accept: bool,
    yes: bool,
    where: str | None = None,
) -> None:
    """Map the examples of the chosen integrations, or a sample; show the entities, or record them."""
    chosen = format or "text"
    if chosen not in FORMATS:
        raise UsageError(f'"{chosen}" is not a format of a preview; choose among {", ".join(FORMATS)}')
    if watch and sample == "-":
        raise UsageError("standard input is read once; give --sample a file to watch it")
    _must_be_one(record=record, accept=accept, sample=bool(sample), watch=watch)
    with Evaluator() as evaluator:

        def choose_again() -> Choice:
            return choose(root, integration, since, where=where)

        def show(choice: Choice) -> list[Preview]:
            found = _previews(choice, kind, sample, evaluator)
            if not (record or accept):
                _deliver(found, chosen, output)
            return found

        if watch:
            watched(choose_again, show, [sample] if sample else [], lambda path: path.startswith(WATCHED))
            return
        choice = choose_again()
        found = show(choice)
    if record:
        _record(choice, found)
    elif accept:
        _accept(choice, found, yes)
    elif any(one.failed or one.stale for one in found):
        raise Ended(code=EXIT_FINDINGS)


def _must_be_one(**given: bool) -> None:
    """Raise UsageError for options that ask for different things."""
    stated = [f"--{name}" for name, value in given.items() if value]
    if len(stated) > 1 and stated[0] in ("--record", "--accept"):
        raise UsageError(f"{' and '.join(stated)} cannot be given together")


WATCHED = (".port/", "examples/", "poetry.lock", "pyproject.toml")
"""The beginnings of the paths of files that a preview is made from."""


def _previews(choice: Choice, kind: str | None, sample: str | None, evaluator: Evaluator) -> list[Preview]:
    found = previews(choice, kind, sample, evaluator)
    if not found and not sample:
        note("seatrial: no examples here; give --sample FILE with an object that the API gave")
    return found


def _deliver(found: Sequence[Preview], format: str, output: str | None) -> None:
    rendered = _rendered(found, format)
    if output:
        write_whole(Path(output), rendered)
    else:
        say(rendered)
    note(preview_text.totals(found))
    if any(one.stale for one in found):
        note(
            f"`{in_make('seatrial preview --accept')}` shows how recorded entities differ, and brings them up to date"
        )


def _rendered(found: Sequence[Preview], format: str) -> str:
    if format == "json":
        value = {"version": 1, "integrations": [as_json(one) for one in found]}
        return standard_json.dumps(value, indent=2) + "\n"
    return page.render(found) if format == "html" else preview_text.render(found)


MOST_SHOWN = 60
"""The most differences of a file that are shown."""


def _record(choice: Choice, found: Sequence[Preview]) -> None:
    """Write the entities of examples that lack them. Raises Ended if some cannot be told."""
    pairs = _with_integrations(choice, found)
    edits, left = [], []
    for one, preview in pairs:
        for new in preview.recordings:
            if new.reason:
                left.append(f"not recorded: {one.below(new.path)}: {new.reason}")
            else:
                edits.append(_edit(choice.workspace, one, new.path, new.text))
    _write(choice.workspace, edits)
    for edit in edits:
        note(f"recorded {edit.path}")
    for line in left:
        note(line)
    stale = sum(len(preview.stale) for preview in found)
    if stale:
        note(f"{_files(stale, 'is', 'are')} stale and left; --accept brings them up to date")
    if not edits:
        note("nothing was recorded; no example lacks its entities" if not left else "nothing was recorded")
    if left:
        raise Ended(code=EXIT_FINDINGS)


def _accept(choice: Choice, found: Sequence[Preview], yes: bool) -> None:
    """Show how recorded files differ, ask, and bring them up to date.

    Raises UsageError if there is nobody to ask, and Ended if it is refused or some cannot be brought up to date.
    """
    stale = [(one, row) for one, preview in _with_integrations(choice, found) for row in preview.stale]
    say("".join(f"{line}\n" for one, row in stale for line in _shown(one, row)))
    edits = [_edit(choice.workspace, one, row.path, row.text) for one, row in stale if row.text is not None]
    edits = [edit for edit in edits if edit.before != edit.after]
    if edits and not yes:
        _must_be_agreed(len(edits))
    _write(choice.workspace, edits)
    for edit in edits:
        note(f"brought up to date: {edit.path}")
    done = {edit.path for edit in edits}
    rest = [one.below(row.path) for one, row in stale if one.below(row.path) not in done]
    for path in rest:
        note(f"left as it is: {path}: no example makes what is recorded; edit or remove it by hand")
    if not stale:
        note("all that is recorded is up to date")
    if rest:
        raise Ended(code=EXIT_FINDINGS)


def _with_integrations(choice: Choice, found: Sequence[Preview]) -> list[tuple[Integration, Preview]]:
    by_name = {one.name: one for one in choice.integrations}
    return [(by_name[preview.integration], preview) for preview in found]


def _shown(one: Integration, row: Comparison) -> Iterator[str]:
    yield plain(f"{one.below(row.path)}  ({', '.join(row.examples)})")
    for difference in row.differences[:MOST_SHOWN]:
        where = difference.where or "the entity"
        yield plain(f"  {where}")
        yield plain(f"    - {cut(difference.old_text, 200)}")
        yield plain(f"    + {cut(difference.new_text, 200)}")
    if row.differences[MOST_SHOWN:]:
        yield f"  and {len(row.differences) - MOST_SHOWN} more"
    if row.fault:
        yield plain(f"  it cannot be read: {row.fault}")


def _must_be_agreed(count: int) -> None:
    if not sys.stdin.isatty():
        command = in_make("seatrial preview --accept --yes")
        raise UsageError(f"there is nobody to ask here; look at the differences, then type `{command}`")
    try:
        agreed = input(f"bring {_files(count)} up to date? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        agreed = False
    if not agreed:
        note("nothing was changed")
        raise Ended(code=EXIT_FINDINGS)


def _files(count: int, one: str = "", many: str = "") -> str:
    words = f"{count} file{'' if count == 1 else 's'}"
    return f"{words} {one if count == 1 else many}".rstrip()


def _edit(workspace: Workspace, one: Integration, path: str, text: str) -> FileEdit:
    """Return the change of a file. Raises ServiceError for one that is reached through a link."""
    full = one.below(path)
    place = workspace.root / full
    real = os.path.realpath(workspace.root / one.path)
    if os.path.realpath(place) != os.path.join(real, path):
        raise ServiceError(f"{full} leads through a link, and nothing is written there; remove the link")
    before = None
    with suppress(Unreadable, KeyError, FileNotFoundError):
        before = one.read(path) if one.entry(path) else None
    return FileEdit(full, before, text.encode("utf-8", "backslashreplace"))


def _write(workspace: Workspace, edits: Sequence[FileEdit]) -> None:
    if edits:
        with alone(workspace.root):
            change_all(workspace.root, edits)
