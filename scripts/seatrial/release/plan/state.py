"""What a release is decided from: what the commit has, and what is published of it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.release.plan.ports import Answer


@dataclass(frozen=True)
class Candidate:
    """An integration as the commit has it.

    `image` is its repository, `tree` git's id of its folder and `dockerfile` the path of the one its image
    is built by, empty where there is none. `intents` are the paths of those that wait to be applied. `fault`
    says why it cannot be released as it is.
    """

    name: str
    path: str
    type: str
    version: str
    image: str = ""
    tree: str = ""
    dockerfile: str = ""
    intents: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Standing:
    """What is published of a candidate's version, and what the pointers of its type lead to.

    `image` is the answer for the version, `latest` that for the tag `latest`. `spec`, `receipt` and
    `yanked` say whether the store has that of this version, `type_spec` whether it has one of the type.
    `git_tag` is the commit that the version's tag marks, empty for none.
    """

    image: Answer
    latest: Answer
    spec: bool = False
    receipt: bool = False
    yanked: bool = False
    type_spec: bool = False
    git_tag: str = ""


@dataclass(frozen=True)
class IndexSeen:
    """The index as it was read: the hash of its bytes, empty for none, and the version of each type."""

    sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """All that was read. `committed` is in seconds since 1970; `shared` stands for the files that all images share.

    `standings` has one for each candidate without fault, by the candidate's path.
    """

    commit: str
    committed: int
    shared: str
    index: IndexSeen
    candidates: tuple[Candidate, ...]
    standings: Mapping[str, Standing]


@dataclass(frozen=True)
class Tally:
    """What a kind of check found in one integration; `unjudged` says why some of it could not be judged."""

    errors: int = 0
    warnings: int = 0
    unjudged: str = ""

    @property
    def passed(self) -> bool:
        """Whether it was judged as a whole, and without errors."""
        return not self.errors and not self.unjudged

    def __str__(self) -> str:
        if self.unjudged:
            return f"not judged: {self.unjudged}"
        return "passed" if self.passed else f"{self.errors} error{'s' * (self.errors > 1)}"


@dataclass(frozen=True)
class Checks:
    """What validation and lint say of an integration."""

    validate: Tally
    lint: Tally

    @property
    def passed(self) -> bool:
        """Whether both let it through."""
        return self.validate.passed and self.lint.passed

    def __str__(self) -> str:
        return f"validate {self.validate}, lint {self.lint}"
