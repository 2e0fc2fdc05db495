"""The state that a release is decided from: what the commit has, and what is published of it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.core.names import counted
from seatrial.release.plan.ports import Answer


@dataclass(frozen=True)
class Candidate:
    """An integration as the commit has it.

    `image` is its repository, `tree` git's id of its folder and `dockerfile` the path of the one its image
    is built by, empty where there is none. `intents` are the paths of those still to be applied. `links` are the
    paths of links in what is published. `fault` says why it cannot be released as it is, `on_hold` until when and why
    it is not to be released, `folded` since when it has which framework that no version was released for.
    """

    name: str
    path: str
    type: str
    version: str
    image: str = ""
    tree: str = ""
    dockerfile: str = ""
    intents: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    fault: str = ""
    on_hold: str = ""
    folded: str = ""


@dataclass(frozen=True)
class VersionStatus:
    """The published parts of a candidate's version, and the targets of its type's pointers.

    `image` is the answer for the version, `latest` that for the tag `latest`. `spec`, `receipt` and
    `yanked` are true if the store has that of this version, `type_spec` if it has one of the type. `is_lost` is true
    without a receipt if the image says that Seatrial published it, so that there was one.
    `recorded` is the digest in the receipt, empty where it was not read, as nothing is left to do.
    `git_tag` is the commit that the version's git tag marks, empty for none; `local_tag` that of the tag in this
    checkout, where tags are pushed. `is_tagged` says that versions get git tags, which in a rehearsal they do not.
    `latest_beta` is the beta that the image's tag `latest` must lead to, empty where that is what the index names.
    """

    image: Answer
    latest: Answer
    spec: bool = False
    receipt: bool = False
    is_lost: bool = False
    yanked: bool = False
    type_spec: bool = False
    git_tag: str = ""
    recorded: str = ""
    local_tag: str = ""
    is_tagged: bool = True
    latest_beta: str = ""


@dataclass(frozen=True)
class IndexSeen:
    """The index as it was read: the hash of its bytes, empty for none, and the version of each type."""

    sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """Everything that was read. `committed` is in seconds since 1970; `shared` is a hash of the files all images share.

    `statuses` has one for each candidate without fault, by the candidate's path.
    """

    commit: str
    committed: int
    shared: str
    index: IndexSeen
    candidates: tuple[Candidate, ...]
    statuses: Mapping[str, VersionStatus]


@dataclass(frozen=True)
class Tally:
    """The findings of one kind of check in one integration; `unjudged` says why part of it could not be checked."""

    errors: int = 0
    warnings: int = 0
    unjudged: str = ""

    @property
    def passed(self) -> bool:
        """True if all of it was checked, without errors."""
        return not self.errors and not self.unjudged

    def __str__(self) -> str:
        if self.unjudged:
            return f"not judged: {self.unjudged}"
        return "passed" if self.passed else counted(self.errors, "error")


@dataclass(frozen=True)
class Checks:
    """The results of validation and lint on an integration; `lint` is None where it was not run."""

    validate: Tally
    lint: Tally | None

    @property
    def passed(self) -> bool:
        """True if all that was run passed."""
        return self.validate.passed and (self.lint is None or self.lint.passed)

    def __str__(self) -> str:
        return f"validate {self.validate}" + (f", lint {self.lint}" if self.lint else "")
