"""Family RES, the form: the files in `.port/resources` are readable and follow the schemas of Ocean and Port.

The repairs that all rules about resources share are here as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from seatrial.core.model import Edit, Fix, Integration, LineRange, Location, Problem
from seatrial.core.rules import WARNING, Problems, rule
from seatrial.core.suggest import nearest
from seatrial.documents.document import Document, Keys
from seatrial.schemas.wording import shown
from seatrial.validate.facts.app_config import AppConfig, MappedResource
from seatrial.validate.facts.blueprints import Blueprint, Blueprints
from seatrial.validate.facts.catalog import Reference
from seatrial.validate.facts.conformity import ResourceForms
from seatrial.validate.rules.shared import cut, duplicate_keys, replaced, syntax_faults

RESOURCES = ".port/resources"
BLUEPRINTS = f"{RESOURCES}/blueprints.json"
APP_CONFIG = f"{RESOURCES}/port-app-config.yaml"
SCORECARDS = f"{RESOURCES}/scorecards.json"

TASK_HEAD = '"identifier": "goodServiceTask",\n'
"""The beginning of the template's second blueprint."""

MOST_KNOWN = 200
"""With more names than this, no near one is looked for; the largest real blueprint has 50 properties."""

_RELATIONS = "          relations:\n            project: .__parent.id"


_WELL_FORMED = re.compile(r"[A-Za-z0-9@_=.+:/$\\-]+")
"""The form of nearly all identifiers: a known name of another form is likelier the slip than the name beside it."""


def rename(name: str, known: Collection[str], otherwise: str, where: Location | None = None) -> Fix:
    """Return the repair that changes a name at a place to the known one near it, a guess; without one, `otherwise`.

    Where the known one could not be an identifier and the name could, that one is to be changed.
    """
    near = _near(name, known)
    if near and _WELL_FORMED.fullmatch(name) and not _WELL_FORMED.fullmatch(near):
        return Fix(f"write {shown(name)} where {shown(near)} is defined")
    if near is None:
        return Fix(otherwise)
    edit = Edit(where, name, near) if where else None
    return Fix(f"change {shown(name)} to {shown(near)}", edit, guessed=True)


def unknown_blueprint(name: str, blueprints: Blueprints, where: Location, message: str) -> Problem:
    """Return the problem of a reference to a blueprint that does not exist.

    Where one has the identifier of another, or nearly this one and nothing refers to it, it is probably that one.
    """
    otherwise = (
        f"add the blueprint {shown(name)} to {blueprints.document.path}, or, if another integration has it, "
        'list it under "blueprints" of [known] in seatrial.toml'
    )
    own = blueprints.identifiers
    fix = rename(name, own if _near(name, own) else blueprints.foreign, otherwise, where)
    return Problem(where, message, fix, rests_on=blueprints.cause(name))


def _near(name: str, known: Collection[str]) -> str | None:
    """Return the known name near to this one, a well-formed one if there is any."""
    if len(known) > MOST_KNOWN:
        return None
    return nearest(name, filter(_WELL_FORMED.fullmatch, known)) or nearest(name, known)


def place(document: Document, reference: Reference) -> Location:
    """Return the place at which a name is used."""
    return (document.key if reference.at_key else document.at)(*reference.keys)


@rule("RES001", bad=replaced(BLUEPRINTS, TASK_HEAD, TASK_HEAD.replace(",", "")))
def unreadable_resource(resource_documents: Mapping[str, Document]) -> Problems:
    """The resource files are valid YAML or JSON.

    Ocean loads them when an integration is first installed, and creates nothing if one is broken.
    """
    for document in resource_documents.values():
        yield from syntax_faults(document)


@rule("RES002", bad=replaced(APP_CONFIG, "title: .title\n", "title: .title\n          title: .name\n"))
def resource_duplicate_key(resource_documents: Mapping[str, Document]) -> Problems:
    """No object in a resource file has the same key twice.

    Only the last one counts; the value of the first is silently lost.
    """
    for document in resource_documents.values():
        yield from duplicate_keys(document)


@rule("RES003", bad=replaced(APP_CONFIG, "      query: 'true'\n      state: open", "      state: open"))
def resource_missing_key(resource_forms: ResourceForms) -> Problems:
    """Each item of a resource file has the keys that Ocean and Port need.

    Ocean rejects a mapping without selector, identifier or blueprint, and Port a blueprint without
    identifier or schema; then nothing is created on installation.
    """
    yield from resource_forms.problems("resource-missing-key")


@rule(
    "RES101",
    severity=WARNING,
    bad=replaced(BLUEPRINTS, TASK_HEAD, TASK_HEAD + '    "maturity": "beta",\n'),
)
def resource_unknown_key(resource_forms: ResourceForms) -> Problems:
    """Every key of a resource file is one that Ocean or Port reads.

    Ocean ignores other keys, and Port may reject them. New keys are introduced from time to time, so a
    key that resembles no known one is only a warning. At the top of the port-app-config, the fields of
    the integration's own configuration class are known as well.
    """
    yield from resource_forms.problems("resource-unknown-key")


