"""Advice about kinds that do not agree: renaming at the likelier side, tried in memory before it is given.

A kind stands in four places: the spec, the port-app-config, a resource class, a registration with `on_resync`. What
most of them say is probably right. A rename is proposed only where it removes a disagreement and makes no other.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from seatrial.core.model import Edit, Fix, Location, Problem
from seatrial.core.names import shown
from seatrial.core.suggest import did_you_mean
from seatrial.validate.facts.code import Kinds, StatedKind, probable
from seatrial.validate.facts.tree import Tree

EXAMPLES = ".port/examples"


class KindPlace(enum.Enum):
    """Where a kind is named."""

    SPEC = "spec"
    MAPPING = "mapping"
    CLASS = "class"
    RESYNC = "resync"


_STATED = (KindPlace.SPEC, KindPlace.MAPPING)
_CODED = (KindPlace.CLASS, KindPlace.RESYNC)


@dataclass(frozen=True)
class Use:
    """A kind in one of the places; `where` is None where its text could not be found."""

    place: KindPlace
    kind: str
    where: Location | None
    owner: str = ""


@dataclass(frozen=True)
class Rename:
    """The change of a kind's name in some places; `is_guess` where the two names are not alike."""

    old: str
    new: str
    uses: tuple[Use, ...]
    is_guess: bool = False

    @property
    def is_in_code(self) -> bool:
        """Whether the code is to be changed."""
        return self.uses[0].place in _CODED

    @property
    def places(self) -> list[Location]:
        """The places of the text to change, each once."""
        return sorted({use.where for use in self.uses if use.where})

    def said(self, here: Location) -> str:
        """Return it as an instruction, for a finding at a place."""
        others = [f"{at.path}, line {at.line}" for at in self.places if at != here]
        places = ["here", *others] if here in self.places and others else others
        where = f" {'in ' if places[0] != 'here' else ''}{' and in '.join(places)}" if places else ""
        owner = next((use.owner for use in self.uses if use.owner), "")
        whose = f", the kind of {shown(owner)}," if owner else ""
        return f'change "{shown(self.old)}"{whose} to "{shown(self.new)}"{where}'


