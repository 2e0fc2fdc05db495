"""Family EXA, the files of examples: what they hold, what is published with them, and which kind each is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seatrial.core.model import Fix, Integration, Location, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import ADVICE, INFO, WARNING, Edited, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.documents.document import Document, FaultKind
from seatrial.preview.cases import RECORDED, UPLOADED
from seatrial.preview.previews import Group, PreviewRow
from seatrial.preview.processor import ObjectVerdict
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.credentials import credential
from seatrial.validate.facts.leaks import addresses, secrets
from seatrial.validate.facts.raw_examples import Examples, Tried, is_mapped, same_kind
from seatrial.validate.facts.spec import Spec
from seatrial.validate.facts.tree import content, is_of_tests

EXAMPLE = f"{UPLOADED}task/a.json"

TASK = """{
  "id": 7,
  "title": "Mend the sail",
  "url": "https://good.example.com/tasks/7",
  "state": "open",
  "labels": ["urgent"],
  "assignee": {"email": "mate@example.com"},
  "due_at": "2026-03-01T00:00:00Z",
  "__parent": {"id": 3}
}
"""


def without_examples(folder: MemoryFolder) -> MemoryFolder:
    """Return the folder without the examples that it may have."""
    for path in folder.paths():
        if path.startswith((UPLOADED, RECORDED)):
            folder = folder.without(path)
    return folder


def with_task(*texts: str) -> Edited:
    """Return the edit that adds the only example of the kind task, in which each first of two texts is the second."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        added = without_examples(folder).having(EXAMPLE, TASK)
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            added = added.edited(EXAMPLE, old, new)
        return added

    return edit


@rule("EXA101", severity=WARNING, bad=lambda folder: folder.having(EXAMPLE, '"Mend the sail"\n'))
def unusable_example(examples: Examples) -> Problems:
    """A file of examples holds a raw object, or a list of them, and is not too large to be read.

    Port shows the examples beside the mapping, and each is tried as if the API had given it. Whether it is JSON at
    all is left to LAY113.
    """
    for path, document in examples.raw.items():
        for fault in document.faults:
            if fault.kind in (FaultKind.LIMIT, FaultKind.DUPLICATE_KEY):
                fix = Fix("keep one of them" if fault.kind is FaultKind.DUPLICATE_KEY else "make it smaller")
                yield Problem(document.where(fault), fault.message, fix)
        if path.startswith(UPLOADED) and path.endswith(".json") and not document.faults:
            yield from _without_object(document)


def _without_object(document: Document) -> Problems:
    value = document.value
    odd = [at for at, one in enumerate(value) if not isinstance(one, dict)] if isinstance(value, list) else []
    if not isinstance(value, dict | list) or odd or value == []:
        where = document.at(*odd[:1])
        fix = Fix("give the object as the API gives it, in { }")
        yield Problem(where, "this is neither a raw object nor a list of them", fix)


RANDOM = "q8Zr2LmX0vTn5KcW7yBd"


@rule(
    "EXA102",
    severity=WARNING,
    bad=with_task('"state": "open"', f'"state": "open",\n  "access_token": "{RANDOM}"'),
)
def secret_in_raw_example(integration: Integration, examples: Examples) -> Problems:
    """An example holds no secret.

    Examples are published with the spec, and are copied from what a real service answered. A value is reported
    where its name says that it is secret, and it looks random. What LAY119 recognises is left to it.
    """
    for path, document in examples.raw.items():
        found = secrets(document.value)
        if found and not credential(content(integration, path) or b"", is_of_tests(path)):
            for keys in found:
                message = f'the value of "{shown(str(keys[-1]))}" looks like a real secret'
                fix = Fix("write a placeholder, such as <token>, and revoke the secret")
                yield Problem(document.at(*keys), message, fix)


def any_secret(integration: Integration, examples: Examples) -> bool:
    """Return whether a value in some example looks like a secret, to this rule or to LAY119."""
    return any(
        secrets(document.value) or credential(content(integration, path) or b"", is_of_tests(path))
        for path, document in examples.raw.items()
    )


@rule(
    "EXA103",
    severity=ADVICE,
    bad=with_task('"assignee": {"email": "mate@example.com"}', '"assignee": {"email": "mate@shipyard.io"}'),
)
def address_in_example(examples: Examples) -> Problems:
    """The e-mail addresses in examples are of domains that are reserved for examples.

    Others may be those of people, and the file is published. `example.com` and all names under `.test`, `.example`,
    `.invalid` and `.localhost` are reserved.
    """
    for document in examples.raw.values():
        found = addresses(document.value)
        if found:
            keys, address = found[0]
            more = f", and {len(found) - 1} more here" if found[1:] else ""
            message = f'"{shown(address)}" may be somebody\'s address{more}'
            yield Problem(document.at(*keys), message, Fix("write an address at example.com"))


