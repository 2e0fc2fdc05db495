"""The state on which a plan is based, read from git, registry, store and index at the same time.

Of git, the commit is read, never the work tree.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath

from seatrial.core.errors import UsageError
from seatrial.core.model import Integration
from seatrial.core.version import Version
from seatrial.documents.group_intents import FOLDER, GroupIntent, group_intents
from seatrial.release.plan import store_keys
from seatrial.release.plan.index import is_beta, is_yanked, parse, tagged
from seatrial.release.plan.plan import steps_of
from seatrial.release.plan.ports import Answer, Present, Reference
from seatrial.release.plan.state import Candidate, IndexSeen, State, VersionStatus
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.verify_image import is_ours
from seatrial.release.store.receipts import receipt_in
from seatrial.system import git
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import INTENTS, Fold
from seatrial.workspace.config import SETTINGS_FILE

LATEST = "latest"
AT_ONCE = 32
OWN_DOCKERFILE = "Dockerfile"
SHARED_FILES = (SETTINGS_FILE, ".dockerignore")


def read(context: ReleaseContext, chosen: Sequence[Integration]) -> State:
    """Return the state of these integrations: of the context's commit, the registry, the store and the index.

    Raises UsageError for a commit that has files where releases write theirs, ServiceError where git or the store
    fails. An image about which the registry gives no answer is unknown in the state.
    """
    head = context.head or git.head(context.root)
    folder = str(PurePosixPath(context.settings.dockerfile).parent)
    ids = git.trees(context.root, head.commit, _paths(context, chosen, folder))
    _must_not_be_committed(context, ids)
    found = candidates(context, chosen, ids)
    with ThreadPoolExecutor(3) as pool:
        answers = pool.submit(context.images.find, _references(found))
        stored = pool.submit(_stored, context, found)
        seen = pool.submit(lambda: index_seen(context))
        tags = git_tags(context)
        index = seen.result()
        statuses = _statuses(context, found, answers.result(), stored.result(), tags)
    statuses = _held_against_receipts(context, found, statuses, index)
    return State(
        commit=head.commit,
        committed=head.time,
        shared=_shared(ids, folder, context.settings.build_args),
        index=index,
        candidates=found,
        statuses=_with_lost_receipts(context, found, statuses),
    )


def _must_not_be_committed(context: ReleaseContext, ids: Mapping[str, str]) -> None:
    """Raise UsageError where the commit has a folder of the releases' own, whose files they would take for theirs."""
    for path in context.own_places:
        if path in ids:
            raise UsageError(
                f"the commit has files in {path}, which only releases write to; "
                f"take them out with `git rm -r --cached {path}`, and commit that"
            )


def _paths(context: ReleaseContext, chosen: Sequence[Integration], folder: str) -> list[str]:
    own = (one.below(OWN_DOCKERFILE) for one in chosen)
    return [
        context.settings.dockerfile,
        folder,
        *SHARED_FILES,
        *context.own_places,
        *(one.path for one in chosen),
        *own,
    ]


def _stored(context: ReleaseContext, found: Sequence[Candidate]) -> frozenset[str]:
    """Return the store's keys of these types. Each type is listed alone: over the years a store has very many keys."""
    prefixes = {store_keys.of_type(one.type) for one in found if not one.fault}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return frozenset(key for listed in pool.map(context.store.keys, prefixes) for key in listed)


GUESSES = 50_000
"""Rounds of the hash over build args, so that a secret among them is not guessed from a plan; 0.03 s."""


def _shared(ids: Mapping[str, str], folder: str, args: Mapping[str, str]) -> str:
    """Return a hash of what all images share. Build args enter it only by a slow hash, as they may be secret."""
    files = json.dumps([(path, ids.get(path, "")) for path in (folder, *SHARED_FILES)]).encode()
    if not args:
        return hashlib.sha256(files).hexdigest()
    return hashlib.pbkdf2_hmac("sha256", json.dumps(sorted(args.items())).encode(), files, GUESSES).hex()


def index_seen(context: ReleaseContext) -> IndexSeen:
    """Return the index as it is now. Raises ConfigurationError where it cannot be read."""
    stored = context.store.get(store_keys.INDEX)
    if stored is None:
        return IndexSeen()
    return IndexSeen(hashlib.sha256(stored.data).hexdigest(), parse(stored.data).versions)


def git_tags(context: ReleaseContext) -> Mapping[str, str]:
    """Return the commits of all git tags, by tag name: the remote's where tags are pushed, none for a rehearsal."""
    if context.place:
        return {}
    if context.pushes_tags:
        return git.remote_tags(context.root, context.settings.remote)
    return git.tags(context.root)


