"""Family RES, the form: the files in `.port/resources` can be read and have the grammar of Ocean and Port."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.model import Fix, Problem
from seatrial.core.rules import WARNING, Problems, rule
from seatrial.documents.document import Document, FaultKind
from seatrial.validate.facts.resource_forms import ResourceForms
from seatrial.validate.rules.resources_words import APP_CONFIG, BLUEPRINTS, TASK_HEAD, edited

_RELATIONS = "          relations:\n            project: .__parent.id"


@rule("RES001", bad=edited(BLUEPRINTS, (TASK_HEAD, TASK_HEAD.replace(",", ""))))
def unreadable_resource(resource_documents: Mapping[str, Document]) -> Problems:
    """The resource files can be read as YAML or JSON.

    Ocean loads them when an integration is first installed, and creates nothing where one is broken.
    """
    for document in resource_documents.values():
        for fault in document.faults:
            if fault.kind is not FaultKind.DUPLICATE_KEY:
                yield Problem(document.where(fault), fault.message, Fix("mend the text at this place"))


@rule("RES002", bad=edited(APP_CONFIG, ("title: .title\n", "title: .title\n          title: .name\n")))
def resource_duplicate_key(resource_documents: Mapping[str, Document]) -> Problems:
    """No key of a resource file is given twice in one object.

    Only the last one counts; what the first says is lost without a word.
    """
    for document in resource_documents.values():
        for fault in document.faults:
            if fault.kind is FaultKind.DUPLICATE_KEY:
                yield Problem(
                    document.where(fault), fault.message, Fix("keep one of them and delete the other")
                )


@rule("RES003", bad=edited(APP_CONFIG, ("      query: 'true'\n      state: open", "      state: open")))
def resource_missing_key(resource_forms: ResourceForms) -> Problems:
    """Each item of a resource file has the keys that Ocean and Port need.

    Ocean refuses a mapping without its selector, identifier or blueprint, and Port a
    blueprint without its identifier or schema; then nothing is created on installation.
    """
    yield from resource_forms.problems("resource-missing-key")


@rule(
    "RES101",
    severity=WARNING,
    bad=edited(BLUEPRINTS, (TASK_HEAD, TASK_HEAD + '    "maturity": "beta",\n')),
)
def resource_unknown_key(resource_forms: ResourceForms) -> Problems:
    """Every key of a resource file is one that Ocean or Port reads.

    Ocean ignores others and Port may refuse them. New ones come up, so a key that is
    nothing like a known one is only a warning. At the top of the port-app-config the
    fields of the integration's own configuration class are known as well.
    """
    yield from resource_forms.problems("resource-unknown-key")


@rule("RES102", bad=edited(APP_CONFIG, (_RELATIONS, _RELATIONS.replace("relations", "relation"))))
def resource_misspelled_key(resource_forms: ResourceForms) -> Problems:
    """No key of a resource file is nearly a known one.

    A key with a slip in it is ignored, and what it says does not happen.
    """
    yield from resource_forms.problems("resource-misspelled-key")


@rule("RES103", bad=edited(APP_CONFIG, (_RELATIONS, _RELATIONS.replace("          ", "        ", 1))))
def resource_misplaced_key(resource_forms: ResourceForms) -> Problems:
    """Every key of a resource file stands where it is read.

    The usual slip is the indentation: what stands beside `mappings` and not below it is ignored.
    """
    yield from resource_forms.problems("resource-misplaced-key")


@rule("RES104", bad=edited(BLUEPRINTS, ('"many": false', '"many": "false"')))
def resource_wrong_type(resource_forms: ResourceForms) -> Problems:
    """Every value of a resource file has the type that Ocean and Port expect.

    The usual slips are quotes around true and false, and a jq expression that YAML reads
    as a number.
    """
    yield from resource_forms.problems("resource-wrong-type")


@rule(
    "RES105",
    bad=edited(
        BLUEPRINTS, ('"Assignee",\n          "type": "string"', '"Assignee",\n          "type": "text"')
    ),
)
def resource_unknown_value(resource_forms: ResourceForms) -> Problems:
    """A value that Port chooses from a list is in that list.

    These are the types and formats of properties and the colours; Port refuses a blueprint
    with another one. "markdown", "url" and "user" are formats of the type string.
    """
    yield from resource_forms.problems("resource-unknown-value")


@rule(
    "RES106",
    bad=edited(
        APP_CONFIG,
        ("deleteDependentEntities: true", "deleteDependentEntities: true\nentityDeletionThreshold: 90"),
    ),
)
def resource_malformed_value(resource_forms: ResourceForms) -> Problems:
    """Identifiers, expressions and numbers of a resource file have the form that is read.

    Port takes only letters, digits and a few signs in an identifier; an empty expression
    maps nothing; `entityDeletionThreshold` is a share from 0 to 1.
    """
    yield from resource_forms.problems("resource-malformed-value")
