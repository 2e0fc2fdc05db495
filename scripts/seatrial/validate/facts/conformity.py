"""How a document conforms to the schema of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatrial import schemas
from seatrial.core.model import Edit, Fix, Problem
from seatrial.documents.document import Document


@dataclass(frozen=True)
class Conformity:
    """A document held against its schema; each violation belongs to the rule its schema names."""

    document: Document
    violations: tuple[schemas.Violation, ...]

    @classmethod
    def of(cls, document: Document | None, schema: str) -> Conformity | None:
        """None where there is no readable document."""
        if document is None or not document.readable:
            return None
        return cls(document, schemas.violations(schema, document.value))

    @classmethod
    def below(cls, document: Document | None, keys: tuple[str, ...], schema: str) -> Conformity | None:
        """A part of a document held against a schema; None where there is no such part."""
        part = document.value if document and document.readable else None
        for key in keys:
            part = part.get(key) if isinstance(part, dict) else None
        if document is None or part is None:
            return None
        found = schemas.violations(schema, part)
        return cls(document, tuple(replace(one, keys=(*keys, *one.keys)) for one in found))

    def problems(self, rule: str) -> Iterator[Problem]:
        """The violations of one rule, by its name, as problems."""
        for violation in self.violations:
            if violation.rule == rule:
                yield self._problem(violation)

    def _problem(self, violation: schemas.Violation) -> Problem:
        place = self.document.key if violation.at_key else self.document.at
        where = place(*violation.keys)
        if violation.repair is None:
            return Problem(where, violation.message)
        repair = violation.repair
        edit = Edit(where, repair.old, repair.new) if repair.old else None
        return Problem(where, violation.message, Fix(repair.title, edit))