def _references(found: Sequence[Candidate]) -> list[Reference]:
    sound = [one for one in found if not one.fault]
    return [(one.image, tag) for one in sound for tag in (one.version, LATEST)]


def _held_against_receipts(
    context: ReleaseContext,
    found: Sequence[Candidate],
    statuses: Mapping[str, VersionStatus],
    index: IndexSeen,
) -> Mapping[str, VersionStatus]:
    """Return the statuses, each with the digest of its receipt where something is left to do for its image."""
    left = [
        one
        for one in found
        if one.path in statuses
        and statuses[one.path].receipt
        and isinstance(statuses[one.path].image, Present)
        and steps_of(one, statuses[one.path], index)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        receipts = pool.map(lambda one: receipt_in(context.store, one.type, one.version), left)
        stated = {
            one.path: receipt.digest if receipt else "nothing"
            for one, receipt in zip(left, receipts, strict=True)
        }
    return {
        path: replace(status, recorded=stated[path]) if path in stated else status
        for path, status in statuses.items()
    }


def _with_lost_receipts(
    context: ReleaseContext, found: Sequence[Candidate], statuses: Mapping[str, VersionStatus]
) -> Mapping[str, VersionStatus]:
    """Return the statuses, each that has lost its receipt marked.

    Only with a git tag can a version be one of Seatrial's, except in a rehearsal; of those without a receipt the
    image is asked.
    """
    without = [
        (one, status.image.digest)
        for one in found
        if (status := statuses.get(one.path))
        and isinstance(status.image, Present)
        and not status.receipt
        and (status.git_tag or not status.is_tagged)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ours = pool.map(
            lambda pair: is_ours(context.images, pair[0].image, pair[1], pair[0].version), without
        )
        lost = {one.path for (one, _), is_one in zip(without, ours, strict=True) if is_one}
    return {path: replace(status, is_lost=path in lost) for path, status in statuses.items()}


def _statuses(
    context: ReleaseContext,
    found: Sequence[Candidate],
    answers: Mapping[Reference, Answer],
    stored: frozenset[str],
    tags: Mapping[str, str],
) -> Mapping[str, VersionStatus]:
    names = [context.settings.git_tag(one.type, one.version) for one in found if not one.fault]
    local = {} if context.place else git.tags_called(context.root, names)
    return {
        one.path: VersionStatus(
            image=answers[one.image, one.version],
            latest=answers[one.image, LATEST],
            spec=store_keys.spec(one.type, one.version) in stored,
            receipt=store_keys.receipt(one.type, one.version) in stored,
            yanked=is_yanked(one.type, one.version, stored),
            type_spec=store_keys.latest_spec(one.type) in stored,
            git_tag=tags.get(context.settings.git_tag(one.type, one.version), ""),
            local_tag=local.get(context.settings.git_tag(one.type, one.version), ""),
            is_tagged=not context.place,
            latest_beta=_latest_beta(context, one.type, stored),
        )
        for one in found
        if not one.fault
    }


def _latest_beta(context: ReleaseContext, type: str, stored: frozenset[str]) -> str:
    found = tagged(type, stored, beta=True) if context.habits.beta_latest else None
    return found.text if found and is_beta(found) else ""


def candidates(
    context: ReleaseContext, chosen: Sequence[Integration], ids: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """Return each integration as a candidate, given git's ids of files and folders at the commit."""
    commit = (context.head or git.head(context.root)).commit
    groups = group_intents(git.folder_at(context.root, commit, FOLDER))
    found = [_candidate(context, integration, ids, groups) for integration in chosen]
    uses = Counter(one.type for one in found)
    return tuple(_without_namesakes(one, uses[one.type]) for one in found)


def _without_namesakes(candidate: Candidate, uses: int) -> Candidate:
    """Return the candidate, faulty where several integrations have its type."""
    if uses < 2 or candidate.fault:
        return candidate
    return replace(
        candidate, fault=f'{uses} integrations have the type "{candidate.type}"; give each its own'
    )


def _candidate(
    context: ReleaseContext,
    integration: Integration,
    ids: Mapping[str, str],
    groups: Sequence[GroupIntent],
) -> Candidate:
    facts = Facts.of(context.workspace, integration)
    fold = Fold.of(groups, integration.path, facts.package) if groups else None
    kind, version = facts.published_as
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
        links=tuple(integration.below(path) for path in integration.irregular() if is_published(path)),
        fault=_fault(kind, version, integration.path in ids),
        on_hold=facts.release_hold.words(facts.today) if facts.release_hold else "",
        folded=fold.words if fold else "",
    )


def is_published(path: str) -> bool:
    """Return whether a path of an integration is one of those that specs and examples are published from."""
    return f"{path}/".startswith(".port/")


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
