"""The settings of a repository, from `seatrial.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from seatrial.core.model import Profile, Severity

SHARED_DOCKERFILE = "integrations/_infra/Dockerfile"

PYTHON_IMAGE_ARGS = ("BASE_BUILDER_PYTHON_IMAGE", "BASE_RUNNER_PYTHON_IMAGE")
"""The ARGs that name base images in the Dockerfile that Seatrial makes, and in those of Ocean."""


@dataclass(frozen=True)
class LayersSettings:
    """Facts about base images that the builder `layers` cannot see for itself.

    `in_base` are system packages that Dockerfiles install although the base images have them already. `python` is
    the exact version of the base images' Python, empty where the images state it.
    """

    in_base: frozenset[str] = frozenset()
    python: str = ""


KEYLESS = "keyless"
"""The value of `signing` by which CI signs provenance without a key, by the identity of its job."""


@dataclass(frozen=True)
class KeylessSettings:
    """Who signs without a key: the identity of the job and its issuer, both empty for anybody while signing.

    `trust_config` is the file, below the root, with the roots of a Sigstore of one's own; empty for the public one.
    """

    identity: str = ""
    issuer: str = ""
    trust_config: str = ""


@dataclass(frozen=True)
class BotRule:
    """The release intent of a bot's commits that bring none of their own.

    `{subject}` in `text` stands for the first line of the commit.
    """

    bump: str = "patch"
    type: str = "improvement"
    text: str = "{subject}"


@dataclass(frozen=True)
class ReleaseSettings:
    """The places of images and specs, and the way images are built; by default `dist/` and any builder found.

    `image` is a repository with `{type}` in it, `store` a URL; each is empty for the folder below `dist/`.
    `dockerfile` is for integrations that have none of their own. `branch` is the remote's branch that versions are
    released from, empty for its default one. `tag` is the form of the git tag.
    `python_image` is the base image of builder and runner, empty for those of the Dockerfile.
    `max_growth` is the percentage by which an image may be larger than that of the version before. `legacy_specs` says
    whether the latest spec is published as `<type>.json` too, `beta_latest` whether a beta may be the image `latest`,
    and `app_config_schemas` whether the schemas of the mapping are published, for which the image is run. Each of the
    four is None for what the profile does.
    `zero_versions` weighs contract changes while the major version is 0: `strict`, or `shifted` by one part.
    `bots` has the rule for each bot, by the name or address of the author of its commits, in lower case.
    `signing` is `keyless`, or empty for a key or none; `keyless` says whose signature counts.
    `fold_days` are the days for which an integration is not released for a new framework alone; None for no folding.
    """

    image: str = ""
    store: str = ""
    builder: str = ""
    dockerfile: str = SHARED_DOCKERFILE
    platforms: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    tag: str = "{type}/{version}"
    remote: str = "origin"
    branch: str = ""
    python_image: str = ""
    zero_versions: str = "strict"
    max_growth: float | None = None
    legacy_specs: bool | None = None
    layers: LayersSettings = field(default_factory=LayersSettings)
    beta_latest: bool | None = None
    app_config_schemas: bool | None = None
    bots: Mapping[str, BotRule] = field(default_factory=dict)
    signing: str = ""
    keyless: KeylessSettings = field(default_factory=KeylessSettings)
    fold_days: int | None = None

    @property
    def all_build_args(self) -> Mapping[str, str]:
        """The build args: those stated, and the Python image for the ARGs of base images that are not among them."""
        image = dict.fromkeys(PYTHON_IMAGE_ARGS, self.python_image) if self.python_image else {}
        return {**image, **self.build_args}

    def git_tag(self, type: str, version: str) -> str:
        """Return the name of a version's git tag."""
        return self.tag.replace("{type}", type).replace("{version}", version)


@dataclass(frozen=True)
class LintSettings:
    """The settings of lint: `source_packages`, the locked packages that may be built from source.

    A package from elsewhere than a package index has to be one of them as well.
    """

    source_packages: frozenset[str] = frozenset()


GROWTH = "PKG115"
"""The code of the rule by which a change adds no suppression; `may-grow = false` makes it an error."""


