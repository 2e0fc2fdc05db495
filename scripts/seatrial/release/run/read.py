"""Reading all that a release is decided from, many things at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from seatrial.core.errors import UsageError
from seatrial.core.model import Integration
from seatrial.release.plan import keys
from seatrial.release.plan.index import parse
from seatrial.release.plan.ports import Answer, Reference
from seatrial.release.plan.state import Candidate, IndexSeen, Standing, State
from seatrial.release.run.candidates import OWN_DOCKERFILE, below, candidates
from seatrial.release.run.context import ReleaseContext
from seatrial.system import git
from seatrial.workspace.config import SETTINGS_FILE

LATEST = "latest"
AT_ONCE = 32
SHARED_FILES = (SETTINGS_FILE, ".dockerignore")


def read(yard: ReleaseContext, chosen: Sequence[Integration]) -> State:
    """The state of these integrations: of git, the registry, the store and the index.

    Raises UsageError for a tree that is not committed, ServiceError where git or the store fails.
    What the registry does not tell is in the state as unknown.
    """
    head = git.head(yard.root)
    _must_be_kept(head)
    _must_be_clean(yard)
    folder = str(PurePosixPath(yard.settings.dockerfile).parent)
    ids = git.trees(yard.root, head.commit, _paths(yard, chosen, folder))
    found = candidates(yard, chosen, ids)
    with ThreadPoolExecutor(3) as pool:
        answers = pool.submit(yard.images.find, _references(found))
        stored = pool.submit(_stored, yard, found)
        seen = pool.submit(lambda: index_seen(yard))
        tags = git_tags(yard)
        return State(
            commit=head.commit,
            committed=head.time,
            shared=_shared(ids, folder, yard.settings.build_args),
            index=seen.result(),
            candidates=found,
            standings=_standings(yard, found, answers.result(), stored.result(), tags),
        )


def _must_be_kept(head: git.Head) -> None:
    if not head.on_branch:
        raise UsageError(
            f"HEAD is detached at {head.commit[:12]}, which no branch has, so that it could get lost; check out "
            "a branch, or fetch the one that has it"
        )


def _must_be_clean(yard: ReleaseContext) -> None:
    changed = git.dirty(yard.root)
    if changed:
        others = f" and {len(changed) - 1} more" if changed[1:] else ""
        raise UsageError(
            f"{changed[0]}{others} {'are' if others else 'is'} not committed; what is released is a commit: "
            "commit it, or put it away with `git stash -u`"
        )


def _paths(yard: ReleaseContext, chosen: Sequence[Integration], folder: str) -> list[str]:
    own = (below(one.path, OWN_DOCKERFILE) for one in chosen)
    return [yard.settings.dockerfile, folder, *SHARED_FILES, *(one.path for one in chosen), *own]


def _stored(yard: ReleaseContext, found: Sequence[Candidate]) -> frozenset[str]:
    """The keys of these types. Each is listed by itself, as in the course of years a store has very many."""
    prefixes = {keys.of_type(one.type) for one in found if not one.fault}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return frozenset(key for listed in pool.map(yard.store.keys, prefixes) for key in listed)


def _shared(ids: Mapping[str, str], folder: str, args: Mapping[str, str]) -> str:
    """A hash that stands for what all images share; that of a value stands for the value, which may be secret."""
    files = [(path, ids.get(path, "")) for path in (folder, *SHARED_FILES)]
    return hashlib.sha256(json.dumps([files, sorted(args.items())]).encode()).hexdigest()


def index_seen(yard: ReleaseContext) -> IndexSeen:
    """The index as it is now. Raises ConfigurationError where it cannot be read as one."""
    stored = yard.store.get(keys.INDEX)
    if stored is None:
        return IndexSeen()
    return IndexSeen(hashlib.sha256(stored.data).hexdigest(), parse(stored.data).versions)


def git_tags(yard: ReleaseContext) -> Mapping[str, str]:
    """The commits of all git tags, by their names: the remote's where they are pushed."""
    if yard.pushes_tags:
        return git.remote_tags(yard.root, yard.settings.remote)
    return git.tags(yard.root)


def _references(found: Sequence[Candidate]) -> list[Reference]:
    sound = [one for one in found if not one.fault]
    return [(one.image, tag) for one in sound for tag in (one.version, LATEST)]


def _standings(
    yard: ReleaseContext,
    found: Sequence[Candidate],
    answers: Mapping[Reference, Answer],
    stored: frozenset[str],
    tags: Mapping[str, str],
) -> Mapping[str, Standing]:
    return {
        one.path: Standing(
            image=answers[one.image, one.version],
            latest=answers[one.image, LATEST],
            spec=keys.spec(one.type, one.version) in stored,
            receipt=keys.receipt(one.type, one.version) in stored,
            yanked=keys.yanked(one.type, one.version) in stored,
            type_spec=keys.latest_spec(one.type) in stored,
            git_tag=tags.get(yard.git_tag(one.type, one.version), ""),
        )
        for one in found
        if not one.fault
    }
