"""The task `new`: a new integration folder from the template."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, UsageError
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile, Severity
from seatrial.core.settings import SHARED_DOCKERFILE, Settings
from seatrial.core.suggest import hint
from seatrial.dependencies.lockfile import CORE as CORE_NAME
from seatrial.dependencies.lockfile import LockText, content_hash
from seatrial.documents import toml
from seatrial.report.text import said
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import CORE_RELEASE, QUESTIONS, Answers, Prompt
from seatrial.system import git, own_poetry
from seatrial.system.atomic import write_whole
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import note, typed
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_CODE
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace, checkout_around


def new(
    name: str | None,
    root: str | None,
    profile: str | None,
    author: str | None,
    email: str | None,
    no_lock: bool,
    **answers: str | bool | None,
) -> None:
    """Make a new integration folder from the template; `answers` are those of `Answers` by name."""
    workspace = _workspace(root)
    base = workspace.root if workspace else Path(root or ".").resolve()
    chosen = _profile(profile, workspace)
    given = {**answers, **_author(base, author, email)}
    given["core"] = given.get("core") or core_of(workspace.integrations if workspace else ())
    known = answers_of(told(name, given), chosen, _shares(base))
    holder = base / (workspace.settings.integrations if workspace else "integrations")
    checkout = checkout_around(base)
    folder = _rendered(known, workspace)
    destination = holder / known.slug
    if not os.path.lexists(destination):
        _judge(known, folder, workspace)
    _make(folder, destination, checkout, locked=not no_lock)
    if chosen is Profile.GUIDE and _lacks_dockerfile(base, workspace):
        _share(base, checkout)
    if not any(os.path.lexists(place / skeleton.IGNORE) for place in _up_to(base, checkout)):
        _write(base / skeleton.IGNORE, skeleton.root_ignore(), checkout)
    note(f"next: {typed('validate', known.slug, root)}")


def _workspace(root: str | None) -> Workspace | None:
    """Return the workspace to add to, None for a folder that is not one yet. Raises UsageError for an unfit place."""
    if root and not Path(root).is_dir():
        raise UsageError(f'there is no folder "{root}"; make it first, or name another with --root')
    try:
        workspace = open_workspace(root)
    except UsageError:
        return None
    if any(one.path == "" for one in workspace.integrations):
        raise UsageError(f"{workspace.root} is itself one integration; name another place with --root")
    return workspace


def _rendered(answers: Answers, workspace: Workspace | None) -> MemoryFolder:
    """Return the files in the style of this repository: the spec in JSON if most are, a beta version in Ocean's."""
    is_ocean = answers.profile is Profile.OCEAN
    folder = skeleton.render(answers, skeleton.PREVIEW if is_ocean else skeleton.FIRST)
    others = workspace.integrations if workspace else ()
    in_json = sum(one.holds(skeleton.SPEC_JSON) for one in others)
    return skeleton.with_json_spec(folder) if 2 * in_json > len(others) else folder


OF_ANSWERS = ("SPC110", "SPC111", "SPC112", "PKG204")
"""The rules that an answer may break: icon, section, a name that is taken."""


def _judge(answers: Answers, folder: MemoryFolder, workspace: Workspace | None) -> None:
    """Say at once what `validate` would say of the answers. Raises UsageError where it is an error."""
    one = Integration(answers.slug, answers.slug, folder)
    fleet = Fleet([*(workspace.integrations if workspace else ()), one])
    facts = Facts(one, answers.profile, fleet, workspace.settings if workspace else None)
    for finding in check(facts, [BY_CODE[code] for code in OF_ANSWERS]).findings:
        if finding.severity is Severity.ERROR:
            raise UsageError(said(finding))
        note(f"{finding.severity.value}: {said(finding)}")


def _profile(stated: str | None, workspace: Workspace | None) -> Profile:
    if stated is None:
        return workspace.profile if workspace else Profile.GUIDE
    if stated not in [profile.value for profile in Profile]:
        known = [profile.value for profile in Profile]
        raise UsageError(f'profile is guide or ocean, not "{stated}"{hint(stated, known)}')
    return Profile(stated)


def _shares(base: Path) -> bool:
    """Return whether the integrations of a repository share one Makefile."""
    return (base / "integrations" / "_infra" / "Makefile").is_file()


def _lacks_dockerfile(base: Path, workspace: Workspace | None) -> bool:
    """Return whether nothing says yet how an image is built, neither the settings nor any Dockerfile."""
    settings = workspace.settings if workspace else Settings()
    places = [one.path for one in workspace.integrations] if workspace else []
    dockerfiles = [SHARED_DOCKERFILE, *(f"{place}/Dockerfile" for place in places)]
    stated = settings.release.dockerfile != SHARED_DOCKERFILE
    return not stated and not any(os.path.lexists(base / path) for path in dockerfiles)


