"""Documents compared with the schema of their kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from seatrial import schemas
from seatrial.core.framework import Framework
from seatrial.core.model import Edit, Fix, Problem
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import value_at

RESOURCE_STEMS = ("blueprints", "port-app-config", "scorecards", "pages", "actions")
"""The resource files that Ocean loads; each has a schema of this name."""


@dataclass(frozen=True)
class Conformity:
    """A document and its violations of a schema; each violation belongs to the rule that its schema names."""

    document: Document
    violations: tuple[schemas.Violation, ...]

    @classmethod
    def of(
        cls, document: Document | None, schema: str, framework: Framework | None = None
    ) -> Conformity | None:
        """The conformity in a version of the framework; None where there is no readable document."""
        if document is None or not document.readable:
            return None
        return cls(document, schemas.violations(schema, document.value, framework))

    @classmethod
    def below(cls, document: Document | None, keys: tuple[str, ...], schema: str) -> Conformity | None:
        """The conformity of a part of a document; None where there is no such part."""
        part = value_at(document.value, *keys) if document and document.readable else None
        if document is None or part is None:
            return None
        found = schemas.violations(schema, part)
        return cls(document, tuple(replace(one, keys=(*keys, *one.keys)) for one in found))

    def problems(self, rule: str) -> Iterator[Problem]:
        """The violations of one rule, by its name, as problems."""
        return (self.problem(one) for one in self.violations if one.rule == rule)

    def problem(self, violation: schemas.Violation) -> Problem:
        """One of the violations as a problem."""
        place = self.document.key if violation.at_key else self.document.at
        where, repair = place(*violation.keys), violation.repair
        if repair is None:
            return Problem(where, violation.message)
        edit = Edit(where, repair.old, repair.new) if repair.old else None
        return Problem(where, violation.message, Fix(repair.title, edit, repair.guessed))


@dataclass(frozen=True)
class ResourceForms:
    """The conformity of each readable resource file."""

    all: tuple[Conformity, ...]

    @classmethod
    def of(
        cls,
        documents: Mapping[str, Document],
        is_declared: Callable[[str], bool | None],
        framework: Framework | None = None,
        misspelled: Callable[[], Collection[Keys]] = tuple,
    ) -> ResourceForms:
        """Compare the documents, given by their stems, with the schemas.

        A key at the top of the port-app-config is right where the code declares it. Where `is_declared`
        cannot tell (None), it is right unless it is nearly a known one. `misspelled` gives the objects whose missing
        key is there under another name, which another rule reports.
        """

        def may_be_declared(one: schemas.Violation) -> bool:
            if one.rule == "resource-missing-key":
                return one.keys[-1:] == ("selector",) and one.keys in misspelled()
            if not one.at_key or len(one.keys) != 1 or not isinstance(one.keys[0], str):
                return False
            declared = is_declared(one.keys[0])
            return one.rule == "resource-unknown-key" if declared is None else declared

        compared = (Conformity.of(document, stem, framework) for stem, document in documents.items())
        forms = [form for form in compared if form]
        return cls(
            tuple(
                replace(form, violations=tuple(one for one in form.violations if not may_be_declared(one)))
                for form in forms
            )
        )

    def problems(self, rule: str) -> Iterator[Problem]:
        """The violations of one rule, by its name, as problems."""
        for form in self.all:
            yield from form.problems(rule)
