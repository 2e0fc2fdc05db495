"""Family SPC, the form: `.port/spec.yaml` is readable, complete, in the right schema, and agrees with `pyproject.toml`.

Among these is the rule about scalars that YAML 1.1 and YAML 1.2 read differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from seatrial.core.model import Edit, Fix, Integration, Location, Problem, Profile
from seatrial.core.names import shown
from seatrial.core.rules import GUIDE, INFO, OCEAN, OFF, WARNING, Problems, rule
from seatrial.core.version import Version
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.conformity import Conformity
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.package_metadata import Package
from seatrial.validate.facts.source import with_key, without_key
from seatrial.validate.facts.spec import Peers, Spec
from seatrial.validate.rules.shared import (
    PACKAGE_NAME,
    duplicate_keys,
    folder_name,
    likeliest_name,
    misspells,
    replaced,
    syntax_faults,
)

SPEC = ".port/spec.yaml"

edited = partial(replaced, SPEC)


_FRACTION = re.compile(r"\s*[+-]?[0-9]*\.(?!0*\s*\Z)[0-9]+\s*")


@rule("SPC001", bad=edited("icon: Microservice", 'icon: "Microservice'))
def unreadable_spec(spec_document: Document) -> Problems:
    """The spec is valid YAML or JSON.

    Without it Port shows nothing and Ocean does not start.
    """
    yield from syntax_faults(spec_document)


@rule("SPC002", bad=edited("icon: Microservice", "icon: Microservice\nicon: Service"))
def duplicate_key(spec_document: Document) -> Problems:
    """No object in the spec has the same key twice.

    Only the last one counts, and some parsers reject the whole file.
    """
    yield from duplicate_keys(spec_document)


@rule("SPC003", bad=edited("icon: Microservice\n", ""))
def missing_key(spec_form: Conformity) -> Problems:
    """The spec and each item in it have the keys that Port and Ocean need.

    Port cannot show an integration without description and icon, nor a form field without its
    configuration's type; Ocean does not start with a configuration that lacks name or type.
    """
    yield from spec_form.problems("missing-key")


@rule("SPC004", bad=edited("title: Good Service\n", ""))
def missing_title(spec_form: Conformity, spec: Spec, peers: Peers, profile: Profile) -> Problems:
    """The spec has a title.

    It is the name people see in the list of data sources. Specs have had one since the end of 2024:
    where no other integration of the workspace has one either, a missing title is a warning in profile
    guide and accepted in Ocean's own repository; in a spec in the form of 2023 it is a warning.
    """
    for problem in spec_form.problems("missing-title"):
        untitled = peers.size > 0 and not peers.counted("titled", lambda habits: [habits["title"]]).of(True)
        if untitled and profile is OCEAN:
            return
        yield replace(problem, severity=WARNING) if untitled or spec.is_of_2023 else problem


@rule("SPC005", by_profile={OCEAN: OFF}, bad=edited("version: 0.1.0\n", ""))
def missing_version(spec_form: Conformity) -> Problems:
    """The spec states the version.

    Raising the version in the spec is what triggers a release.
    """
    yield from spec_form.problems("missing-version")


@rule("SPC006", by_profile={OCEAN: OFF}, bad=edited("type: good-service\n", ""))
def missing_type(spec_form: Conformity) -> Problems:
    """The spec states the type.

    The image is named after the type, and Port finds the integration by it.
    """
    yield from spec_form.problems("missing-type")


@rule("SPC007", severity=WARNING, bad=edited("    required: false\n", ""))
def configuration_without_required(spec_form: Conformity, spec: Spec, integration: Integration) -> Problems:
    """Each configuration states whether it is required.

    Ocean takes it as optional otherwise; readers of the spec and the installation form have to guess.
    """
    for problem in spec_form.problems("configuration-without-required"):
        item = spec.holding(problem.where)
        edit = with_key(integration, spec.document, item.way("type"), "required", "false") if item else None
        yield replace(problem, fix=problem.fix and replace(problem.fix, edit=edit))


@rule("SPC008", severity=WARNING, bad=edited("    description: How many objects one request asks for\n", ""))
def configuration_without_description(spec_form: Conformity) -> Problems:
    """Each configuration has a description.

    It is the only help in the form that people fill in when they install the integration.
    """
    yield from spec_form.problems("configuration-without-description")


@rule("SPC009", bad=edited("saas:\n  enabled: false", "saas:\n  liveEvents:\n    enabled: false"))
def saas_without_enabled(spec_form: Conformity, spec: Spec) -> Problems:
    """A `saas` section states whether it is enabled.

    Ocean reads `saas.enabled` without checking that it is there, and does not start if it is not.
    An empty section counts as none.
    """
    if spec.root.value.get("saas"):
        yield from spec_form.problems("saas-without-enabled")


@rule(
    "SPC010",
    severity=WARNING,
    bad=edited("resources:\n      - kind: project\n      - kind: task", "resources: []"),
)
def empty_resources(spec: Spec) -> Problems:
    """A list of resources is not empty.

    Port shows its kinds to choose from. An integration whose kinds are not known in advance
    omits the list.
    """
    for feature in spec.features:
        if feature.value.get("resources") == []:
            where = spec.document.key(*feature.way("resources"))
            fix = Fix('list each kind as "- kind: ...", or delete the key')
            yield Problem(where, "the list of resources is empty", fix)


@rule(
    "SPC011",
    severity=INFO,
    bad=edited("docs: https://docs.port.io/build-your-software-catalog\n", ""),
)
def missing_docs(spec: Spec) -> Problems:
    """The spec has a link to the documentation.

    Port shows it with the integration. Many specs have none.
    """
    if "docs" not in spec.root.value and not misspells(spec.root, "docs"):
        fix = Fix('add "docs" to the spec, such as https://docs.port.io/...')
        yield Problem(spec.document.at(), 'the spec has no "docs"', fix)


@rule("SPC101", severity=WARNING, bad=edited("icon: Microservice", "icon: Microservice\nmaintainer: jane"))
def unknown_key(spec_form: Conformity) -> Problems:
    """Every key of the spec is one that Port or Ocean reads.

    Other keys are silently ignored. New keys are introduced from time to time, so a key that
    resembles no known one is only a warning.
    """
    yield from spec_form.problems("unknown-key")


@rule("SPC102", bad=edited("    required: false", "    require: false"))
def misspelled_key(spec_form: Conformity) -> Problems:
    """No key of the spec is a misspelling of a known one.

    A misspelled key is ignored, so it has no effect.
    """
    yield from spec_form.problems("misspelled-key")


@rule(
    "SPC103", bad=edited("saas:\n  enabled: false", "saas:\n  enabled: false\nliveEvents:\n  enabled: false")
)
def misplaced_key(spec_form: Conformity) -> Problems:
    """Every key of the spec is in the section where it is read.

    A key in the wrong section is ignored, so it has no effect.
    """
    yield from spec_form.problems("misplaced-key")


@rule("SPC104", bad=edited("    required: false", '    required: "no"'))
def wrong_type(spec_form: Conformity) -> Problems:
    """Every value of the spec has the type that Port and Ocean expect.

    The usual mistakes are quotes around true and false, and a version without quotes.
    """
    yield from spec_form.problems("wrong-type")


@rule("SPC105", bad=edited("    type: integer", "    type: number"))
def unknown_value(spec_form: Conformity, spec: Spec) -> Problems:
    """A value for which Port or Ocean allows only certain words is one of them.

    Ocean does not start with a configuration whose type is not string, url, boolean, integer,
    object or array. A number with a fraction is a string in the spec, and a float in the code.
    """
    fractions = {spec.document.at(*one.way("type")) for one in spec.configurations if _is_fraction(one)}
    for problem in spec_form.problems("unknown-value"):
        yield _fraction(problem) if problem.where in fractions else problem


def _is_fraction(configuration: Item) -> bool:
    """Return whether a configuration of the type "number" has a value with a fraction."""
    values = (configuration.value.get("default"), *(value for _, value in configuration.listed("enum")))
    named = configuration.text("type").strip().lower() in ("number", "float", "double", "decimal")
    return named and any(
        _FRACTION.fullmatch(str(value)) for value in values if isinstance(value, str | float)
    )


def _fraction(problem: Problem) -> Problem:
    """Return the problem of a type for numbers without the guess that whole ones are meant."""
    fix = Fix('write "string", put the numbers in quotes, and read them with float() in the code')
    return replace(
        problem, message=problem.message.partition(";")[0] + ", and Ocean has no type for fractions", fix=fix
    )


@rule("SPC106", bad=edited("docs: https://docs.port.io", "docs: docs.port.io"))
def malformed_value(spec_form: Conformity) -> Problems:
    """Texts in the spec are not blank, names have no spaces around them, and links are URLs.

    A name with a space around it is a different name, and the difference is hard to see.
    """
    yield from spec_form.problems("malformed-value")


@rule("SPC107", bad=edited("version: 0.1.0", "version: 0.1.0-rc1"))
def malformed_version(spec: Spec) -> Problems:
    """A version in the spec has the form X.Y.Z, X.Y.Z-beta, X.Y.Z-dev or X.Y.Z-post1.

    The release job accepts no other form; a leading v is ignored.
    """
    version = spec.root.text("version")
    if version and not is_version(version):
        message = f'"version" is "{shown(version)}", not a version such as 1.2.3 or 1.2.3-beta'
        yield Problem(spec.document.at("version"), message, Fix("write the version as X.Y.Z"))


def is_version(text: str) -> bool:
    """Return True for a version, with or without a leading v."""
    try:
        Version.parse_leading_v(text)
    except ValueError:
        return False
    return True


LEGACY = {
    "version": "the version stands in pyproject.toml",
    "type": "the type is the name in pyproject.toml",
    "ingressRequired": 'it is "saas.liveEvents" today',
    "deploymentMethod": 'it is "deploymentMethodOverride" today',
}


@rule(
    "SPC108",
    by_profile={GUIDE: OFF, OCEAN: WARNING},
    bad=edited("title: Good Service", "type: good-service\ntitle: Good Service"),
)
def legacy_key(spec: Spec, peers: Peers, integration: Integration) -> Problems:
    """In Ocean's own repository the spec states neither version nor type.

    The release job overwrites both from pyproject.toml. A key that most other integrations of the
    workspace still state is not reported. In other repositories version and type are required, so
    there the rule is off unless you switch it on.
    """
    for key in (key for key in LEGACY if key in spec.root.value):
        without = peers.size - peers.counted("keys", lambda habits: set(habits["keys"])).of(key)
        if 2 * without < peers.size:
            continue
        count = f"{without} of the {peers.size} other integrations do not have it"
        message = f'"{key}" has had its day: {LEGACY[key]}'
        edit = without_key(integration, spec.document, key) if key in STATED_ELSEWHERE else None
        fix = Fix(f'delete the line "{key}"', edit)
        yield Problem(spec.document.key(key), message, fix, count if without else "")


STATED_ELSEWHERE = frozenset({"version", "type"})
"""The keys with which nothing is lost, as pyproject.toml says the same."""


_ONLY_IN_1_1 = re.compile(
    r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
    r"|[-+]?0b[01_]+|[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?"
    r"|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d\S*"
)
"""Strings of YAML 1.2 that are booleans, numbers or dates in YAML 1.1 (PyYAML's resolver)."""

_ONLY_IN_1_2 = re.compile(r"[-+]?0[0-9]+|0o[0-7]+|[-+]?[0-9.]+[eE][0-9]+")
"""Numbers of YAML 1.2 that are other numbers, or strings, in YAML 1.1."""

_HINT = re.compile(rf"[:,\[-][ \t]*(?:{_ONLY_IN_1_1.pattern}|{_ONLY_IN_1_2.pattern})[ \t]*(?:[\]#,\r\n]|\Z)")
"""Matches somewhere in any text with such a scalar; hardly any text has one."""


@rule("SPC130", severity=WARNING, bad=edited("    default: 100", "    default: 0100"))
def unportable_scalar(spec: Spec, integration: Integration, spec_form: Conformity) -> Problems:
    """A value means the same in YAML 1.1 and YAML 1.2.

    Ocean reads the spec as YAML 1.1, the release job and Port as YAML 1.2: an unquoted no is false
    for the former and a string for the latter. A value of the wrong type is not reported twice.
    """
    text = integration.read(spec.document.path).decode("utf-8", "replace")
    if spec.document.path.endswith(".json") or not _HINT.search(text):
        return
    lines = text.split("\n")
    for keys in (keys for keys, value in _scalars((), spec.root.value) if _is_suspect(value)):
        if any(one.keys == keys for one in spec_form.violations):
            continue
        where = spec.document.at(*keys)
        scalar = _plain(lines, where)
        if _ONLY_IN_1_1.fullmatch(scalar) or _ONLY_IN_1_2.fullmatch(scalar):
            message = f"{shown(scalar)} is one thing in YAML 1.1 and another in YAML 1.2"
            fix = Fix(f'put "{shown(scalar)}" in quotes, or write a plain number, true or false')
            yield Problem(where, message, fix)


def _scalars(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _scalars((*keys, key), inner)
    else:
        yield keys, value


def _is_suspect(value: Any) -> bool:
    """Return True where the value may come from such a scalar; of a number, any may."""
    if isinstance(value, str):
        return _ONLY_IN_1_1.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(lines: list[str], where: Location) -> str:
    """Return the scalar at this place as written, including any quotes."""
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    return re.split(r"\s+#|,|\]|\}|$", line[where.column - 1 :].rstrip(), maxsplit=1)[0].strip()


@rule("SPC201", bad=edited("version: 0.1.0", "version: 0.2.0"))
def version_disagrees(spec: Spec, package: Package, logged_version: str) -> Problems:
    """A version in the spec equals the one in pyproject.toml; a leading v in the spec is ignored.

    A release takes its name from one and its content from the other.
    """
    ours, theirs = spec.root.text("version"), package.version
    if not (is_version(ours) and is_version(theirs)) or ours.removeprefix("v") == theirs.removeprefix("v"):
        return
    right = "v" * ours.startswith("v") + theirs.removeprefix("v")
    where = spec.document.at("version")
    message = f'"version" is "{ours}" here and "{theirs}" in pyproject.toml'
    edits = {
        theirs.removeprefix("v"): Edit(where, ours, right),
        ours.removeprefix("v"): package.edit("version", ours.removeprefix("v")),
    }
    yield Problem(where, message, Fix(f'write "{right}" here, or "{ours}" there', edits.get(logged_version)))


@rule("SPC202", bad=edited("type: good-service", "type: service"))
def type_disagrees(spec: Spec, package: Package, integration: Integration) -> Problems:
    """A type in the spec equals the name in pyproject.toml.

    The image is published under that name, and Port looks for it under the type. The advice is the name that two of
    the type, the package and the folder have.
    """
    ours, theirs = spec.root.text("type").strip(), package.name
    if not ours or ours == theirs or not PACKAGE_NAME.fullmatch(theirs):
        return
    where = spec.document.at("type")
    message = f'"type" is "{shown(ours)}" here, and the name in pyproject.toml is "{theirs}"'
    folder = folder_name(integration)
    if ours == folder == likeliest_name(theirs, ours, folder):
        edit = package.edit("name", ours)
        yield Problem(where, message, Fix(f'write "{ours}" in pyproject.toml, as the folder is called', edit))
    elif theirs == folder:
        edit = Edit(where, spec.root.text("type"), theirs)
        yield Problem(where, message, Fix(f'write "{theirs}" here, as the folder is called', edit))
    else:
        yield Problem(where, message, Fix(f'write "{theirs}" here, or "{shown(ours)}" there'))