@dataclass(frozen=True)
class KindMap:
    """Every use of every kind; `closed` are the places in the code of which all kinds are known."""

    uses: tuple[Use, ...]
    closed: frozenset[KindPlace]
    examples: frozenset[str]

    @classmethod
    def of(cls, kinds: Kinds, tree: Tree) -> KindMap:
        """Return the kinds of an integration."""
        found = [Use(KindPlace.SPEC, one.kind, one.where) for one in kinds.listed]
        found += [Use(KindPlace.MAPPING, one.kind, one.where) for one in kinds.mapped]
        for one in kinds.code.kind_uses if kinds.code else ():
            found.append(
                Use(KindPlace.CLASS if one.owner else KindPlace.RESYNC, one.kind, one.where, one.owner)
            )
        known = {KindPlace.CLASS: kinds.accepted(), KindPlace.RESYNC: kinds.resynced()}
        placed = {(use.place, use.kind) for use in found}
        for place, names in known.items():
            found += [Use(place, name, None) for name in sorted(names or ()) if (place, name) not in placed]
        closed = frozenset(place for place, names in known.items() if names is not None)
        return cls(tuple(found), closed, frozenset(tree.within(EXAMPLES)))

    def at(self, *places: KindPlace) -> frozenset[str]:
        """Return the kinds that are named in one of these places."""
        return frozenset().union(*(self._kinds.get(place, frozenset()) for place in places))

    @cached_property
    def _kinds(self) -> dict[KindPlace, frozenset[str]]:
        found: dict[KindPlace, set[str]] = {}
        for use in self.uses:
            found.setdefault(use.place, set()).add(use.kind)
        return {place: frozenset(kinds) for place, kinds in found.items()}

    def renamed(self, rename: Rename) -> KindMap:
        """Return what there is after a change; a text that serves several places changes in all of them."""
        changed = set(rename.places)
        uses = (replace(use, kind=rename.new) if use.where in changed else use for use in self.uses)
        return replace(self, uses=tuple(uses))

    @cached_property
    def faults(self) -> frozenset[tuple[str, str]]:
        """The disagreements, each with the kind that it is about."""
        found: set[tuple[str, str]] = set()
        listed = self.at(KindPlace.SPEC)
        coded = [(one.value, self.at(one)) for one in _CODED if one in self.closed]
        for place in _STATED:
            for kind in self.at(place):
                lacking = next((name for name, kinds in coded if kind not in kinds), None)
                if lacking:
                    found.add((f"{place.value} without {lacking}", kind))
        found |= {("not listed", kind) for kind in self.at(KindPlace.MAPPING) - listed if listed}
        counts = Counter(
            (use.place, use.kind) for use in self.uses if use.place in (KindPlace.SPEC, KindPlace.CLASS)
        )
        return frozenset(
            found | {(f"twice in {place.value}", kind) for (place, kind), n in counts.items() if n > 1}
        )

    def renames(self, kind: str) -> list[Rename]:
        """Return the likeliest changes after which a kind of the spec or the mapping agrees with the code.

        Several are equally likely, of which the first changes the spec and the mapping.
        """
        tried = [one for one in self._candidates(kind) if one.uses and self._helps(one, kind)]
        costs = {one: self._cost(one) for one in tried}
        return [one for one in costs if costs[one] == min(costs.values())]

    def _candidates(self, kind: str) -> Iterator[Rename]:
        coded = self.at(*_CODED)
        free = coded - self.at(*_STATED)
        right, wrong = probable(kind, coded - {kind}), probable(kind, free)
        yield from self._between(kind, right, wrong, is_guess=False)
        if not right and not wrong and self._is_alone(kind):
            here = {use.place for use in self.uses if use.kind == kind}
            unused = coded - {use.kind for use in self.uses if use.place in here}
            right = min(unused) if len(unused) == 1 else None
            yield from self._between(kind, right, min(free) if len(free) == 1 else None, is_guess=True)

    def _between(self, kind: str, right: str | None, wrong: str | None, is_guess: bool) -> Iterator[Rename]:
        """Yield the change of a kind to one of the code, and of one of the code to this kind."""
        here = tuple(use for use in self.uses if use.place in _STATED and use.kind == kind)
        there = tuple(use for use in self.uses if use.place in _CODED and use.kind == wrong)
        if right:
            yield Rename(kind, right, here, is_guess)
        if wrong:
            yield Rename(wrong, kind, there, is_guess)

    def _is_alone(self, kind: str) -> bool:
        """Whether no other kind is missing in the code."""
        return all(name == kind for fault, name in self.faults if "without" in fault)

    def _helps(self, rename: Rename, kind: str) -> bool:
        after = self.renamed(rename).faults
        is_gone = not any(name == kind for _, name in after) or rename.old == kind
        return all(use.where for use in rename.uses) and is_gone and after < self.faults

    def _cost(self, rename: Rename) -> int:
        return len({use.place for use in rename.uses}) - (rename.new in self.examples)


def disagreement(known: KindMap, one: StatedKind, message: str, otherwise: str) -> Problem:
    """Return the problem of a kind that the code lacks, at the likelier side, with the change that mends it.

    `otherwise` is the advice where no change of a name would do.
    """
    renames = known.renames(one.kind)
    if not renames:
        return Problem(one.where, message, Fix(otherwise))
    first = renames[0]
    if first.is_guess:
        guesses = ", or ".join(rename.said(one.where) for rename in renames)
        return Problem(one.where, message, Fix(f"{otherwise}; if it was renamed, {guesses}"))
    if first.is_in_code:
        there = first.places[0]
        other = "but one accepts" if first.uses[0].place is KindPlace.CLASS else "but for"
        return Problem(there, f'{message}, {other} "{shown(first.old)}"', Fix(first.said(there)))
    edit = Edit(one.where, first.old, first.new) if first.places == [one.where] else None
    fix = Fix(", or ".join(rename.said(one.where) for rename in renames), edit, guessed=True)
    return Problem(one.where, message + did_you_mean(shown(first.new)), fix)
