"""Rules of a repository's own: Python files that `seatrial.toml` names, which are run as they are."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import ModuleType

from seatrial.core.errors import ConfigurationError, SeatrialError, Unreadable
from seatrial.core.model import (
    Folder,
    Kind,
    Severity,
    digest,
    join,
)
from seatrial.core.printable import one_line, plain
from seatrial.core.rules import Rule
from seatrial.core.settings import OwnRulesSettings, Settings
from seatrial.core.suggest import hint
from seatrial.system import git
from seatrial.system.cache import is_from_fork
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rule_failures import guarded, line_of, place_of, said_of
from seatrial.validate.rules import BY_CODE, BY_NAME
from seatrial.workspace.base_branch import target_branch, trusted_base
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import Workspace

MOST_FILES = 1_000

NOT_RULES = ("conftest.py", "test_*", "_*")
"""Files that a pattern leaves out, such as tests beside the rules."""

FACTS = frozenset(
    name
    for name in dir(Facts)
    if not name.startswith("_") and isinstance(vars(Facts).get(name), cached_property | property)
) | {"integration", "profile", "fleet", "settings", "change", "suppressions"}


def with_own_rules(workspace: Workspace, environ: Mapping[str, str]) -> tuple[Workspace, str]:
    """Return a workspace with the repository's own rules, and what is to be told of rules that are left out.

    In CI for a pull or merge request they, and the settings about them, are those of the base branch, whoever made the
    request; in one from another repository they are left out unless the base branch says otherwise.
    Raises ConfigurationError for rules that cannot be loaded.
    """
    stated = workspace.settings.own
    is_foreign = is_from_fork(environ)
    if not (is_foreign or target_branch(environ)):
        return on_disk(workspace, stated), ""
    try:
        own, whole = _own_at_base(workspace, environ)
    except ConfigurationError as reason:
        return left_out(
            workspace, stated
        ), f"the repository's own rules are left out: in the base branch, {reason}"
    except SeatrialError as reason:
        if not stated.files:
            return workspace, ""
        if not is_foreign:
            raise ConfigurationError(
                f"the repository's own rules are those of the base, which is unknown: {reason}"
            ) from reason
        return left_out(workspace, stated), f"the repository's own rules are left out: {reason}"
    if not own.files:
        told = "the repository's own rules are left out: the base branch has none" if stated.files else ""
        return left_out(workspace, stated), told
    if is_foreign and not own.forks:
        told = (
            "the repository's own rules are left out in a pull request from another repository; "
            "`forks = true` under [rules] in the base branch lets them run, as that branch has them"
        )
        return left_out(workspace, own), told
    return in_folder(workspace, own, whole), ""


def _own_at_base(workspace: Workspace, environ: Mapping[str, str]) -> tuple[OwnRulesSettings, Folder]:
    """Return the settings of own rules on the base branch, and all its files. Raises SeatrialError.

    The remote is `origin`, whatever the change states: with another one it could choose its base.
    """
    base = trusted_base(workspace.root, environ)
    whole = git.folder_at(workspace.root, base, "")
    try:
        stated = settings_of(whole.read(SETTINGS_FILE)) if whole.entry(SETTINGS_FILE) else None
    except Unreadable as refused:
        raise ConfigurationError(f"{SETTINGS_FILE} of the base branch: {refused}") from refused
    return (stated.own if stated else OwnRulesSettings()), whole


def on_disk(workspace: Workspace, own: OwnRulesSettings) -> Workspace:
    """Return a workspace with the own rules that lie in its work tree. Raises ConfigurationError."""
    if not own.files:
        return _equipped(workspace, own, {})
    _must_be_apart(workspace, own)
    folders = {_folder(pattern) for pattern in own.files}
    sources: dict[str, bytes] = {}
    for place in sorted(folders):
        _must_be_real(workspace.root, place)
        sources |= _read(workspace.folder(place), place, own.files)
    return _equipped(workspace, own, sources)


def in_folder(workspace: Workspace, own: OwnRulesSettings, whole: Folder) -> Workspace:
    """Return a workspace with the own rules of a commit, whose folder is `whole`. Raises ConfigurationError."""
    _must_be_apart(workspace, own)
    return _equipped(workspace, own, _read(whole, "", own.files))


def left_out(workspace: Workspace, own: OwnRulesSettings) -> Workspace:
    """Return a workspace without its own rules, in which their codes count as known."""
    return replace(
        workspace, own=(), settings=replace(workspace.settings, own=replace(own, codes=None, digest=""))
    )


def _equipped(workspace: Workspace, own: OwnRulesSettings, sources: dict[str, bytes]) -> Workspace:
    for pattern in own.files:
        if not any(fnmatchcase(path, pattern) for path in sources):
            raise ConfigurationError(
                f'{SETTINGS_FILE}: no file fits "{plain(pattern)}" under files of [rules]; '
                "write a rule there, or correct the pattern"
            )
    rules = [rule for path, data in sorted(sources.items()) for rule in _rules_of(path, data, own.prefix)]
    _must_differ(rules)
    codes = frozenset(rule.code for rule in rules)
    content = repr(sorted((path, digest(data)) for path, data in sources.items()))
    stated = replace(own, codes=codes, digest=digest(content.encode()) if sources else "")
    _must_be_known(workspace.settings, stated)
    ordered = tuple(sorted(rules, key=lambda one: one.code))
    return replace(workspace, own=ordered, settings=replace(workspace.settings, own=stated))


def _must_be_known(settings: Settings, own: OwnRulesSettings) -> None:
    """Raise ConfigurationError for a severity of a code that begins as those of own rules and is none of theirs."""
    for code in settings.severities if own.prefix else ():
        if code.startswith(own.prefix) and not own.knows(code):
            said = f'{SETTINGS_FILE}: [severity] no rule has the code "{plain(code)}"'
            raise ConfigurationError(said + hint(code, own.codes or (), "`seatrial rules` lists them"))


def _folder(pattern: str) -> str:
    return pattern.rpartition("/")[0]


def _must_be_apart(workspace: Workspace, own: OwnRulesSettings) -> None:
    """Raise ConfigurationError for rules in the folder of an integration, or where new ones would be."""
    holder = os.path.normpath(workspace.settings.integrations)
    for pattern in own.files:
        place = os.path.normpath(_folder(pattern))
        homes = [one.path for one in workspace.integrations] + ([holder] if holder != "." else [])
        if any(not home or place == home or place.startswith(f"{home}/") for home in homes):
            raise ConfigurationError(
                f'{SETTINGS_FILE}: "{plain(pattern)}" under files of [rules] is in the folder of an integration, '
                "from which no rules are loaded; move the rules beside the integrations"
            )


def _must_be_real(root: Path, place: str) -> None:
    """Raise ConfigurationError for a folder that is reached through a link."""
    if os.path.realpath(root / place) != os.path.normpath(os.path.join(os.path.realpath(root), place)):
        raise ConfigurationError(
            f"{SETTINGS_FILE}: {plain(place)} is reached through a link, through which no rules are loaded; "
            "put the folder itself there"
        )


def _read(folder: Folder, place: str, patterns: Sequence[str]) -> dict[str, bytes]:
    """Return the files that fit the patterns, by their paths from the root; `place` is that of the folder."""
    found: dict[str, bytes] = {}
    for below in folder.paths():
        path = join(place, below) if place else below
        home, _, name = path.rpartition("/")
        if not any(home == _folder(one) and fnmatchcase(name, one.rpartition("/")[2]) for one in patterns):
            continue
        if path not in patterns and any(fnmatchcase(name, one) for one in NOT_RULES):
            continue
        entry = folder.entry(below)
        if entry is None or entry.kind is not Kind.FILE or entry.target is not None:
            raise ConfigurationError(
                f"{plain(path)} is not a plain file; put the file of the rules itself there"
            )
        try:
            found[path] = folder.read(below)
        except Unreadable as refused:
            raise ConfigurationError(f"{plain(path)} cannot be read: {refused}") from refused
        if len(found) > MOST_FILES:
            raise ConfigurationError(f"{SETTINGS_FILE}: more than {MOST_FILES} files hold rules")
    return found


def _rules_of(path: str, data: bytes, prefix: str) -> list[Rule]:
    module = _loaded(path, data)
    known = {*BY_CODE.values()}
    found = [one for one in vars(module).values() if isinstance(one, Rule) and one not in known]
    if not found:
        raise ConfigurationError(
            f"{plain(path)}: the file holds no rule; declare one with @rule of seatrial.core.rules, or let the name "
            "of the file begin with _"
        )
    for rule in found:
        _must_be_whole(rule, path, prefix)
    return [replace(rule, origin=path) for rule in dict.fromkeys(found)]


def _loaded(path: str, data: bytes) -> ModuleType:
    """Run a file as a module. Raises ConfigurationError with the line that failed."""
    name = f"seatrial_own.{digest(path.encode() + data)}"
    module = ModuleType(name)
    try:
        tree = ast.parse(data, path)
        _must_be_defined_once(tree, path)
        code = compile(tree, path, "exec", dont_inherit=True)
    except SyntaxError as wrong:
        raise ConfigurationError(f"{plain(path)}:{wrong.lineno or 1}: {one_line(wrong.msg)}") from None
    except (ValueError, RecursionError, MemoryError) as wrong:
        raise ConfigurationError(f"{plain(path)}:1: {one_line(str(wrong))}") from None
    sys.modules[name] = module
    try:
        with guarded():
            exec(code, module.__dict__)  # noqa: S102 (the repository's own code, as its settings say)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        del sys.modules[name]
        raise ConfigurationError(f"{place_of(failure, path, 1)}: {said_of(failure)}") from None
    return module


def _must_be_defined_once(tree: ast.Module, path: str) -> None:
    seen: dict[str, int] = {}
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and one.decorator_list:
            if one.name in seen:
                said = f"{one.name} is defined in line {seen[one.name]} too, and only one of them would run"
                raise ConfigurationError(f"{plain(path)}:{one.lineno}: {said}; rename one")
            seen[one.name] = one.lineno


def _must_be_whole(rule: Rule, path: str, prefix: str) -> None:
    """Raise ConfigurationError for what is wrong with the declaration of a rule."""
    for said in _faults(rule, prefix):
        raise ConfigurationError(
            f"{plain(path)}:{line_of(rule)}: {plain(str(rule.code))} {rule.name}: {said}"
        )


def _faults(rule: Rule, prefix: str) -> Iterator[str]:
    if not isinstance(rule.code, str) or not re.fullmatch(rf"{prefix}[012]\d\d", rule.code):
        yield f"its code is not {prefix} and three digits, of which the first is 0, 1 or 2, such as {prefix}001"
    for severity in rule.severities.values():
        if not isinstance(severity, Severity | None):
            yield f"its severity is {severity!r}, not ERROR, WARNING, INFO, ADVICE or OFF of seatrial.core.rules"
    for name in rule.needs:
        if name not in FACTS:
            yield f'there is no fact "{name}"' + hint(name, FACTS, "the attributes of Facts are the facts")
    if not rule.law or not rule.reason:
        yield "its docstring is not a sentence that holds for every correct integration, an empty line, and the reason"
    if rule.name in BY_NAME:
        yield f"{BY_NAME[rule.name].code} has this name; rename the function"
    if not callable(rule.bad) or not callable(rule.good):
        yield "bad= is not a function that edits a folder"


def _must_differ(rules: Sequence[Rule]) -> None:
    known: dict[str, Rule] = {}
    for rule in rules:
        for word in (rule.code, rule.name):
            if word in known:
                other = known[word]
                raise ConfigurationError(
                    f"{plain(rule.origin)}:{line_of(rule)}: {word} is the rule in {plain(other.origin)}:"
                    f"{line_of(other)} too; give one of them another code and name"
                )
            known[word] = rule
