"""The configurations that the spec declares, against those that the code reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.names import decamelize
from seatrial.core.suggest import nearest
from seatrial.validate.facts.code import Code, Read
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.kinds import meant
from seatrial.validate.facts.spec import Spec

FRAMEWORK_READ = frozenset({"app_host"})
"""The configurations that Ocean reads itself."""


@dataclass(frozen=True)
class ConfigurationUse:
    """A spec all of whose configurations have a name, and the code beside it."""

    spec: Spec
    code: Code

    @classmethod
    def of(cls, spec: Spec | None, code: Code | None) -> ConfigurationUse | None:
        """None where either cannot be read, or a configuration has no name."""
        if spec is None or code is None:
            return None
        stated = spec.root.value.get("configurations")
        whole = isinstance(stated, list) and len(stated) == len(spec.configurations)
        return cls(spec, code) if whole else None

    @cached_property
    def declared(self) -> Mapping[str, Item]:
        """The configurations by the key under which the code reads them."""
        return {decamelize(item.text("name")): item for item in self.spec.configurations}

    def undeclared(self) -> Iterator[tuple[Read, Sequence[str]]]:
        """The first read of each key that is not declared, and the other files that read it."""
        for key, reads in self._undeclared.items():
            if decamelize(key) not in self.declared:
                first = min(reads, key=lambda read: read.forgiving)
                yield first, sorted({read.where.path for read in reads} - {first.where.path})

    def miscased(self) -> Iterator[tuple[Read, str]]:
        """Each read by a name that is not in snake case, and the key it should be."""
        for key, reads in self._undeclared.items():
            if decamelize(key) in self.declared:
                yield from ((read, decamelize(key)) for read in reads)

    @cached_property
    def _undeclared(self) -> Mapping[str, Sequence[Read]]:
        found: dict[str, list[Read]] = {}
        for read in self.code.configuration_reads.told:
            if read.key not in self.declared:
                found.setdefault(read.key, []).append(read)
        return found

    def meant(self, key: str) -> str | None:
        """The declared configuration that an undeclared key probably means."""
        return meant(key, self.declared) or nearest(key, self.declared)

    def unused(self) -> Iterator[tuple[Item, str]]:
        """The declared configurations which nothing uses, with their key in the code."""
        if not self.code.configuration_reads.whole:
            return
        used = FRAMEWORK_READ | {decamelize(name) for name in self._depended_on()}
        used |= {self.meant(key) or "" for key in self._undeclared}
        for key, item in self.declared.items():
            forms = (key, item.text("name"), key.upper())
            if key not in used and not any(map(self.code.mentions, forms)):
                yield item, key

    def _depended_on(self) -> Iterator[str]:
        for item in self.spec.configurations:
            yield from (dependency.text("on") for dependency in item.items("dependencies"))
