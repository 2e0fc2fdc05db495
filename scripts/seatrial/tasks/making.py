"""The task that makes a new integration folder."""

from __future__ import annotations

import sys
from pathlib import Path

from invoke import Context, task

from seatrial import git, scaffold, tools
from seatrial.errors import ServiceError, UsageError
from seatrial.model import Profile
from seatrial.near import nearest
from seatrial.tasks.door import CHOOSING, door, note, option, switch
from seatrial.workspace import Workspace, open_workspace

HELP = {
    "name": "the title people read, such as \"My Service\"; asked for on a terminal",
    "root": CHOOSING["root"],
    "profile": "guide or ocean; by default that of the repository",
    "slug": "folder and package name; by default made from the title",
    "parent": "first kind it exports",
    "child": "second kind, which belongs to the first",
    "description": "one line that says what it does",
    "section": "section of the catalogue",
    "icon": "icon in Port",
    "author": "by default git's user.name",
    "email": "by default git's user.email",
    "no-lock": "do not make poetry.lock with poetry",
}


@task(help=HELP, positional=["name"])
@door
def new(
    c: Context,
    name: str | None = None,
    root: str | None = None,
    profile: str | None = None,
    slug: str | None = None,
    parent: str | None = None,
    child: str | None = None,
    description: str | None = None,
    section: str | None = None,
    icon: str | None = None,
    author: str | None = None,
    email: str | None = None,
    no_lock: bool = False,
) -> None:
    """A new integration folder from the template."""
    workspace = _workspace(option("root", root))
    base = workspace.root if workspace else Path(option("root", root) or ".").absolute()
    given = {"slug": slug, "parent": parent, "child": child, "description": description, "section": section,
             "icon": icon, **_author(base, author, email)}  # fmt: skip
    told = _told(option("name", name), given)
    answers = scaffold.Answers.of(
        told.pop("title") or "", _profile(option("profile", profile), workspace), _shares(base), **told
    )
    holder = base / (workspace.settings.integrations if workspace else "integrations")
    _make(answers, holder, locked=not switch("no_lock", no_lock))


def _workspace(root: str | None) -> Workspace | None:
    """The workspace to add to; None where there is none yet."""
    try:
        return open_workspace(root)
    except UsageError:
        return None


def _profile(stated: str | None, workspace: Workspace | None) -> Profile:
    if stated is None:
        return workspace.profile if workspace else Profile.GUIDE
    if stated not in [profile.value for profile in Profile]:
        near = nearest(stated, [profile.value for profile in Profile])
        raise UsageError(f'profile is guide or ocean, not "{stated}"' + (f'; did you mean "{near}"?' if near else ""))
    return Profile(stated)


def _shares(base: Path) -> bool:
    """Whether the integrations of a repository share one Makefile."""
    return (base / "integrations" / "_infra" / "Makefile").is_file()


def _author(base: Path, author: str | None, email: str | None) -> dict[str, str | None]:
    """Who writes it: as stated, else as git knows them where that will do."""
    known = {"author": git.setting(base, "user.name"), "email": git.setting(base, "user.email")}
    try:
        scaffold.Answers.of("Any", **known)
    except UsageError:
        known = {}
    return {"author": author or known.get("author"), "email": email or known.get("email")}


def _told(title: str | None, given: dict[str, str | None]) -> dict[str, str | None]:
    """The answers given, and on a terminal, where not even a title is, those asked for."""
    if title:
        return {"title": title, **given}
    if not sys.stdin.isatty():
        raise UsageError('what shall it be called? type `seatrial new "My Service"`, or make new NAME="My Service"')
    return _asked(given)


def _asked(given: dict[str, str | None]) -> dict[str, str | None]:
    answers: dict[str, str | None] = dict(given)
    for question in scaffold.QUESTIONS:
        if answers.get(question.key):
            continue
        answers[question.key] = _ask(question, answers)
    return answers


def _ask(question: scaffold.Question, answers: dict[str, str | None]) -> str:
    """One question, asked again until the answer will do; an empty line takes the default."""
    default = _default(question.key, answers)
    for choice in question.choices:
        note(f"    {choice}")
    while True:
        typed = input(f"{question.text}{f' [{default}]' if default else ''}: ").strip() or default
        try:
            if typed or question.key != "title":
                scaffold.Answers.of(**{"title": typed, **answers, question.key: typed})  # type: ignore[arg-type]
                return typed
        except UsageError as wrong:
            note(f"  {wrong}")


def _default(key: str, answers: dict[str, str | None]) -> str:
    title = answers.get("title")
    return str(getattr(scaffold.Answers.of(**answers), key)) if title else ""  # type: ignore[arg-type]


def _make(answers: scaffold.Answers, holder: Path, locked: bool) -> None:
    destination = holder / answers.slug
    scaffold.write(scaffold.render(answers), destination)
    note(f"made {destination}")
    command = " ".join(scaffold.LOCK_COMMAND)
    if not locked:
        note(f"poetry.lock is still to be made: cd {destination} && {command}")
        return
    note(f"making poetry.lock: {command} (asks the package index, a minute or so)")
    try:
        ran = tools.run(scaffold.LOCK_COMMAND, cwd=destination, seconds=600)
        failed = "" if ran.status == 0 else (ran.err or ran.out).decode(errors="replace").strip().splitlines()[-1:]
    except ServiceError as failure:
        failed = str(failure)
    if failed:
        note(f"poetry.lock could not be made: {failed}; make it later: cd {destination} && {command}")
    note(f"next: seatrial validate -i {answers.slug}")
