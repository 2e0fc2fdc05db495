"""Family SPC, the form: `.port/spec.yaml` can be read, is whole, and has the grammar Port and Ocean read."""

from __future__ import annotations

from dataclasses import replace

from seatrial.documents.document import Document, FaultKind
from seatrial.model import Fix, MemoryFolder, Problem, Profile
from seatrial.naming import shown
from seatrial.rules.rule import GUIDE, OCEAN, OFF, WARNING, Edited, Problems, rule
from seatrial.subjects.conformity import Conformity
from seatrial.subjects.spec import Peers, Spec
from seatrial.version import Version

SPEC = ".port/spec.yaml"


def edited(old: str, new: str) -> Edited:
    """The edit of the template's spec that turns one text into another."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.edited(SPEC, old, new)

    return edit


@rule("SPC001", bad=edited("icon: Microservice", 'icon: "Microservice'))
def unreadable_spec(spec_document: Document) -> Problems:
    """The spec can be read as YAML or JSON.

    Port shows nothing and Ocean starts nothing without it.
    """
    for fault in spec_document.faults:
        if fault.kind is not FaultKind.DUPLICATE_KEY:
            yield Problem(spec_document.where(fault), fault.message, Fix("mend the text at this place"))


@rule("SPC002", bad=edited("icon: Microservice", "icon: Microservice\nicon: Service"))
def duplicate_key(spec_document: Document) -> Problems:
    """No key of the spec is given twice.

    Only the last one counts, and some readers refuse the whole file.
    """
    for fault in spec_document.faults:
        if fault.kind is FaultKind.DUPLICATE_KEY:
            yield Problem(
                spec_document.where(fault), fault.message, Fix("keep one of them and delete the other")
            )


@rule("SPC003", bad=edited("icon: Microservice\n", ""))
def missing_key(spec_form: Conformity) -> Problems:
    """The spec and each item in it have the keys that Port and Ocean need.

    Port cannot show an integration without description and icon, nor a form without the
    type of a configuration; Ocean stops at a configuration without name or type.
    """
    yield from spec_form.problems("missing-key")


@rule("SPC004", bad=edited("title: Good Service\n", ""))
def missing_title(spec_form: Conformity, spec: Spec, peers: Peers, profile: Profile) -> Problems:
    """The spec has a title.

    It is the name people see in the list of data sources. Specs have had one since the end
    of 2024: where no other integration of the workspace has one either, it is a warning in
    profile guide and right in Ocean's own repository; in the form of 2023 it is a warning.
    """
    for problem in spec_form.problems("missing-title"):
        untitled = bool(peers.specs) and not peers.texts("title")
        if untitled and profile is OCEAN:
            return
        yield replace(problem, severity=WARNING) if untitled or spec.is_of_2023 else problem


@rule("SPC005", by_profile={OCEAN: OFF}, bad=edited("version: 0.1.0\n", ""))
def missing_version(spec_form: Conformity) -> Problems:
    """The spec states the version.

    A raised version in the spec is what triggers a release.
    """
    yield from spec_form.problems("missing-version")


@rule("SPC006", by_profile={OCEAN: OFF}, bad=edited("type: good-service\n", ""))
def missing_type(spec_form: Conformity) -> Problems:
    """The spec states the type.

    The type names the image, and is how Port finds the integration.
    """
    yield from spec_form.problems("missing-type")


@rule("SPC007", severity=WARNING, bad=edited("    required: false\n", ""))
def configuration_without_required(spec_form: Conformity) -> Problems:
    """Each configuration says whether it is required.

    Ocean takes it for optional; the reader of the spec and the form have to guess.
    """
    yield from spec_form.problems("configuration-without-required")


@rule("SPC008", severity=WARNING, bad=edited("    description: How many objects one request asks for\n", ""))
def configuration_without_description(spec_form: Conformity) -> Problems:
    """Each configuration has a description.

    It is the only help that people have in the form when they install the integration.
    """
    yield from spec_form.problems("configuration-without-description")


@rule("SPC009", bad=edited("saas:\n  enabled: false", "saas:\n  liveEvents:\n    enabled: false"))
def saas_without_enabled(spec_form: Conformity, spec: Spec) -> Problems:
    """A `saas` section says whether it is enabled.

    Ocean reads `saas.enabled` without asking whether it is there, and does not start.
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
    """A list of resources has items.

    Port shows the kinds to choose from. An integration whose kinds are not known beforehand
    leaves the list out.
    """
    for feature in spec.features:
        if feature.value.get("resources") == []:
            where = spec.document.key(*feature.way("resources"))
            fix = Fix('list each kind as "- kind: ...", or delete the key')
            yield Problem(where, "the list of resources is empty", fix)


