"""Advice of several families that the quality scale asks for: examples, tests, descriptions, the framework's age."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.core.framework import Framework, dotted, minor_lag
from seatrial.core.model import Fix, Location, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import ADVICE, Problems, rule
from seatrial.documents.document import Document
from seatrial.preview.cases import UPLOADED
from seatrial.validate.facts.coverage import Coverage
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.package_metadata import Package
from seatrial.validate.facts.spec import Spec
from seatrial.validate.rules.shared import replaced

MOST_BEHIND = 3
"""The minor versions by which a framework may be older than the newest one in use."""

SHORT, LONG = 20, 100
"""The fewest and the most characters of an integration's description; those of Ocean's have 30 to 92."""

LONGEST_HINT = 500
"""The most characters of a configuration's description; of Ocean's 300, two are longer."""


def _without_first_example(folder: MemoryFolder) -> MemoryFolder:
    path = next(path for path in folder.paths() if path.startswith(UPLOADED))
    kind = path.removeprefix(UPLOADED).partition("/")[0]
    for one in folder.paths():
        if f"examples/{kind}/" in one:
            folder = folder.without(one)
    return folder


def _without_recordings(folder: MemoryFolder) -> MemoryFolder:
    return folder.without("examples")


def _without_kinds_in_tests(folder: MemoryFolder) -> MemoryFolder:
    for path in folder.paths():
        if path.startswith("tests/") and path != "tests/__init__.py":
            folder = folder.without(path)
    return folder.having("tests/test_sums.py", "def test_sums() -> None:\n    assert 1 + 1 == 2\n")


@rule("EXA220", severity=ADVICE, bad=_without_first_example)
def kind_without_example(coverage: Coverage) -> Problems:
    """There is an example of each kind.

    With one, Seatrial maps the kind whenever the mapping changes, and a reader sees what the service really gives.
    An integration without any example is told so once.
    """
    lacking = coverage.without_example
    if lacking and len(lacking) == len(coverage.stated):
        fix = Fix(f"save an object that the service gave as {UPLOADED}KIND/NAME.json, without what is secret")
        yield Problem(Location(UPLOADED.rstrip("/")), "no kind has an example", fix)
        return
    for one in lacking:
        fix = Fix(f"save an object of it as {UPLOADED}{shown(one.kind)}/NAME.json, without what is secret")
        yield Problem(one.where, f'there is no example of the kind "{shown(one.kind)}"', fix)


@rule("EXA221", severity=ADVICE, bad=_without_recordings)
def example_without_recorded_entity(coverage: Coverage) -> Problems:
    """Of each kind with examples, the entities of one are recorded.

    A recorded entity shows in a review what a change of the mapping does to the catalogue of users.
    """
    for one in coverage.without_recording:
        message = f'no entity of the kind "{shown(one.kind)}" is recorded'
        yield Problem(
            one.where, message, Fix("type `seatrial preview --record`, and look at what it records")
        )


@rule("TST140", severity=ADVICE, bad=_without_kinds_in_tests)
def kind_unnamed_in_tests(coverage: Coverage) -> Problems:
    """Each kind is named in some test.

    A name in any spelling counts, in the path of a test as well, and that of a constant which stands for the kind.
    A kind that no test names has been broken by changes that were tested. An integration without tests is told so by
    other rules.
    """
    for one in coverage.without_test:
        message = f'no test names the kind "{shown(one.kind)}"'
        yield Problem(one.where, message, Fix("add a test of what is exported for it"))


@rule(
    "SPC160",
    severity=ADVICE,
    bad=replaced(
        ".port/spec.yaml",
        "description: A token that may read each project and its tasks",
        "description: Token",
    ),
)
def description_of_odd_length(spec: Spec) -> Problems:
    """A description has at least 20 characters, that of the integration at most 100, of a configuration 500.

    A word or two say no more than the name does, and half a page beside a field of a form is not read.
    """
    yield from _lengths(spec.document, spec.root, LONG)
    for one in spec.configurations:
        yield from _lengths(spec.document, one, LONGEST_HINT)


def _lengths(document: Document, item: Item, most: int) -> Iterator[Problem]:
    count = len(" ".join(item.text("description").split()))
    if not count or SHORT <= count <= most:
        return
    where = document.at(*item.way("description"))
    if count < SHORT:
        fix = Fix("say what it is for, or where to find it")
        yield Problem(where, f"the description has {count} characters, fewer than {SHORT}", fix)
    else:
        yield Problem(
            where, f"the description has {count} characters, more than {most}", Fix("say it shorter")
        )


def _newer_core(folder: MemoryFolder) -> MemoryFolder:
    lock = folder.edited("poetry.lock", 'version = "0.48.12"', 'version = "0.52.0"')
    return replaced("pyproject.toml", 'name = "good-service"', 'name = "newer"', '"^0.48.12"', '"^0.52.0"')(
        lock
    )


@rule("PKG150", severity=ADVICE, bad=lambda folder: folder, siblings={"newer": _newer_core})
def core_behind(package: Package, framework: Framework, newest_core: tuple[int, ...]) -> Problems:
    """The framework is at most 3 minor versions older than the newest one in use.

    The newest one in use is that of another integration of the repository, or the one that `seatrial.toml` states as
    `core` below `[quality]`. The further an integration falls behind, the more has to be tested at once.
    """
    if package.core and minor_lag(newest_core, framework.release) > MOST_BEHIND:
        yield Problem(
            where=package.document.at(*package.core.keys),
            message=f"{framework} is more than {MOST_BEHIND} minor versions older than the newest one in use",
            fix=Fix(
                "raise the constraint, type `poetry update port-ocean` in this folder, and run the tests"
            ),
            evidence=f"that is {dotted(newest_core)}",
        )
