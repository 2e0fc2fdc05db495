"""Family SPC, the content apart from configurations: icon, section, docs, kinds, saas, actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from seatrial.core.model import Edit, Fix, Integration, MemoryFolder, Problem
from seatrial.core.names import SLUG, shown
from seatrial.core.rules import ADVICE, WARNING, Problems, rule
from seatrial.core.settings import Settings
from seatrial.core.suggest import did_you_mean, nearest, recased
from seatrial.core.vocabulary import ICONS, ICONS_ALSO, PLACEHOLDER_ICON, PLACEHOLDER_SECTION, SECTIONS
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.source import with_key
from seatrial.validate.facts.spec import Peers, Spec
from seatrial.validate.rules.shared import all_of, cut, misspells, replaced
from seatrial.validate.rules.spec_form import SPEC, edited

DOCS_HOST = "docs.port.io"
FOR_TRIAL = {"demo", "example", "fake", "mock", "sample", "test"}
"""Words in the name of an integration that is not meant for production."""


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""


@rule(
    "SPC109", severity=WARNING, bad=edited("docs: https://docs.port.io/", "docs: https://docs.example.com/")
)
def foreign_docs(spec: Spec, peers: Peers) -> Problems:
    """The link to the documentation leads to docs.port.io.

    Port shows the page as part of its own documentation. Another host is not reported where most
    of the other integrations of the workspace use it.
    """
    host = _host(spec.root.text("docs"))
    if host in ("", DOCS_HOST):
        return
    hosts = peers.counted("hosts", lambda habits: [_host(habits["docs"])] if habits["docs"] else [])
    usual = hosts.of(DOCS_HOST)
    if 2 * hosts.of(host) <= hosts.total:
        evidence = f"{usual} of {hosts.total} other links lead there" if usual else ""
        message = f'"docs" leads to "{host}", not to "{DOCS_HOST}"'
        fix = Fix(f'write the URL of the page at "https://{DOCS_HOST}/"')
        yield Problem(spec.document.at("docs"), message, fix, evidence)


def _icons(spec: Spec) -> Iterator[Item]:
    """Yield what may have an icon: the spec itself and its actions."""
    yield spec.root
    yield from spec.root.items("actions")


def _nearly(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs from this one only in case."""
    return min((one for one in known if one != name and one.lower() == name.lower()), default=None)


@rule("SPC110", bad=edited("icon: Microservice", "icon: microservice"))
def miscased_icon(spec: Spec, settings: Settings) -> Problems:
    """An icon's name has the upper and lower case that Port gives it.

    With any other, Port does not find the icon and shows an empty frame.
    """
    known = ICONS | settings.known_icons
    for item in _icons(spec):
        icon = item.text("icon")
        near = None if icon in known | ICONS_ALSO else _nearly(icon, known)
        if near:
            where = spec.document.at(*item.way("icon"))
            edit = Edit(where, icon, near) if recased(icon, known) else None
            fix = Fix(f'change "{icon}" to "{shown(near)}"', edit)
            yield Problem(where, f'icon "{icon}" is in the wrong case{did_you_mean(near)}', fix)


@rule("SPC111", severity=WARNING, bad=edited("icon: Microservice", "icon: GoodService"))
def unknown_icon(spec: Spec, peers: Peers, settings: Settings) -> Problems:
    """An icon is one that Port has.

    Port publishes no list of its icons, so this compares with those that public integrations and the
    rest of the workspace use. Add a new one to `known.icons` in `seatrial.toml`.
    """
    known = ICONS | settings.known_icons
    for item in _icons(spec):
        icon = item.text("icon").strip()
        if not icon or icon in known | ICONS_ALSO or icon == PLACEHOLDER_ICON or _nearly(icon, known):
            continue
        if not peers.texts("icon").of(icon):
            yield _unknown(spec, item, "icon", nearest(icon, known))


@rule("SPC112", severity=WARNING, bad=edited("section: Other", "section: Source Code"))
def unknown_section(spec: Spec, peers: Peers, settings: Settings) -> Problems:
    """A section is one of those under which Port lists integrations.

    Under any other, nobody finds the integration. Add a new one to `known.sections` in
    `seatrial.toml`.
    """
    known = SECTIONS | settings.known_sections
    for feature in spec.features:
        section = feature.text("section").strip()
        if (
            section
            and section not in known
            and section != PLACEHOLDER_SECTION
            and not _shared(section, peers)
        ):
            yield _unknown(spec, feature, "section", nearest(section, known))