@dataclass(frozen=True)
class ExemptionSettings:
    """The exemptions that count: with `granted`, only those for these codes, each up to a day; with None, all.

    `granted` has the codes and days by the path of the integration.
    """

    granted: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class SharedCacheSettings:
    """The bucket through which machines share results, empty for none, and the keys whose results are trusted."""

    url: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnRulesSettings:
    """The repository's own rules: the `prefix` of their codes, and the patterns of their `files`.

    With `forks`, they also run in pull requests from other repositories, as the base branch has them. `codes` are the
    codes of the rules that were loaded, None before any are, and `digest` is the digest of their files.
    """

    prefix: str = ""
    files: tuple[str, ...] = ()
    forks: bool = False
    codes: frozenset[str] | None = None
    digest: str = ""

    def knows(self, code: str) -> bool:
        """Return whether a code belongs to an own rule or, before these are loaded, may belong to one."""
        if self.codes is not None:
            return code in self.codes
        return bool(self.prefix) and code.startswith(self.prefix)

    def known(self, codes: Iterable[str]) -> frozenset[str]:
        """Return the codes of own rules, and those of `codes` that may belong to one."""
        return (self.codes or frozenset()) | {code for code in codes if self.knows(code)}


ANY = "**"
"""The part of a pattern that stands for any number of folders, and at its end for everything below."""


@dataclass(frozen=True)
class PathPattern:
    """A pattern of paths, split at its slashes; `*` and `?` stand for a part and a letter of a name.

    With `is_below` it also matches everything below a folder that it matches, with `is_folder` only that.
    """

    parts: tuple[str, ...]
    is_below: bool = False
    is_folder: bool = False

    @classmethod
    def from_root(cls, text: str) -> PathPattern:
        """Return the pattern of a text that begins at the root; a slash at its end stands for all below that folder."""
        return cls(tuple(f"{text}{ANY}".split("/")) if text.endswith("/") else tuple(text.split("/")))

    @cached_property
    def literals(self) -> frozenset[str]:
        """The parts without `*` and `?`, each of which is a name in any path that it matches."""
        return frozenset(part for part in self.parts if not set("*?") & set(part))

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a file."""
        names = path.split("/")
        reached = {0}
        for index, name in enumerate(names):
            reached = self._after(reached, name)
            is_file = index == len(names) - 1
            if len(self.parts) in reached and (is_file or self.is_below) and not (is_file and self.is_folder):
                return True
        return False

    def _after(self, reached: set[int], name: str) -> set[int]:
        """Return the indexes of the parts that may match next, once one of the `reached` parts has matched a name."""
        found = set()
        for at in self._with_skipped(reached):
            part = self.parts[at] if at < len(self.parts) else None
            if part == ANY:
                found |= {at, at + 1} if at == len(self.parts) - 1 else {at}
            elif part is not None and fits(part, name):
                found.add(at + 1)
        return found

    def _with_skipped(self, reached: set[int]) -> set[int]:
        """Return these indexes, and the one after each `**` among them, as that may match no name."""
        found = set(reached)
        for at in range(len(self.parts)):
            if at in found and self.parts[at] == ANY:
                found.add(at + 1)
        return found


def fits(pattern: str, name: str) -> bool:
    """Return whether a name matches a pattern with `*` and `?`, in time bounded by the product of their lengths."""
    at, place, star, mark = 0, 0, -1, 0
    while at < len(name):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", name[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


EVERYBODY = ("*",)
"""The names by which a shared file concerns all integrations."""


@dataclass(frozen=True)
class SharedFiles:
    """Files outside of the integrations by a pattern of their paths, and the names of those that they concern."""

    pattern: str
    names: Sequence[str]

    @cached_property
    def _paths(self) -> PathPattern:
        return PathPattern.from_root(self.pattern)

    def matches(self, path: str) -> bool:
        """Return whether a path from the root is one of these files."""
        return self._paths.matches(path)


@dataclass(frozen=True)
class Settings:
    """The settings of a repository; the defaults are those of a repository without `seatrial.toml`.

    `severities` maps a rule's code to its severity here, None for off. The `known_...` names are accepted in
    addition to those Seatrial knows. `newest_core` is a release of the framework that counts as in use.
    `shared` says which integrations a change of files outside of them concerns.
    """

    profile: Profile | None = None
    integrations: str = "integrations"
    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    known_blueprints: frozenset[str] = frozenset()
    known_icons: frozenset[str] = frozenset()
    known_sections: frozenset[str] = frozenset()
    release: ReleaseSettings = field(default_factory=ReleaseSettings)
    lint: LintSettings = field(default_factory=LintSettings)
    newest_core: tuple[int, ...] = ()
    exemptions: ExemptionSettings = field(default_factory=ExemptionSettings)
    shared_cache: SharedCacheSettings = field(default_factory=SharedCacheSettings)
    own: OwnRulesSettings = field(default_factory=OwnRulesSettings)
    shared: tuple[SharedFiles, ...] = ()
