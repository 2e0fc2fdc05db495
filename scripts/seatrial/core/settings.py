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
    """What the builder `layers` is told of base images.

    `in_base` are packages of the system that Dockerfiles install and that the base images have already. `python` is
    the exact version of the base images' Python, empty where they tell it themselves.
    """

    in_base: frozenset[str] = frozenset()
    python: str = ""


@dataclass(frozen=True)
class BotRule:
    """The intent that the commits of a bot have where they bring none; `{subject}` in `text` is their first line."""

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
    `max_growth` is the percentage by which an image may be larger than that of the version before, None for the
    profile's. `legacy_specs` says whether the latest spec is published as `<type>.json` too, and `beta_latest` whether
    a beta may be the image `latest`, and `app_config_schemas` whether the schemas of the mapping are published, which
    needs the image to be run; None for the profile's.
    `zero_versions` weighs contract changes while the major version is 0: `strict`, or `shifted` by one part.
    `bots` has the rule for each bot, by the name or the address of the author of its commits, in small letters.
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
    """What lint may do in this repository.

    `source_packages` are the locked packages that may be built here, or come from elsewhere than a package index.
    """

    source_packages: frozenset[str] = frozenset()


GROWTH = "PKG115"
"""The code of the rule by which a change adds no suppression; `may-grow = false` makes it an error."""


@dataclass(frozen=True)
class ExemptionSettings:
    """What exemptions may do. With `granted`, they hold only for these codes, by the path of the integration, each up
    to a day; None for all that are written.
    """

    granted: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True)
class SharedCacheSettings:
    """The bucket of what machines keep for one another, empty for none, and the keys of those who are believed."""

    url: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnRulesSettings:
    """The rules of the repository's own: the `prefix` of their codes, and the patterns of their `files`.

    With `forks`, they run in pull requests from other repositories too, as the base branch has them. `codes` are those
    of the rules that were loaded, None where none were, and `digest` that of their files.
    """

    prefix: str = ""
    files: tuple[str, ...] = ()
    forks: bool = False
    codes: frozenset[str] | None = None
    digest: str = ""

    def knows(self, code: str) -> bool:
        """Return whether a code is that of an own rule, or may be where none were loaded."""
        if self.codes is not None:
            return code in self.codes
        return bool(self.prefix) and code.startswith(self.prefix)

    def known(self, codes: Iterable[str]) -> frozenset[str]:
        """Return the codes of own rules, and those of `codes` that may be some."""
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
