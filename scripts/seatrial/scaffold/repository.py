"""The files by which a repository uses Seatrial, and how each is merged into what the repository has."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.model import Profile, join
from seatrial.core.settings import Settings
from seatrial.scaffold import skeleton

BEGIN, END = "# seatrial: ", "# end of seatrial\n"
"""The marks in a Makefile around the lines that are renewed: the beginning of the first line, and the last line."""


@dataclass(frozen=True)
class TargetRepository:
    """A repository to be set up: its profile, and two paths.

    `root` is the workspace in the repository, empty if both are the same; `holder` the folder of integrations in the
    workspace, empty if the workspace is one integration.
    """

    profile: Profile
    root: str = ""
    holder: str = Settings().integrations


@dataclass(frozen=True)
class RepositoryFile:
    """A file to be made: its path in the repository, its text, and what to do if there is a file already.

    If that has the marks, `marked` replaces the lines between them. Otherwise, unless it contains one of `signs`, a
    person is told to add `proposal`, and `where`. Without a proposal, the file that is there will do.
    """

    path: str
    text: str
    proposal: str = ""
    where: str = ""
    signs: Sequence[str] = ()
    marked: str = ""

    def joined(self, existing: str | None) -> str | None:
        """Return the new text of the file; None if an existing one is left as it is."""
        if existing is None:
            return self.text
        begin = existing.find(f"\n{BEGIN}") + 1
        end = existing.find(END, begin)
        if not self.marked or end < begin or not (begin or existing.startswith(BEGIN)):
            return None
        joined = existing[:begin] + self.marked + existing[end + len(END) :]
        return None if joined == existing else joined

    def lacking(self, existing: str) -> str:
        """Return the lines that a person should add to the file; empty for none."""
        has_it = any(sign in existing for sign in self.signs) or (self.marked and BEGIN in existing)
        return "" if has_it else self.proposal


def parts(
    repository: TargetRepository, tasks: Sequence[str], options: Sequence[str]
) -> Iterator[RepositoryFile]:
    """Yield the files except those for editors and CI; `tasks` and `options` are the names in the menu."""
    root = repository.root
    yield RepositoryFile(join(root, "seatrial.toml"), _settings(repository))
    yield RepositoryFile(join(root, skeleton.IGNORE), skeleton.root_ignore())
    if repository.holder:
        # Not in an integration's own folder: lint would read it there, and Seatrial is not among its packages.
        text = skeleton.repository_file("tasks.py", {})
        yield RepositoryFile(join(root, "tasks.py"), text, text, "for `invoke`", ["seatrial"])
    marked = _targets(tasks, options)
    makefile = skeleton.repository_file("Makefile", {}) + marked
    yield RepositoryFile(join(root, "Makefile"), makefile, marked, "at its end", ["seatrial"], marked)
    hook = _hook(repository)
    yield RepositoryFile(
        ".pre-commit-config.yaml",
        f"repos:\n{hook}",
        hook,
        "below `repos:`",
        ["id: seatrial", "entry: seatrial"],
    )


def editor(settings: Mapping[str, object], schemas: Mapping[str, str]) -> Iterator[RepositoryFile]:
    """Yield the JSON Schemas, given by path, and the settings by which VS Code uses them."""
    for path, text in schemas.items():
        yield RepositoryFile(path, text)
    text = json.dumps(settings, indent=2) + "\n"
    yield RepositoryFile(
        ".vscode/settings.json", text, text, "inside its braces", ["spec-guide.schema", "spec-ocean.schema"]
    )


def _settings(repository: TargetRepository) -> str:
    words = {"profile": repository.profile.value, "holder": repository.holder}
    return skeleton.repository_file("seatrial.toml", words)


def _targets(tasks: Sequence[str], options: Sequence[str]) -> str:
    named = "$@"
    for group in sorted({task.partition(".")[0] for task in tasks if "." in task}):
        named = f"$(subst {group}-,{group}.,{named})"
    words = {"tasks": [task.replace(".", "-") for task in tasks], "options": options}
    folded = {name: _folded(list(texts)) for name, texts in words.items()}
    return skeleton.repository_file("targets.mk", {**folded, "named": named})


def _folded(words: Sequence[str]) -> str:
    return " \\\n".join(textwrap.wrap(" ".join(words), 88, subsequent_indent="\t", break_on_hyphens=False))


def _hook(repository: TargetRepository) -> str:
    root = repository.root
    command = ["seatrial", "validate", "--files", *(["--root", root] if root else [])]
    folder = join(root, repository.holder)
    files = f"^{re.escape(folder)}/" if folder else ""
    return skeleton.repository_file("hook.yaml", {"entry": shlex.join(command), "files": files})
