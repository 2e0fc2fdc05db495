"""Family COD: kinds and selectors of the spec and the port-app-config are those that the code takes."""

from __future__ import annotations

from collections.abc import Collection

from seatrial.model import Edit, Fix, Location, MemoryFolder, Problem
from seatrial.naming import shown
from seatrial.near import nearest
from seatrial.rules.rule import OFF, WARNING, Edited, Problems, rule
from seatrial.subjects.app_config import AppConfig
from seatrial.subjects.code import Code
from seatrial.subjects.kinds import Kinds, meant

APP_CONFIG = ".port/resources/port-app-config.yaml"
_TASK_LISTED = "      - kind: task\n"
_TASK_RESYNC = "@ocean.on_resync(Kind.TASK)\n"


def _edited(*edits: tuple[str, str, str]) -> Edited:
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


@rule("COD201", bad=_edited((".port/spec.yaml", "- kind: task", "- kind: tasks")))
def listed_kind_not_accepted(kinds: Kinds) -> Problems:
    """Each kind of the spec is one that a resource class of the code accepts.

    Port offers the kind, and a mapping that uses it is refused. An integration with a class
    for any kind is not asked.
    """
    for kind, item in kinds.listed:
        if not kinds.is_accepted(kind):
            message = f'no resource class accepts the kind "{shown(kind)}"'
            where = kinds.spec.document.at(*item.way("kind"))
            yield renamed(where, message, kind, _near(kind, kinds.accepted), "take it out, or add a resource class")


@rule("COD202", bad=_edited((APP_CONFIG, "- kind: task", "- kind: tasks")))
def mapped_kind_not_accepted(kinds: Kinds) -> Problems:
    """Each kind of the port-app-config is one that a resource class of the code accepts.

    Ocean refuses the whole default mapping otherwise, and nothing is exported. An integration
    with a class for any kind is not asked.
    """
    for kind, item in kinds.mapped:
        if not kinds.is_accepted(kind):
            message = f'no resource class accepts the kind "{shown(kind)}"'
            where = kinds.app_config.document.at(*item.way("kind"))
            yield renamed(where, message, kind, _near(kind, kinds.accepted), "take it out, or add a resource class")


@rule("COD203", bad=_edited(("main.py", _TASK_RESYNC, "")))
def listed_kind_without_resync(kinds: Kinds) -> Problems:
    """Each kind of the spec has a function that exports it.

    Ocean calls what is registered with `on_resync` for the kind, and for a kind without such
    a function nothing is exported. A function for every kind is enough.
    """
    for kind, item in kinds.listed:
        if kinds.is_accepted(kind) and not kinds.is_resynced(kind):
            message = f'no function is registered with on_resync for the kind "{shown(kind)}"'
            where = kinds.spec.document.at(*item.way("kind"))
            yield renamed(where, message, kind, _near(kind, kinds.resynced), "take it out, or register a function")


@rule(
    "COD204",
    bad=_edited(("main.py", _TASK_RESYNC, ""), (".port/spec.yaml", _TASK_LISTED, "")),
)
def mapped_kind_without_resync(kinds: Kinds) -> Problems:
    """Each kind of the port-app-config has a function that exports it.

    Ocean calls what is registered with `on_resync` for the kind, and for a kind without such
    a function nothing is exported. A function for every kind is enough.
    """
    for kind, item in kinds.mapped:
        if kinds.is_accepted(kind) and not kinds.is_resynced(kind) and kind not in kinds.listed_names:
            message = f'no function is registered with on_resync for the kind "{shown(kind)}"'
            where = kinds.app_config.document.at(*item.way("kind"))
            yield renamed(where, message, kind, _near(kind, kinds.resynced), "take it out, or register a function")


@rule(
    "COD205",
    severity=WARNING,
    bad=_edited(
        ("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        ("main.py", _TASK_RESYNC, "@ocean.on_resync()\n"),
        (APP_CONFIG, "- kind: task", "- kind: goodServiceTask"),
    ),
)
def mapped_kind_misspelled(kinds: Kinds) -> Problems:
    """A kind that is mapped goes by the same name in the spec.

    One of the two is a slip: a mapped kind that is not in the spec, and one in the spec, mapped
    nowhere, that differs by case, punctuation, plural or a word in front.
    """
    for kind, item, near in kinds.unlisted():
        if near:
            message = f'the kind "{shown(kind)}" is not in the spec'
            yield renamed(kinds.app_config.document.at(*item.way("kind")), message, kind, near, "")


@rule("COD206", severity=OFF, bad=_edited((".port/spec.yaml", _TASK_LISTED, "")))
def mapped_kind_unlisted(kinds: Kinds) -> Problems:
    """Each kind that is mapped is in the spec.

    Port does not say that the integration exports it. Some hide kinds on purpose: switch this
    on where none should be hidden.
    """
    for kind, item, near in kinds.unlisted():
        if not near:
            message = f'the kind "{shown(kind)}" is mapped, but not in the spec'
            where = kinds.app_config.document.at(*item.way("kind"))
            yield Problem(where, message, Fix("add it to the resources of a feature in the spec"))


@rule("COD207", bad=_edited((APP_CONFIG, "      state: open", "      status: open")))
def unread_selector_key(app_config: AppConfig, code: Code) -> Problems:
    """Each key of a selector is one that the code reads for this kind, at every depth.

    Ocean ignores the others in silence: what the key should have filtered is exported.
    """
    for resource in app_config.resources:
        for unread in code.unread_keys(resource.kind, resource.selector.value):
            where = app_config.document.key(*resource.selector.way(*unread.way))
            kind, key = shown(resource.kind), shown(unread.key)
            if unread.alias:
                message = f'the selector of "{kind}" reads "{key}" under its alias only'
            else:
                message = f'the selector of "{kind}" has no key "{key}"'
            near = unread.alias or nearest(unread.key, unread.known)
            yield renamed(where, message, unread.key, near, _read_keys(unread.known))


def _read_keys(known: Collection[str]) -> str:
    keys = ", ".join(sorted(shown(key) for key in known)[:12])
    return f"take it out; the keys that are read: {keys}" if keys else "take it out"
