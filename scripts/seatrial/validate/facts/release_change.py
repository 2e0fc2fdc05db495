"""The release of an integration: its intents below `.ocean-release`, and its changes since another revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol

from seatrial.core.days import day_of
from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.model import Integration, Profile
from seatrial.core.printable import one_line
from seatrial.core.settings import BotRule
from seatrial.core.suggest import nearest
from seatrial.core.version import BUMPS, Version
from seatrial.dependencies.constraints import floor
from seatrial.documents import holds, intents
from seatrial.documents.document import Document, Fault, FaultKind
from seatrial.documents.group_intents import GroupIntent
from seatrial.documents.integration import read_document
from seatrial.documents.intents import BUMP, CHANGELOG, OTHER_TYPE, TYPE
from seatrial.validate.facts.contract import (
    Contract,
    ContractChange,
    Selectors,
    differences,
    removed_selectors,
)
from seatrial.validate.facts.package_metadata import FRAGMENT_TYPES, Package
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS, Suppressions
from seatrial.validate.facts.tree import Tree

INTENTS = ".ocean-release"
"""The folder of an integration that holds its intents, at any depth."""

SUFFIXES = (".yaml", ".yml")

TYPES = FRAGMENT_TYPES
"""The values that a `changelog-type` may have."""

SYNONYMS = {
    "fix": "bugfix", "feat": "feature", "documentation": "doc", "enhancement": "improvement", "chore": "improvement",
}  # fmt: skip


@dataclass(frozen=True)
class Intent:
    """An intent file: a bump, a type of change and its text, each empty where the file has none."""

    document: Document

    @property
    def path(self) -> str:
        """Its path in the integration."""
        return self.document.path

    @property
    def bump(self) -> str:
        """The part of the version to raise, in lower case, known or not."""
        return self.stated(BUMP).lower()

    @property
    def type_key(self) -> str:
        """The key that holds the type."""
        value = self.document.value or {}
        return OTHER_TYPE if TYPE not in value and OTHER_TYPE in value else TYPE

    @property
    def type(self) -> str:
        """The type of the change, in lower case, known or not."""
        return self.stated(self.type_key).lower()

    @property
    def text(self) -> str:
        """The text for the changelog, which may have several lines."""
        return self.stated(CHANGELOG).strip()

    def stated(self, key: str) -> str:
        """The text at a key, as written."""
        text: str = (self.document.value or {}).get(key, "")
        return text

    @property
    def is_whole(self) -> bool:
        """True where it can be applied."""
        return self.bump in BUMPS and self.type in TYPES and bool(self.text)


@dataclass(frozen=True)
class Intents:
    """The intents of an integration by path, and the other files in their folder."""

    all: tuple[Intent, ...]
    strays: tuple[str, ...]

    @classmethod
    def of(cls, integration: Integration, tree: Tree) -> Intents:
        """Read the intents; links that lead nowhere, or out of the workspace, are left to the layout rules."""
        below = sorted(path for path in tree.files if path.startswith(f"{INTENTS}/"))
        paths = [path for path in below if path.endswith(SUFFIXES)]
        documents = (read_document(integration, path, intents.load) for path in paths)
        strays = (path for path in below if _is_stray(path.rpartition("/")[2]))
        return cls(tuple(Intent(one) for one in documents if one), tuple(strays))

    @property
    def bump(self) -> str:
        """The highest bump of the intents; empty for none."""
        return max((one.bump for one in self.all if one.bump in BUMPS), key=BUMPS.index, default="")


def _is_stray(name: str) -> bool:
    return not name.endswith(SUFFIXES) and not name.lower().startswith((".", "readme"))


def meant_bump(word: str) -> str | None:
    """The bump that a wrong word probably means: its first word, or the nearest spelling."""
    first = word.lower().split()[:1]
    return first[0] if first and first[0] in BUMPS else nearest(word, BUMPS)


def meant_type(word: str) -> str | None:
    """The type that a wrong word probably means."""
    first = next(iter(word.lower().split()), "")
    known = first if first in TYPES else nearest(word.lower(), TYPES)
    return known or SYNONYMS.get(first)


@dataclass(frozen=True)
class ReleaseHold:
    """The hold of an integration, which is not released as long as the file is there, whatever is in it."""

    document: Document

    @classmethod
    def of(cls, integration: Integration) -> ReleaseHold | None:
        """Return the hold; None without one. Its name counts in capitals or small letters, and a link holds as well."""
        path = next((one for one in integration.paths() if one.upper() == holds.FILE.upper()), None)
        if path is None:
            return None
        try:
            return cls(holds.load(path, integration.read(path)))
        except Unreadable as reason:
            return cls(Document(path, faults=(Fault(FaultKind.UNREADABLE, str(reason)),)))

    @property
    def reason(self) -> str:
        """The reason; empty where none is stated."""
        return self._text(holds.REASON)

    @property
    def until(self) -> date | None:
        """The day up to which it was meant; None where no day is stated."""
        return day_of(self._text(holds.UNTIL))

    def words(self, today: date) -> str:
        """Return for people how long it holds and why, in a line."""
        end = f" until {self.until}" if self.until else ""
        over = ", which has passed" if self.until and self.until < today else ""
        return f"on hold{end}{over}: {one_line(self.reason, 200) or f'{self.document.path} does not say why'}"

    def _text(self, key: str) -> str:
        value = self.document.value
        stated = value.get(key) if isinstance(value, dict) else None
        return stated.strip() if isinstance(stated, str) else ""


MAX_BOT_TEXT = 300
"""Characters of a text for the changelog that is made of a bot's commit."""


