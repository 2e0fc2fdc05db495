"""The integrations of a workspace as candidates for a release: type, version, and what their images are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.model import Integration, Profile
from seatrial.core.version import Version
from seatrial.release.plan.keys import is_type
from seatrial.release.plan.state import Candidate
from seatrial.release.run.context import ReleaseContext
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package import Package
from seatrial.validate.facts.release import INTENTS
from seatrial.validate.facts.spec import Spec

OWN_DOCKERFILE = "Dockerfile"


def below(path: str, name: str) -> str:
    """A file of an integration, from the root; the path of an integration alone in its repository is empty."""
    return f"{path}/{name}" if path else name


def subjects_of(yard: ReleaseContext, integration: Integration) -> Facts:
    """What an integration says of itself."""
    workspace = yard.workspace
    return Facts(integration, workspace.profile, workspace.fleet, workspace.settings)


def candidates(
    yard: ReleaseContext, chosen: Sequence[Integration], ids: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """Each of these as a candidate, given git's ids of files and folders at the commit."""
    found = [_candidate(yard, integration, ids) for integration in chosen]
    uses = Counter(one.type for one in found)
    return tuple(_alone(one, uses[one.type]) for one in found)


def _alone(candidate: Candidate, uses: int) -> Candidate:
    if uses < 2 or candidate.fault:
        return candidate
    return replace(
        candidate, fault=f'{uses} integrations have the type "{candidate.type}"; give each its own'
    )


def _candidate(yard: ReleaseContext, integration: Integration, ids: Mapping[str, str]) -> Candidate:
    subjects = subjects_of(yard, integration)
    kind, version = stated(yard.workspace.profile, subjects.spec, subjects.package)
    own = below(integration.path, OWN_DOCKERFILE)
    dockerfile = next((path for path in (own, yard.settings.dockerfile) if path in ids), "")
    return Candidate(
        name=integration.name,
        path=integration.path,
        type=kind,
        version=version,
        image=yard.repository(kind),
        tree=ids.get(integration.path, ""),
        dockerfile=dockerfile,
        intents=_intents(integration),
        fault=_fault(kind, version, integration.path in ids),
    )


def stated(profile: Profile, spec: Spec | None, package: Package | None) -> tuple[str, str]:
    """The type and the version by which an integration is published; empty where it does not say."""
    if profile is Profile.OCEAN:
        return (package.name, _text(package.stated("version"))) if package else ("", "")
    return (spec.root.text("type").strip(), _text(spec.root.value.get("version"))) if spec else ("", "")


def _text(value: object) -> str:
    """A version as it is written; `1.2` is a number in YAML and TOML, and no version."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value).strip() if is_number or isinstance(value, str) else ""


def _intents(integration: Integration) -> tuple[str, ...]:
    return tuple(
        below(integration.path, path)
        for path in integration.paths()
        if path.startswith(f"{INTENTS}/") and path.endswith((".yaml", ".yml"))
    )


def _fault(type: str, version: str, committed: bool) -> str:
    if not committed:
        return "git does not have it; commit it first"
    if not type or not version:
        lacking = " and no ".join(word for word, text in (("type", type), ("version", version)) if not text)
        return f"it states no {lacking}; `seatrial check-version` says where"
    if not is_type(type):
        return f'"{type[:60]}" is no type that images and keys can be named by; write small letters, digits and "-"'
    try:
        Version.parse(version)
    except ValueError as wrong:
        return str(wrong)
    return ""
