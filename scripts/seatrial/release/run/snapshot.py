"""The state that a release is decided from, read from git, registry, store and index at the same time."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath

from seatrial.core.errors import UsageError
from seatrial.core.model import Integration, Profile
from seatrial.core.version import Version
from seatrial.release.plan import store_keys
from seatrial.release.plan.index import parse
from seatrial.release.plan.ports import Answer, Reference
from seatrial.release.plan.state import Candidate, IndexSeen, State, VersionStatus
from seatrial.release.run.release_context import ReleaseContext
from seatrial.system import git
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package import Package
from seatrial.validate.facts.release import INTENTS
from seatrial.validate.facts.spec import Spec
from seatrial.workspace.config import SETTINGS_FILE

LATEST = "latest"
AT_ONCE = 32
OWN_DOCKERFILE = "Dockerfile"
SHARED_FILES = (SETTINGS_FILE, ".dockerignore")


def read(context: ReleaseContext, chosen: Sequence[Integration]) -> State:
    """Return the state of these integrations: of git, the registry, the store and the index.

    Raises UsageError for a tree that is not committed, ServiceError where git or the store fails.
    An image about which the registry gives no answer is unknown in the state.
    """
    head = git.head(context.root)
    _must_be_on_branch(head)
    _must_be_clean(context)
    folder = str(PurePosixPath(context.settings.dockerfile).parent)
    ids = git.trees(context.root, head.commit, _paths(context, chosen, folder))
    found = candidates(context, chosen, ids)
    with ThreadPoolExecutor(3) as pool:
        answers = pool.submit(context.images.find, _references(found))
        stored = pool.submit(_stored, context, found)
        seen = pool.submit(lambda: index_seen(context))
        tags = git_tags(context)
        return State(
            commit=head.commit,
            committed=head.time,
            shared=_shared(ids, folder, context.settings.build_args),
            index=seen.result(),
            candidates=found,
            statuses=_statuses(context, found, answers.result(), stored.result(), tags),
        )


def _must_be_on_branch(head: git.Head) -> None:
    if not head.on_branch:
        raise UsageError(
            f"HEAD is detached at {head.commit[:12]}, which is on no branch and could get lost; check out "
            "a branch, or fetch the one that has it"
        )


def _must_be_clean(context: ReleaseContext) -> None:
    changed = git.dirty(context.root)
    if changed:
        others = f" and {len(changed) - 1} more" if changed[1:] else ""
        raise UsageError(
            f"{changed[0]}{others} {'are' if others else 'is'} not committed; what is released is a commit: "
            "commit it, or put it away with `git stash -u`"
        )


def _paths(context: ReleaseContext, chosen: Sequence[Integration], folder: str) -> list[str]:
    own = (one.below(OWN_DOCKERFILE) for one in chosen)
    return [context.settings.dockerfile, folder, *SHARED_FILES, *(one.path for one in chosen), *own]


def _stored(context: ReleaseContext, found: Sequence[Candidate]) -> frozenset[str]:
    """Return the store's keys of these types. Each type is listed alone: over the years a store has very many keys."""
    prefixes = {store_keys.of_type(one.type) for one in found if not one.fault}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return frozenset(key for listed in pool.map(context.store.keys, prefixes) for key in listed)


def _shared(ids: Mapping[str, str], folder: str, args: Mapping[str, str]) -> str:
    """Return a hash of what all images share. Build args enter it only hashed, as they may be secret."""
    files = [(path, ids.get(path, "")) for path in (folder, *SHARED_FILES)]
    return hashlib.sha256(json.dumps([files, sorted(args.items())]).encode()).hexdigest()


def index_seen(context: ReleaseContext) -> IndexSeen:
    """Return the index as it is now. Raises ConfigurationError where it cannot be read."""
    stored = context.store.get(store_keys.INDEX)
    if stored is None:
        return IndexSeen()
    return IndexSeen(hashlib.sha256(stored.data).hexdigest(), parse(stored.data).versions)