def _shared(section: str, peers: Peers) -> bool:
    return peers.counted("sections", lambda habits: habits["sections"]).of(section) > 0


def _unknown(spec: Spec, item: Item, key: str, near: str | None) -> Problem:
    where, value = spec.document.at(*item.way(key)), item.text(key)
    message = f'{key} "{shown(value)}" is not known'
    if near:
        fix = Fix(f'change it to "{shown(near)}"', Edit(where, value, near), guessed=True)
        return Problem(where, message + did_you_mean(near), fix)
    add = f'add it to "known.{key}s" in seatrial.toml if Port has it'
    choose = f"write one of {', '.join(sorted(SECTIONS))}, or {add}" if key == "section" else add
    return Problem(where, message, Fix(choose))


@rule("SPC113", severity=WARNING, bad=edited("section: Other", f"section: {PLACEHOLDER_SECTION}"))
def placeholder_left(spec: Spec, integration: Integration) -> Problems:
    """No placeholder of the scaffold is left in the spec.

    Placeholders are published as they are. An integration whose name says that it is a fake, an
    example or a test may keep them.
    """
    if FOR_TRIAL & set(re.split(r"[^a-z]+", integration.name.lower())):
        return
    if spec.root.text("icon") == PLACEHOLDER_ICON:
        yield _placeholder(spec, spec.root, "icon")
    for feature in spec.features:
        if feature.text("section") == PLACEHOLDER_SECTION:
            yield _placeholder(spec, feature, "section")


def _placeholder(spec: Spec, item: Item, key: str) -> Problem:
    message = f'{key} "{item.text(key)}" is a placeholder'
    return Problem(spec.document.at(*item.way(key)), message, Fix(f"write the {key} that people should see"))


@rule("SPC114", bad=edited("- kind: task", "- kind: project"))
def duplicate_kind(spec: Spec) -> Problems:
    """No kind is listed twice.

    Port shows what the spec lists, and one of the two was usually meant to be another kind.
    """
    for item, first in _repeated(spec.resources, "kind"):
        where = spec.document.at(*item.way("kind"))
        line = spec.document.at(*first.way("kind")).line
        message = f'kind "{shown(item.text("kind"))}" is already listed in line {line}'
        yield Problem(where, message, Fix("delete one of the two, or name the other kind"))


_OF_THE_SERVICE = re.compile(r"[:./]")
"""Signs in kinds that a service itself names so, such as AWS::S3::Bucket."""

_PLURAL = re.compile(r"[a-z-]{3,}(?<![siu])(?<!ic)s")


_TASKS = all_of(
    edited("- kind: task", "- kind: tasks"),
    replaced(".port/resources/port-app-config.yaml", "- kind: task", "- kind: tasks"),
    replaced("kinds.py", 'TASK = "task"', 'TASK = "tasks"'),
)


@rule("SPC131", severity=ADVICE, bad=_TASKS)
def odd_kind(spec: Spec) -> Problems:
    """A kind is in lower case, with hyphens between its words, and in the singular.

    Kinds are part of the mapping that people edit, and alike ones are easier to find. Kinds that a service
    itself names, such as AWS::S3::Bucket, are not reported.
    """
    for item in spec.resources:
        kind = item.text("kind").strip()
        if _OF_THE_SERVICE.search(kind):
            continue
        if not SLUG.fullmatch(kind):
            yield _odd(spec, item, f'kind "{shown(kind)}" is not in lower case with hyphens')
        elif _PLURAL.fullmatch(kind):
            yield _odd(spec, item, f'kind "{shown(kind)}" looks like a plural')


def _odd(spec: Spec, item: Item, message: str) -> Problem:
    fix = Fix(
        "name new kinds like pull-request; renaming one that is published breaks the mappings of its users"
    )
    return Problem(spec.document.at(*item.way("kind")), message, fix)


def _repeated(items: Iterable[Item], key: str) -> Iterator[tuple[Item, Item]]:
    """Yield each item whose text at `key` occurs earlier, with the first item that has it."""
    first: dict[str, Item] = {}
    for item in items:
        if first.setdefault(item.text(key), item) is not item:
            yield item, first[item.text(key)]


