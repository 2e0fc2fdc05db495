"""The task `template.keep`: the template's history, from which `template.update` knows what made a folder."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.scaffold import skeleton
from seatrial.system import git
from seatrial.system.atomic import write_whole
from seatrial.tasks.cli import note

CHECKOUT = Path(__file__).parents[3]
HISTORY = "templates/history"
DIGEST = f"{HISTORY}/DIGEST"
REVISION = "REVISION = {}\n"
SOURCE = "scripts/seatrial/scaffold/skeleton.py"
SUFFIX = ".tmpl"


def keep() -> None:
    """Write what the committed template has otherwise into the history, and raise the revision in the source.

    Raises UsageError where the template has not changed since the last commit.
    """
    before = git.folder_at(CHECKOUT, git.resolve(CHECKOUT, "HEAD"), "templates/integration")
    paths = [path for path in before.paths() if path.endswith(SUFFIX)]
    former = {path.removesuffix(SUFFIX): before.read(path).decode() for path in paths}
    otherwise = skeleton.difference(former)
    if not otherwise:
        raise UsageError("the template has not changed since the last commit")
    for path, text in otherwise.items():
        name = path if path == skeleton.ABSENT else f"{path}{SUFFIX}"
        _write(f"{HISTORY}/{skeleton.REVISION}/{name}", text)
    source = (CHECKOUT / SOURCE).read_text(encoding="utf-8")
    numbers = (REVISION.format(skeleton.REVISION), REVISION.format(skeleton.REVISION + 1))
    _write(SOURCE, source.replace(*numbers, 1))
    _write(DIGEST, f"{skeleton.digest()}\n")


def _write(path: str, text: str) -> None:
    write_whole(CHECKOUT / path, text, root=CHECKOUT, make=True)
    note(f"wrote {path}")