def git_tags(context: ReleaseContext) -> Mapping[str, str]:
    """Return the commits of all git tags, by tag name: the remote's where tags are pushed."""
    if context.pushes_tags:
        return git.remote_tags(context.root, context.settings.remote)
    return git.tags(context.root)


def _references(found: Sequence[Candidate]) -> list[Reference]:
    sound = [one for one in found if not one.fault]
    return [(one.image, tag) for one in sound for tag in (one.version, LATEST)]


def _statuses(
    context: ReleaseContext,
    found: Sequence[Candidate],
    answers: Mapping[Reference, Answer],
    stored: frozenset[str],
    tags: Mapping[str, str],
) -> Mapping[str, VersionStatus]:
    return {
        one.path: VersionStatus(
            image=answers[one.image, one.version],
            latest=answers[one.image, LATEST],
            spec=store_keys.spec(one.type, one.version) in stored,
            receipt=store_keys.receipt(one.type, one.version) in stored,
            yanked=store_keys.yanked(one.type, one.version) in stored,
            type_spec=store_keys.latest_spec(one.type) in stored,
            git_tag=tags.get(context.git_tag(one.type, one.version), ""),
        )
        for one in found
        if not one.fault
    }


def candidates(
    context: ReleaseContext, chosen: Sequence[Integration], ids: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """Return each integration as a candidate, given git's ids of files and folders at the commit."""
    found = [_candidate(context, integration, ids) for integration in chosen]
    uses = Counter(one.type for one in found)
    return tuple(_without_namesakes(one, uses[one.type]) for one in found)


def _without_namesakes(candidate: Candidate, uses: int) -> Candidate:
    """Return the candidate, faulty where several integrations have its type."""
    if uses < 2 or candidate.fault:
        return candidate
    return replace(
        candidate, fault=f'{uses} integrations have the type "{candidate.type}"; give each its own'
    )


def _candidate(context: ReleaseContext, integration: Integration, ids: Mapping[str, str]) -> Candidate:
    facts = Facts.of(context.workspace, integration)
    kind, version = identity(context.workspace.profile, facts.spec, facts.package)
    own = integration.below(OWN_DOCKERFILE)
    dockerfile = next((path for path in (own, context.settings.dockerfile) if path in ids), "")
    return Candidate(
        name=integration.name,
        path=integration.path,
        type=kind,
        version=version,
        image=context.repository(kind),
        tree=ids.get(integration.path, ""),
        dockerfile=dockerfile,
        intents=_intents(integration),
        fault=_fault(kind, version, integration.path in ids),
    )


def identity(profile: Profile, spec: Spec | None, package: Package | None) -> tuple[str, str]:
    """Return the type and version by which an integration is published; each empty where it is not stated."""
    if profile is Profile.OCEAN:
        return (package.name, _text(package.stated("version"))) if package else ("", "")
    return (spec.root.text("type").strip(), _text(spec.root.value.get("version"))) if spec else ("", "")


def _text(value: object) -> str:
    """Return a version as it is written; `1.2` is a number in YAML and TOML, and not a version."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value).strip() if is_number or isinstance(value, str) else ""


def _intents(integration: Integration) -> tuple[str, ...]:
    return tuple(
        integration.below(path)
        for path in integration.paths()
        if path.startswith(f"{INTENTS}/") and path.endswith((".yaml", ".yml"))
    )


def _fault(type: str, version: str, committed: bool) -> str:
    if not committed:
        return "git does not have it; commit it first"
    if not type or not version:
        lacking = " and no ".join(word for word, text in (("type", type), ("version", version)) if not text)
        return f"it states no {lacking}; `seatrial check-version` says where"
    if not store_keys.is_type(type):
        return f'"{type[:60]}" is not a type that can name images and keys; use small letters, digits and "-"'
    try:
        Version.parse(version)
    except ValueError as wrong:
        return str(wrong)
    return ""