@rule("RES102", bad=replaced(APP_CONFIG, _RELATIONS, _RELATIONS.replace("relations", "relation")))
def resource_misspelled_key(resource_forms: ResourceForms) -> Problems:
    """No key of a resource file is a misspelling of a known one.

    A misspelled key is ignored, so it has no effect.
    """
    yield from resource_forms.problems("resource-misspelled-key")


@rule("RES103", bad=replaced(APP_CONFIG, _RELATIONS, _RELATIONS.replace("          ", "        ", 1)))
def resource_misplaced_key(resource_forms: ResourceForms) -> Problems:
    """Every key of a resource file is in the object where it is read.

    The usual mistake is indentation: a key beside `mappings` instead of below it is ignored.
    """
    yield from resource_forms.problems("resource-misplaced-key")


DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d\S*)?")
"""A scalar that PyYAML, and so Ocean, reads as a date."""

SHORT_DATE = len("2026-01-31")
"""The length of a date without a time of day."""


@rule("RES104", bad=replaced(BLUEPRINTS, '"many": false', '"many": "false"'))
def resource_wrong_type(
    resource_forms: ResourceForms, resource_documents: Mapping[str, Document], integration: Integration
) -> Problems:
    """Every value of a resource file has the type that Ocean and Port expect.

    The usual mistakes are quotes around true and false, and a jq expression that YAML reads as true, as
    nothing or as a date. A number stands for itself: Ocean takes it as the jq expression that gives it.
    """
    yield from resource_forms.problems("resource-wrong-type")
    config = AppConfig.of(resource_documents.get("port-app-config"))
    if config and config.document.path.endswith((".yaml", ".yml")):
        yield from _dates(config, integration, Blueprints.of(resource_documents.get("blueprints")))


def _timed(config: AppConfig, blueprints: Blueprints) -> Iterator[Keys]:
    """Yield the keys of the mapped properties that take a date with a time of day."""
    for resource, blueprint in with_blueprints(config, blueprints):
        for name in resource.properties.value:
            if blueprint.properties.inner(name).text("format") == "date-time":
                yield resource.properties.way(name)


def rests_on_date(text: str, where: Location) -> LineRange | None:
    """Return the line of an expression whose cause may be that YAML 1.1 reads it as a date, as RES104 then says."""
    return LineRange(where.path, where.line, where.line) if DATE.fullmatch(text) else None


def _dates(config: AppConfig, integration: Integration, blueprints: Blueprints | None) -> Problems:
    """Yield the expressions of a mapping in YAML that Ocean reads as dates."""
    found = [
        (keys, text) for res in config.resources for keys, text in res.expressions() if DATE.fullmatch(text)
    ]
    lines = integration.read(config.document.path).decode("utf-8", "replace").split("\n") if found else []
    timed = set(_timed(config, blueprints)) if found and blueprints else set()
    for keys, text in found:
        where = config.document.at(*keys)
        line = lines[where.line - 1] if where.line <= len(lines) else ""
        if line[where.column - 1 :].startswith(text):
            moment = f"{text}T00:00:00Z" if keys in timed and len(text) <= SHORT_DATE else text
            fix = Fix(f"write '\"{moment}\"', with both quotes")
            yield Problem(where, f"{shown(text)} is a date in YAML 1.1, as Ocean reads it, not text", fix)


@rule(
    "RES105",
    bad=replaced(
        BLUEPRINTS, '"Assignee",\n          "type": "string"', '"Assignee",\n          "type": "text"'
    ),
)
def resource_unknown_value(resource_forms: ResourceForms) -> Problems:
    """A value for which Port allows only certain words is one of them.

    These are the types and formats of properties, and colours; Port rejects a blueprint with any
    other. "markdown", "url" and "user" are formats of the type string.
    """
    yield from resource_forms.problems("resource-unknown-value")


@rule(
    "RES106",
    bad=replaced(
        APP_CONFIG,
        "deleteDependentEntities: true",
        "deleteDependentEntities: true\nentityDeletionThreshold: 90",
    ),
)
def resource_malformed_value(resource_forms: ResourceForms) -> Problems:
    """Identifiers, expressions and numbers in a resource file have a valid form.

    An identifier in Port consists of letters, digits and a few other characters; an empty expression
    maps nothing; `entityDeletionThreshold` is a fraction from 0 to 1.
    """
    yield from resource_forms.problems("resource-malformed-value")


@rule(
    "RES131",
    severity=WARNING,
    bad=replaced(".port/resources/port-app-config.yaml", "title: .title", "title: .title #1"),
)
def text_cut_in_resource(integration: Integration, resource_documents: Mapping[str, Document]) -> Problems:
    """No text of a blueprint, mapping, scorecard, page or action is cut by a `#`.

    In YAML, a `#` behind a blank begins a comment, unless the text is in quotes: `title: My #1` is "My".
    """
    for document in resource_documents.values():
        yield from cut(integration, document)


def with_blueprints(
    app_config: AppConfig, blueprints: Blueprints
) -> Iterator[tuple[MappedResource, Blueprint]]:
    """Yield each resource with its blueprint, where the file defines that blueprint completely."""
    for resource in app_config.resources:
        blueprint = blueprints.find(resource.blueprint)
        if blueprint and blueprint.is_whole:
            yield resource, blueprint
