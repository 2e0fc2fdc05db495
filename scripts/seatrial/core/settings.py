"""The settings of a repository, from `seatrial.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Settings:
    """The settings of a repository; the defaults are those of a repository without `seatrial.toml`.

    `severities` maps a rule's code to its severity here, None for off. The `known_...` names are accepted in
    addition to those Seatrial knows. `newest_core` is a release of the framework that counts as in use.
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