@rule(
    "SPC011",
    severity=OFF,
    bad=edited("docs: https://docs.port.io/build-your-software-catalog\n", ""),
)
def missing_docs(spec: Spec) -> Problems:
    """The spec has a link to the documentation.

    Port offers it beside the integration. Many have none, so this is for those who switch it on.
    """
    if "docs" not in spec.root.value:
        fix = Fix('add "docs" to the spec, such as https://docs.port.io/...')
        yield Problem(spec.document.at(), 'the spec has no "docs"', fix)


@rule("SPC101", severity=WARNING, bad=edited("icon: Microservice", "icon: Microservice\nmaintainer: jane"))
def unknown_key(spec_form: Conformity) -> Problems:
    """Every key of the spec is one that Port or Ocean reads.

    Others are ignored without a word. New ones come up, so a key that is nothing like a
    known one is only a warning.
    """
    yield from spec_form.problems("unknown-key")


@rule("SPC102", bad=edited("    required: false", "    require: false"))
def misspelled_key(spec_form: Conformity) -> Problems:
    """No key of the spec is nearly a known one.

    A key with a slip in it is ignored, and what it says does not happen.
    """
    yield from spec_form.problems("misspelled-key")


@rule(
    "SPC103", bad=edited("saas:\n  enabled: false", "saas:\n  enabled: false\nliveEvents:\n  enabled: false")
)
def misplaced_key(spec_form: Conformity) -> Problems:
    """Every key of the spec stands where it is read.

    A key that belongs in another section is ignored, and what it says does not happen.
    """
    yield from spec_form.problems("misplaced-key")


@rule("SPC104", bad=edited("    required: false", '    required: "no"'))
def wrong_type(spec_form: Conformity) -> Problems:
    """Every value of the spec has the type that Port and Ocean expect.

    The usual slips are quotes around true and false, and a version without quotes.
    """
    yield from spec_form.problems("wrong-type")


@rule("SPC105", bad=edited("    type: integer", "    type: number"))
def unknown_value(spec_form: Conformity) -> Problems:
    """A value that Port or Ocean chooses from a list is in that list.

    Ocean does not start with a configuration of another type than string, url, boolean,
    integer, object and array.
    """
    yield from spec_form.problems("unknown-value")


@rule("SPC106", bad=edited("docs: https://docs.port.io", "docs: docs.port.io"))
def malformed_value(spec_form: Conformity) -> Problems:
    """Texts of the spec are not blank, names have no blanks around them, links are links.

    Blanks around a name make it another name, and nobody sees why.
    """
    yield from spec_form.problems("malformed-value")


@rule("SPC107", bad=edited("version: 0.1.0", "version: 0.1.0-rc1"))
def malformed_version(spec: Spec) -> Problems:
    """A version in the spec has the form X.Y.Z, or X.Y.Z-beta, -dev or -post1.

    The release job accepts no other; a leading v is understood.
    """
    version = spec.root.text("version")
    if version and not is_version(version):
        message = f'"version" is "{shown(version)}", not a version such as 1.2.3 or 1.2.3-beta'
        yield Problem(spec.document.at("version"), message, Fix("write the version as X.Y.Z"))


def is_version(text: str) -> bool:
    """Whether this is a version, with or without a leading v."""
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
def legacy_key(spec: Spec, peers: Peers) -> Problems:
    """In Ocean's own repository the spec states neither version nor type.

    The release job writes both over from pyproject.toml. It is no finding where most other
    integrations of the workspace still state the key. In other repositories both are
    required, so there this is for those who switch it on.
    """
    for key in (key for key in LEGACY if key in spec.root.value):
        without = [other for other in peers.specs if key not in other.root.value]
        if 2 * len(without) < len(peers.specs):
            continue
        evidence = (
            f"{len(without)} of the {len(peers.specs)} other integrations do without" if without else ""
        )
        yield Problem(
            spec.document.key(key),
            f'"{key}" has had its day: {LEGACY[key]}',
            Fix(f'delete the line "{key}"'),
            evidence,
        )