@dataclass(frozen=True)
class BotChange:
    """What a commit of a bot brings by the rule for it: the name of the author, a bump, a type and a text."""

    author: str
    bump: str
    type: str
    text: str

    @classmethod
    def of(cls, name: str, email: str, subject: str, rules: Mapping[str, BotRule]) -> BotChange | None:
        """Return what the rule for the author of a commit says; None where there is none."""
        rule = rules.get(name.lower()) or rules.get(email.lower())
        if rule is None:
            return None
        text = one_line(rule.text.replace("{subject}", subject), MAX_BOT_TEXT).replace("<!--", "<! --")
        return cls(name, rule.bump, rule.type, text)


@dataclass(frozen=True)
class Fold:
    """New versions of the framework that an integration has and was not released for: the newest, since the first day.

    `bump`, `type` and `text` are what its next version takes from them.
    """

    framework: str
    since: date
    bump: str
    type: str
    text: str

    @classmethod
    def of(cls, groups: Sequence[GroupIntent], path: str, package: Package | None) -> Fold | None:
        """Return what group intents have folded of an integration; None where they have not, or it was raised since.

        A group intent does not count where the integration requires an older framework again. Raises
        ConfigurationError for a type of change that there is not.
        """
        if package is None or package.core is None:
            return None
        required = floor(package.core.constraint)
        held = [
            one for one in groups if one.holds(path, package.version) and required >= floor(one.framework)
        ]
        if not held:
            return None
        newest = max(held, key=lambda one: floor(one.framework))
        if newest.type not in TYPES:
            raise ConfigurationError(f'{newest.path}: "changelog-type" is none of {", ".join(sorted(TYPES))}')
        bump = max((one.bump for one in held), key=BUMPS.index)
        return cls(newest.framework, min(one.since for one in held), bump, newest.type, newest.text)

    @property
    def words(self) -> str:
        """What it is, for people, in a line."""
        return f"folded since {self.since}: port-ocean {self.framework}"


STRICT = "strict"
"""The setting in `seatrial.toml` by which the contract counts fully while the major version is 0."""


class BaseState(Protocol):
    """An integration at the revision; `Facts` of that state have all of this."""

    @property
    def integration(self) -> Integration:
        """Its folder."""

    @property
    def package(self) -> Package | None:
        """Its `pyproject.toml`; None where that cannot be read."""

    @property
    def contract(self) -> Contract:
        """Its contract with those who had installed it."""

    @property
    def selectors(self) -> Selectors:
        """The keys that its selectors might have."""

    @property
    def stated_suppressions(self) -> Suppressions | None:
        """The codes that it suppresses."""