@rule("EXA201", severity=WARNING, bad=lambda folder: folder.having(f"{UPLOADED}tusk/a.json", TASK))
def example_of_unknown_kind(examples: Examples, app_config: AppConfig, spec: Spec, code: Code) -> Problems:
    """A folder below `.port/examples` has the name of a kind.

    The examples in any other are published, and belong to nothing. A kind is one of the mapping, of the spec or of
    the code; where the code takes any kind, nothing is reported.
    """
    if code.accepted_kinds is None and code.resynced_kinds is None:
        return
    kinds = {one.kind for one in app_config.resources} | {one.text("kind") for one in spec.resources}
    kinds |= code.named_kinds | (code.accepted_kinds or set()) | (code.resynced_kinds or set())
    for folder, paths in examples.folders.items():
        if folder not in examples.kinds and not same_kind(folder, kinds):
            near = nearest(folder, kinds)
            message = f'no kind is called "{shown(folder)}"{did_you_mean(near)}'
            fix = f'rename the folder to "{shown(near)}"' if near else "name the folder after its kind"
            yield Problem(Location(paths[0]), message, Fix(fix))


def _all_refused(tried: Tried) -> Iterator[tuple[str, list[int]]]:
    """Yield each file with the numbers of its objects that every resource of the kind refuses."""
    found: dict[str, list[int]] = {}
    for (path, number), fates in tried.fates.items():
        if all(row.mapped.verdict is ObjectVerdict.REFUSED for _, row in fates):
            found.setdefault(path, []).append(number)
    yield from found.items()


@rule(
    "EXA202",
    severity=INFO,
    bad=lambda folder: with_task()(folder).edited(
        ".port/resources/port-app-config.yaml",
        "query: 'true'\n      state: open",
        'query: .state != "open"\n      state: open',
    ),
)
def refused_example(tried: Tried) -> Problems:
    """An example is selected by a resource of its kind.

    Where every selector refuses it, no entity comes of it, and it shows nothing of the mapping.
    """
    for path, numbers in _all_refused(tried):
        if path.startswith(UPLOADED):
            queries = {group.kind for group, _ in tried.fates[path, numbers[0]]}
            message = (
                f"no selector of the kind {_quoted(sorted(queries))} is true for {_objects(path, numbers)}"
            )
            fix = Fix("give an example that is selected, or correct the selector")
            yield Problem(Location(path), message, fix)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{shown(name)}"' for name in names[:3])


def _objects(path: str, numbers: Sequence[int]) -> str:
    first = f"object {numbers[0] + 1} of this example" if numbers[0] else "this example"
    return f"{first}, and {len(numbers) - 1} more here" if numbers[1:] else first


@rule("EXA203", bad=with_task('"id": 7', '"number": 7', "title", "name"))
def example_without_entity(examples: Examples, tried: Tried) -> Problems:
    """An example that is selected makes an entity.

    Ocean passes over an object whose identifier is null or empty, and counts it as failed; a selector that gives
    neither true nor false fails. Of null, `tostring` makes the text "null", which identifies all such objects
    alike. In a mapping below `examples`, which is only shown, it is a warning.
    """
    for (path, _), fates in tried.fates.items():
        if any(is_mapped(row) and not _is_null_text(row) for _, row in fates):
            continue
        for group, row in fates:
            if _counts(row):
                yield replace(_entityless(tried, group, row, path), rests_on=examples.resource(group))
                break


def _counts(row: PreviewRow) -> bool:
    """Return whether a failure is one of the mapping: an object without a list of items is none, nor is a limit."""
    if is_mapped(row):
        return _is_null_text(row)
    is_other = row.mapped.reason == "it is not an object" or "list" in row.mapped.reason
    return row.mapped.verdict is not ObjectVerdict.REFUSED and not is_other and not row.ended


def _is_null_text(row: PreviewRow) -> bool:
    """Return whether an identifier is the text that `tostring` makes of null."""
    return (row.mapped.entity or {}).get("identifier") == "null"


def _entityless(tried: Tried, group: Group, row: PreviewRow, path: str) -> Problem:
    value = next((one for one in row.mapped.values if one.where == "identifier"), None)
    is_why = value and (value.is_null or is_mapped(row))
    why = row.why(value) if value and is_why else ""
    message = f'no entity of the kind "{shown(group.kind)}" is made of it: {shown(row.mapped.reason, 120)}'
    if is_mapped(row):
        message = f'its entity of the kind "{shown(group.kind)}" is identified by the text "null"'
    is_shipped = tried.is_installed(group) and path.startswith(UPLOADED)
    return Problem(
        Location(path),
        f"{message} ({shown(why, 120)})" if why else message,
        Fix("correct the example, or what the mapping reads"),
        severity=None if is_shipped and "__" not in why else WARNING,
    )