def _share(base: Path, checkout: Path) -> None:
    """Write the files that build the images of all integrations; files that are there stay, and no link is followed."""
    for path, text in skeleton.shared().items():
        target = base / path
        if os.path.lexists(target) or target.parent.is_symlink():
            continue
        _write(target, text, checkout)


def _write(target: Path, text: str, checkout: Path) -> None:
    write_whole(target, text, root=checkout, make=True)
    note(f"made {target}")


def _up_to(folder: Path, top: Path) -> Sequence[Path]:
    """Return a folder and those above it, up to `top`."""
    return [one for one in (folder, *folder.parents) if one.is_relative_to(top)]


def core_of(integrations: Sequence[Integration]) -> str:
    """Return the newest framework version that the others lock; empty if the template's own lock is as new."""
    newest = max((_core_in(_lock_of(one)) for one in integrations), default=())
    own = max(CORE_RELEASE, _core_in(skeleton.lock()))
    return ".".join(map(str, newest)) if newest > own else ""


def _core_in(lock: bytes) -> tuple[int, ...]:
    """Return the newest final version of the framework in a lock; empty where it has none."""
    return max((_final(line.text) for line in LockText(lock).versions(CORE_NAME)), default=())


def _lock_of(integration: Integration) -> bytes:
    try:
        return integration.read(skeleton.LOCK)
    except Unreadable:
        return b""


def _final(text: str) -> tuple[int, ...]:
    """Return the three numbers of a version such as 1.2.3; empty for any other text."""
    return tuple(map(int, text.split("."))) if re.fullmatch(r"\d{1,6}(?:\.\d{1,6}){2}", text) else ()


def _author(base: Path, author: str | None, email: str | None) -> Told:
    """Return the author and the address: those stated, else those that git knows if the template accepts them."""
    known = {"author": git.setting(base, "user.name"), "email": git.setting(base, "user.email")}
    try:
        answers_of({"title": "Any", **known}, Profile.GUIDE)
    except UsageError:
        known = {}
    return {"author": author or known.get("author"), "email": email or known.get("email")}


def _make(folder: MemoryFolder, destination: Path, checkout: Path, locked: bool) -> None:
    shipped = skeleton.lock() if locked and _fits(folder) else None
    skeleton.write(folder.having(skeleton.LOCK, shipped) if shipped else folder, destination, checkout)
    note(f"made {destination}")
    failed = "" if shipped else _lock(destination) if locked else "it was not asked for"
    if failed:
        command = f"cd {shlex.quote(str(destination))} && poetry lock"
        note(f"{skeleton.LOCK} is still to be made: {failed}; type: {command}")


def _fits(folder: MemoryFolder) -> bool:
    """Return whether the template's lock was made from these dependencies."""
    pyproject = toml.load("pyproject.toml", folder.read("pyproject.toml")).value
    made_from = LockText(skeleton.lock()).content_hashes
    return [line.text for line in made_from] == [content_hash(pyproject)]


def _lock(destination: Path) -> str:
    """Let Poetry make the lock file; return why it could not, empty where it could."""
    note(f"making {skeleton.LOCK} with Poetry, which asks the package index: a minute or so")
    try:
        own_poetry.lock(destination)
    except ServiceError as failure:
        return str(failure)
    return ""


Told = Mapping[str, str | bool | None]


def told(title: str | None, given: Told) -> Told:
    """Return the answers given and, if there is no title among them, those that a person types on the terminal.

    Raises UsageError where there is neither a title nor anybody to ask.
    """
    if title:
        return {"title": title, **given}
    if not sys.stdin.isatty():
        raise UsageError('what is the integration to be called? type `seatrial new "My Service"`')
    answers: Told = given
    settled = ("parent", "child") if given.get("kinds") else ()
    for question in QUESTIONS:
        if not answers.get(question.key) and question.key not in settled:
            answers = {**answers, question.key: _ask(question, answers)}
    return answers


def answers_of(told: Told, profile: Profile, shared: bool = False) -> Answers:
    """Return the answers to render; `shared` is true if the repository's integrations share one Makefile.

    Raises UsageError for an answer that is not valid.
    """
    rest = {key: value for key, value in told.items() if key != "title"}
    return Answers.of(str(told.get("title") or ""), profile, shared, **rest)


def _ask(question: Prompt, answers: Told) -> str:
    """Ask a question until the answer is valid, and return it; an empty line stands for the answer in brackets."""
    default = _default(question.key, answers)
    for choice in question.choices:
        note(f"    {choice}")
    while True:
        typed = _line(f"{question.text}{f' [{default}]' if default else ''}: ") or default
        try:
            answers_of({**answers, question.key: typed}, Profile.GUIDE)
            return typed
        except UsageError as wrong:
            note(f"  {wrong}")


def _line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        raise UsageError("the answers ended early; nothing was written") from None


def _default(key: str, answers: Told) -> str:
    return str(getattr(answers_of(answers, Profile.GUIDE), key)) if answers.get("title") else ""
