"""Family COD: kinds and selectors of the spec and the port-app-config are those that the code takes."""

from __future__ import annotations

from collections.abc import Collection

from seatrial.model import Edit, Fix, Location, MemoryFolder, Problem
from seatrial.naming import shown
from seatrial.near import nearest
from seatrial.rules.rule import OFF, WARNING, Edited, Problems, rule
from seatrial.subjects.app_config import AppConfig
from seatrial.subjects.code import Code
from seatrial.subjects.code_selectors import Unread
from seatrial.subjects.kinds import Kinds, Stated, meant

SPEC = ".port/spec.yaml"
APP_CONFIG = ".port/resources/port-app-config.yaml"
_TASK_LISTED = "      - kind: task\n"
_TASK_RESYNC = "@ocean.on_resync(Kind.TASK)\n"


def edited(*edits: tuple[str, str, str]) -> Edited:
    """The edit of the template that turns texts of files into others."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        for path, old, new in edits:
            folder = folder.edited(path, old, new)
        return folder

    return edit


def renamed(where: Location, message: str, name: str, near: str | None, otherwise: str) -> Problem:
    """A name that is none of the known ones, with the one that is probably meant."""
    if near is None:
        return Problem(where, message, Fix(otherwise))
    fix = Fix(f'change "{shown(name)}" to "{shown(near)}"', Edit(where, name, near))
    return Problem(where, f'{message}; did you mean "{shown(near)}"?', fix)


def _near(kind: str, known: Collection[str] | None) -> str | None:
    return meant(kind, known or ()) or nearest(kind, known or ())


@rule("COD201", bad=edited((SPEC, "- kind: task", "- kind: tasks")))
def listed_kind_not_accepted(kinds: Kinds) -> Problems:
    """Each kind of the spec is one that a resource class of the code accepts.

    Port offers the kind, and a mapping that uses it is refused. An integration with a class
    for any kind is not asked.
    """
    yield from _unaccepted(kinds, kinds.only_listed)


@rule("COD202", bad=edited((APP_CONFIG, "- kind: task", "- kind: tasks")))
def mapped_kind_not_accepted(kinds: Kinds) -> Problems:
    """Each kind of the port-app-config is one that a resource class of the code accepts.

    Ocean refuses the whole default mapping otherwise, and nothing is exported. An integration
    with a class for any kind is not asked.
    """
    yield from _unaccepted(kinds, kinds.mapped)


def _unaccepted(kinds: Kinds, stated: tuple[Stated, ...]) -> Problems:
    for one in kinds.unaccepted(stated):
        message = f'no resource class accepts the kind "{shown(one.kind)}"'
        near = _near(one.kind, kinds.accepted())
        yield renamed(one.where, message, one.kind, near, "take it out, or add a resource class")


@rule(
    "COD203",
    bad=edited(
        ("integration.py", "Literal[Kind.TASK]", 'Literal[Kind.TASK, "subtask"]'),
        (SPEC, _TASK_LISTED, _TASK_LISTED + "      - kind: subtask\n"),
    ),
)
def listed_kind_without_resync(kinds: Kinds) -> Problems:
    """Each kind of the spec has a function that exports it.

    Ocean calls what is registered with `on_resync` for the kind, and for a kind without such
    a function nothing is exported. A function for every kind is enough.
    """
    yield from _unresynced(kinds, kinds.only_listed)


@rule("COD204", bad=edited(("main.py", _TASK_RESYNC, "")))
def mapped_kind_without_resync(kinds: Kinds) -> Problems:
    """Each kind of the port-app-config has a function that exports it.

    Ocean calls what is registered with `on_resync` for the kind, and for a kind without such
    a function nothing is exported. A function for every kind is enough.
    """
    yield from _unresynced(kinds, kinds.mapped)


def _unresynced(kinds: Kinds, stated: tuple[Stated, ...]) -> Problems:
    for one in kinds.unresynced(stated):
        message = f'no function is registered with on_resync for the kind "{shown(one.kind)}"'
        near = _near(one.kind, kinds.resynced())
        yield renamed(one.where, message, one.kind, near, "register a function, or take the kind out")


@rule(
    "COD205",
    severity=WARNING,
    bad=edited(
        ("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        ("main.py", _TASK_RESYNC, "@ocean.on_resync()\n"),
        (SPEC, "- kind: task", "- kind: Task"),
    ),
)
def kind_named_differently(kinds: Kinds) -> Problems:
    """A kind has the same name in the spec and in the port-app-config.

    One of the two is a slip where a mapped kind that the spec does not list differs from a listed
    one that is not mapped by case, punctuation, plural or words in front only.
    """
    for one, right in kinds.misspelled():
        other = "mapped" if one.source is kinds.spec else "listed in the spec"
        message = f'the kind "{shown(one.kind)}" is {other} as "{shown(right)}"'
        fix = Fix(f'change "{shown(one.kind)}" to "{shown(right)}"', Edit(one.where, one.kind, right))
        yield Problem(one.where, message, fix)


@rule("COD206", severity=OFF, bad=edited((SPEC, _TASK_LISTED, "")))
def mapped_kind_unlisted(kinds: Kinds) -> Problems:
    """Each kind that is mapped is in the spec.

    Port does not say that the integration exports it. Some hide kinds on purpose: switch this
    on where none should be hidden.
    """
    for one in kinds.unlisted():
        message = f'the kind "{shown(one.kind)}" is mapped, but not in the spec'
        yield Problem(one.where, message, Fix("add it to the resources of a feature in the spec"))


@rule("COD207", bad=edited((APP_CONFIG, "      state: open", "      status: open")))
def unread_selector_key(app_config: AppConfig, code: Code) -> Problems:
    """Each key of a selector is one that the code reads for this kind, at every depth.

    Ocean ignores the others in silence: what the key should have filtered is exported.
    """
    for resource in app_config.resources:
        for unread in code.unread_keys(resource.kind, resource.selector.value):
            where = app_config.document.key(*resource.selector.way(*unread.way))
            yield _unread_problem(where, resource.kind, unread)


def _unread_problem(where: Location, kind: str, unread: Unread) -> Problem:
    message = f'the selector of "{shown(kind)}" has no key "{shown(unread.path)}"'
    if unread.below and not unread.alias:
        fix = Fix(f'move "{shown(unread.key)}" below "{unread.below}"')
        return Problem(where, f'{message}; it is read below "{unread.below}"', fix)
    near = unread.alias or _near(unread.key, unread.known)
    return renamed(where, message, unread.key, near, _read_keys(unread.known))


def _read_keys(known: Collection[str]) -> str:
    keys = ", ".join(sorted(shown(key) for key in known)[:12])
    return f"take it out; the keys that are read: {keys}" if keys else "take it out"