@rule(
    "SPC115",
    severity=WARNING,
    bad=edited(
        "saas:\n  enabled: false",
        "saas:\n  enabled: false\n  oauthConfiguration:\n    requiredSecrets:\n"
        "      - name: apiToken\n        value: .oauthData.accessToken",
    ),
)
def saas_off_but_set_up(spec: Spec) -> Problems:
    """A spec that sets up live events or OAuth for SaaS enables SaaS.

    Live events and OAuth below `saas` have no effect while `saas.enabled` is false.
    """
    saas = spec.root.inner("saas")
    if saas.value.get("enabled") is not False:
        return
    keys = ["oauthConfiguration"] if saas.value.get("oauthConfiguration") else []
    keys += ["liveEvents"] if saas.inner("liveEvents").value.get("enabled") is True else []
    for key in keys:
        fix = Fix(f'set "saas.enabled" to true, or delete "saas.{key}"')
        where = spec.document.key(*saas.way(key))
        yield Problem(where, f'"saas.{key}" is set up, but "saas.enabled" is false', fix)


@rule("SPC116", bad=edited("saas:\n", "actionsProcessingEnabled: true\nsaas:\n"))
def actions_switch_disagrees(spec: Spec, integration: Integration) -> Problems:
    """`actionsProcessingEnabled` is true if, and only if, there are actions.

    Ocean does not process actions unless it is true, and without actions there is nothing to process.
    """
    switch, actions = spec.root.value.get("actionsProcessingEnabled"), spec.root.value.get("actions")
    if misspells(spec.root, "actionsProcessingEnabled") or (not actions and misspells(spec.root, "actions")):
        return
    if switch is True and not actions:
        where = spec.document.key("actionsProcessingEnabled")
        fix = Fix('list the actions under "actions", or delete the switch')
        yield Problem(where, '"actionsProcessingEnabled" is true, but there are no actions', fix)
    if switch in (None, False) and isinstance(actions, list) and actions:
        where = spec.document.key("actions")
        switching = spec.document.at("actionsProcessingEnabled")
        edit = Edit(switching, "false", "true") if switch is False else None
        if switch is None and "actionsProcessingEnabled" not in spec.root.value:
            edit = with_key(integration, spec.document, ("title",), "actionsProcessingEnabled", "true")
        fix = Fix('add "actionsProcessingEnabled: true"', edit)
        yield Problem(where, 'there are actions, but "actionsProcessingEnabled" is not true', fix)


def _two_actions(folder: MemoryFolder) -> MemoryFolder:
    action = "  - name: close_task\n    description: Close a task\n    inputs: []\n"
    code = 'class CloseTaskExecutor(AbstractExecutor):\n    ACTION_NAME = "close_task"\n'
    code += "\n\nocean.register_action_executor(CloseTaskExecutor())\n"
    text = f"actionsProcessingEnabled: true\nactions:\n{action}{action}saas:\n"
    return folder.edited(SPEC, "saas:\n", text).having("executors.py", code)


@rule("SPC117", bad=_two_actions)
def duplicate_action(spec: Spec) -> Problems:
    """The names of actions are unique, and so are the names of an action's inputs.

    Of two with the same name, only one can be run or filled in.
    """
    inputs = (item for action in spec.root.items("actions") for item in _repeated(_named(action), "name"))
    repeated = [("action", pair) for pair in _repeated(spec.actions, "name")] + [
        ("input", pair) for pair in inputs
    ]
    for noun, (item, first) in repeated:
        line = spec.document.at(*first.way("name")).line
        message = f'{noun} "{shown(item.text("name"))}" is already there in line {line}'
        fix = Fix("rename one of the two, or delete it")
        yield Problem(spec.document.at(*item.way("name")), message, fix)


def _named(action: Item) -> list[Item]:
    return [item for item in action.items("inputs") if item.text("name")]


@rule("SPC135", severity=WARNING, bad=replaced(SPEC, "title: Good Service", "title: Good Service #1"))
def text_cut_in_spec(integration: Integration, spec: Spec) -> Problems:
    """No text of the spec is cut by a `#`.

    In YAML, a `#` behind a blank begins a comment, unless the text is in quotes: `title: My #1` is "My".
    """
    yield from cut(integration, spec.document)