@dataclass(frozen=True)
class Change:
    """The difference from the revision `since`, as typed: the changed `paths`, and the integration at the revision.

    `base` is None for an integration that did not exist there. `published` are versions with a git tag outside
    of the change, each with the commit of the tag. With `is_covered` the change also announces a release of the
    framework, which raises every integration that it touches. With `fold` it raises the framework, does nothing else,
    and a group intent says that no release is wanted for that. `by_rule` is what bots bring, where they alone made the
    change. `lifted` are the holds, by their paths from the root,
    that the change removes with the folder of an integration.
    """

    since: str
    paths: tuple[str, ...]
    base: BaseState | None
    published: Mapping[str, str] = field(default_factory=dict)
    is_covered: bool = False
    lifted: tuple[str, ...] = ()
    by_rule: tuple[BotChange, ...] = ()
    fold: Fold | None = None

    @property
    def is_new(self) -> bool:
        """True where the integration did not exist at the revision."""
        return self.base is None

    @cached_property
    def version(self) -> str:
        """The version at the revision; empty for none."""
        return self.base.package.version if self.base and self.base.package else ""

    def differences(self, contract: Contract, selectors: Selectors) -> Sequence[ContractChange]:
        """What changed for users, selectors where code changed; nothing for a new integration or a preview."""
        if self.base is None or self.is_preview:
            return []
        is_code = any(path.endswith(".py") for path in self.paths)
        removed = removed_selectors(self.base.selectors, selectors) if is_code else ()
        return [*differences(self.base.contract, contract), *removed]

    def shipped(self, profile: Profile) -> Sequence[str]:
        """The changed paths that a release would bring to users: all but documentation and intents.

        Tests, changelog fragments and exemptions do nothing in an image, but Ocean's own gate counts them. Source: the
        release validator in Ocean's repository, as of August 2026.
        """
        silent = () if profile is Profile.OCEAN else ("tests/", "changelog/", EXEMPTIONS)
        unshipped = (f"{INTENTS}/", *silent)
        return [path for path in self.paths if not path.endswith(".md") and not path.startswith(unshipped)]

    def announcing(self, intents: Intents, profile: Profile) -> Sequence[Intent]:
        """The intents that the change adds or modifies; for Ocean only added ones, since its release skips others."""
        known = self.base.integration.paths() if self.base and profile is Profile.OCEAN else ()
        return [one for one in intents.all if one.path in self.paths and one.path not in known]

    @property
    def bump_by_rule(self) -> str:
        """The highest bump of the rules for bots that made the change; empty for none."""
        return max((one.bump for one in self.by_rule), key=BUMPS.index, default="")

    def is_by_hand(self, version: str) -> bool:
        """True where the version differs from the one at the revision."""
        return bool(self.version) and bool(version) and version != self.version

    def move(self, version: str) -> str:
        """The part by which the version is raised; `fall` for a lower version, empty for a move that does not count."""
        before, after = _parsed(self.version), _parsed(version)
        if before is None or after is None:
            return ""
        if after < before:
            return "" if self.version.endswith("-dev") else "fall"
        raised = (
            part
            for part, old, new in zip(reversed(BUMPS), before.release, after.release, strict=True)
            if old != new
        )
        return next(raised, BUMPS[0])

    @property
    def is_preview(self) -> bool:
        """True where the version at the revision promised nothing yet: a development, preview or old-style version."""
        before = _parsed(self.version)
        return before is not None and (
            before.is_dotted or before < Version.parse(".".join(map(str, before.release)))
        )

    def least(self, found: Sequence[ContractChange], zero_versions: str) -> str:
        """The least bump for these differences: for none of them patch."""
        before, breaking = _parsed(self.version), any(one.breaking for one in found)
        if not found:
            return BUMPS[0]
        shift = before is not None and before.release[0] == 0 and zero_versions != STRICT
        return BUMPS[1 + breaking - shift]


def _parsed(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None
