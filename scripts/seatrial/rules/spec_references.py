"""Family SPC, what refers to configurations: dependencies, requirements, sections of the form, OAuth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.documents import jq
from seatrial.documents.document import Keys
from seatrial.model import Edit, Fix, MemoryFolder, Problem
from seatrial.naming import shown
from seatrial.near import nearest
from seatrial.rules.rule import WARNING, Problems, rule
from seatrial.rules.spec import SPEC, edited
from seatrial.subjects.item import Item
from seatrial.subjects.spec import Spec

_SAAS_OFF = "saas:\n  enabled: false\n"


def _oauth(name: str, value: str) -> str:
    return (
        "saas:\n  enabled: true\n  oauthConfiguration:\n    requiredSecrets:\n"
        f"      - name: {name}\n        value: {value}\n"
    )


def _references(spec: Spec) -> Iterator[tuple[Keys, str]]:
    """Every place that names a configuration, and the name."""
    for item in spec.configurations:
        for dependency in item.items("dependencies"):
            yield dependency.way("on"), dependency.text("on")
    for requirement in spec.root.items("deploymentMethodRequirements"):
        yield from requirement.texts("configurations")
    for section in spec.root.inner("interface").items("sections"):
        yield from section.texts("configurationNames")
    for secret in spec.secrets:
        yield secret.way("name"), secret.text("name")
    for name in spec.overrides.value:
        yield spec.overrides.way(name), name


@rule(
    "SPC126",
    bad=edited(
        "saas:\n", "deploymentMethodRequirements:\n  - type: default\n    configurations: [apiTokn]\nsaas:\n"
    ),
)
def undeclared_configuration(spec: Spec) -> Problems:
    """Whatever names a configuration names one that is declared.

    Dependencies, requirements, sections of the form and OAuth do nothing for a name that
    is not among the configurations.
    """
    for keys, name in _references(spec):
        if not name or name in spec.by_name:
            continue
        is_key = keys[:-1] == spec.overrides.keys
        where = spec.document.key(*keys) if is_key else spec.document.at(*keys)
        message, near = f'there is no configuration "{shown(name)}"', nearest(name, spec.by_name)
        if near:
            fix = Fix(f'change "{shown(name)}" to "{near}"', Edit(where, name, near))
            yield Problem(where, f'{message}; did you mean "{near}"?', fix)
        else:
            yield Problem(where, message, Fix("declare it under configurations, or take it out here"))


def _depending(folder: MemoryFolder) -> MemoryFolder:
    enum = folder.edited(SPEC, "    default: 100\n", "    default: 100\n    enum: [50, 100]\n")
    dependency = (
        "    sensitive: true\n    dependencies:\n      - on: pageSize\n        when:\n          equals: 200\n"
        "        then:\n          required: true\n"
    )
    return enum.edited(SPEC, "    sensitive: true\n", dependency)


@rule("SPC127", bad=_depending)
def impossible_dependency(spec: Spec) -> Problems:
    """A dependency waits for a value that the other configuration can have.

    With a value outside the enum of the other one the dependency never comes true.
    """
    for item in spec.configurations:
        for dependency in item.items("dependencies"):
            on = spec.by_name.get(dependency.text("on"))
            choices = [value for _, value in on.listed("enum")] if on else []
            for keys, value in _awaited(dependency):
                if choices and value not in choices:
                    yield _impossible(spec, keys, dependency.text("on"), value, choices)


def _awaited(dependency: Item) -> Iterator[tuple[Keys, Any]]:
    when = dependency.inner("when")
    if "equals" in when.value:
        yield when.way("equals"), when.value["equals"]
    for index, value in when.listed("in"):
        yield when.way("in", index), value


def _impossible(spec: Spec, keys: Keys, on: str, value: Any, choices: list[Any]) -> Problem:
    where = spec.document.at(*keys)
    near = (
        nearest(value, [one for one in choices if isinstance(one, str)]) if isinstance(value, str) else None
    )
    hint = f'; did you mean "{near}"?' if near else ""
    message = f'configuration "{shown(on)}" cannot be "{shown(str(value))}"{hint}'
    return Problem(where, message, Fix("write one of " + ", ".join(shown(str(one)) for one in choices[:12])))


@rule("SPC128", bad=edited(_SAAS_OFF, _oauth("apiUrl", ".oauthData.accessToken")))
def open_oauth_secret(spec: Spec) -> Problems:
    """A configuration that OAuth fills with a secret is marked as sensitive.

    Port hides and encrypts only what is marked.
    """
    for secret in spec.secrets:
        name = secret.text("name")
        item = spec.by_name.get(name)
        if item and item.value.get("sensitive", False) is False:
            message = (
                f'OAuth fills configuration "{shown(name)}" with a secret, and it is not marked as sensitive'
            )
            fix = Fix('set "sensitive: true"')
            yield Problem(spec.document.at(*item.way("name")), message, fix)


def _expressions(spec: Spec) -> Iterator[tuple[Keys, str]]:
    """The jq expressions of OAuth, each with the way to it."""
    for secret in spec.secrets:
        for key in ("value", "description"):
            if secret.text(key).strip():
                yield secret.way(key), secret.text(key)
    for name in spec.overrides.value:
        if spec.overrides.text(name).strip():
            yield spec.overrides.way(name), spec.overrides.text(name)


@rule("SPC129", severity=WARNING, bad=edited(_SAAS_OFF, _oauth("apiToken", "'\\\"TOKEN\\\"'")))
def broken_oauth_expression(spec: Spec) -> Problems:
    """Values, descriptions and overrides of OAuth are jq expressions.

    A text in jq stands in double quotes, without backslashes before them.
    """
    expressions = list(_expressions(spec))
    faults = jq.compile_all([text for _, text in expressions]) if expressions else {}
    for keys, text in expressions:
        fault = faults.get(text)
        if fault:
            hint = '; a text stands in double quotes, as in "..."' if {"'", "\\"} & set(text) else ""
            fix = Fix("write a jq expression" + hint)
            yield Problem(spec.document.at(*keys), f"this is no jq expression: {fault.message}", fix)
