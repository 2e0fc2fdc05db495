"""Opening the shared cache for the party that runs Seatrial, by the settings and keys of the base branch."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import seatrial
from seatrial.core.errors import SeatrialError, ServiceError, Unreadable
from seatrial.core.printable import one_line
from seatrial.core.settings import SharedCacheSettings
from seatrial.system import cache as kept_files
from seatrial.system import git
from seatrial.system.cache import CacheRole, home, role_of
from seatrial.system.held_secrets import CACHE_KEY, held
from seatrial.system.remote_cache import EntryPlace, RemoteCache, program_of
from seatrial.validate.verdict_cache import program_state
from seatrial.workspace.base_branch import trusted_base
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import Workspace, below_checkout


@dataclass(frozen=True)
class CacheAccess:
    """The settings of the shared cache that count in a run, and its role; `writes` is true if it may add entries."""

    settings: SharedCacheSettings
    role: CacheRole
    writes: bool = False

    @property
    def trust(self) -> str:
        """The digest of the place and the keys that this run trusts."""
        said = [self.settings.url, sorted(self.settings.keys)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def access_to(workspace: Workspace, environ: Mapping[str, str]) -> CacheAccess | None:
    """Return the access to the shared cache that the settings name; None where they name none.

    The settings are those of the base branch, as a change could name a bucket and a key of its own. Raises
    ServiceError where this run has no access, with the reason.
    """
    if not workspace.settings.shared_cache.url:
        return None
    role, stated = role_of(environ)
    if not role.reads:
        raise ServiceError(f"{role.value} neither reads nor writes it")
    checked_out = git.find(workspace.root, "HEAD") if role is CacheRole.MAIN else ""
    is_main = bool(stated) and checked_out == stated
    commit = stated if is_main else trusted_base(workspace.root, environ)
    settings = _read_at(workspace, commit) if is_main else _settings_at(workspace, commit, environ)
    if not settings.url or not settings.keys:
        raise ServiceError(f'the base branch states no "cache" with "cache-keys" in its {SETTINGS_FILE}')
    return CacheAccess(settings, role, is_main and bool(held(CACHE_KEY)))


def _settings_at(workspace: Workspace, commit: str, environ: Mapping[str, str]) -> SharedCacheSettings:
    """Return the settings that a commit has, which are kept, as git takes longer to tell them than a warm run.

    A run that signs does not trust what is kept, as others may write to it on the same machine.
    """
    said = json.dumps([commit, below_checkout(workspace.root, workspace.checkout)]).encode()
    memory = home(environ) / "shared-settings" / hashlib.sha256(said).hexdigest()[:40]
    if kept := kept_files.load(memory):
        with suppress(KeyError, TypeError):
            return SharedCacheSettings(str(kept["url"]), tuple(map(str, kept["keys"])))
    found = _read_at(workspace, commit)
    kept_files.save(memory, {"url": found.url, "keys": found.keys})
    return found


def _read_at(workspace: Workspace, commit: str) -> SharedCacheSettings:
    folder = git.folder_at(workspace.root, commit, "")
    if folder.entry(SETTINGS_FILE) is None:
        return SharedCacheSettings()
    try:
        return settings_of(folder.read(SETTINGS_FILE)).shared_cache
    except Unreadable as reason:
        raise ServiceError(f"{SETTINGS_FILE} of the base branch cannot be read: {reason}") from reason


Opening = Callable[[str], EntryPlace]


def shared_cache(
    workspace: Workspace,
    tell: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
    opening: Opening | None = None,
) -> RemoteCache | None:
    """Return the shared cache as this run may use it; None for none, which is told where the settings name one."""
    try:
        access = access_to(workspace, environ)
        return open_cache(access, workspace, tell, environ, opening) if access else None
    except SeatrialError as reason:
        tell(
            f"seatrial: the shared cache is not used, which changes no verdict: {one_line(str(reason), 300)}"
        )
        return None


def open_cache(
    access: CacheAccess,
    workspace: Workspace,
    tell: Callable[[str], None],
    environ: Mapping[str, str],
    opening: Opening | None = None,
) -> RemoteCache:
    """Return the shared cache for this access. Raises SeatrialError for a place or a key that is not valid."""
    from seatrial.release.attest.signing import sealed_body, sealing_key

    place, keys = home(environ), access.settings.keys
    key = sealing_key(held(CACHE_KEY), CACHE_KEY, environ) if access.writes else None
    if key and key.public not in keys:
        raise ServiceError(f"the key in {CACHE_KEY} belongs to none of the cache-keys in {SETTINGS_FILE}")
    state = "" if key else program_state()
    return RemoteCache(
        _OpenedLater(access.settings.url, opening or _open),
        partial(sealed_body, keys=keys),
        access.trust,
        partial(program_of, Path(seatrial.__file__).parent, "seatrial", place / "program", state),
        place / f"shared-{access.trust}",
        seal=key.seal if key else None,
        private=_private(workspace, environ),
        tell=lambda line: tell(f"seatrial: {one_line(line, 400)}"),
    )


@dataclass(frozen=True)
class _OpenedLater:
    """The place of entries, opened when it is first asked: its library takes longer to import than a warm run."""

    url: str
    opening: Opening

    @cached_property
    def _place(self) -> EntryPlace:
        return self.opening(self.url)

    def get(self, name: str) -> bytes | None:
        return self._place.get(name)

    def put(self, name: str, data: bytes) -> None:
        self._place.put(name, data)


def _open(url: str) -> EntryPlace:
    from seatrial.release.store.entries import open_entries

    return open_entries(url)


def _private(workspace: Workspace, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the places of this machine, which no entry may tell; one like `/root` only with what is below it."""
    places = (str(workspace.root), str(workspace.checkout), str(home(environ)), environ.get("HOME", ""))
    return frozenset(one if one.count("/") > 1 else f"{one}/" for one in places if one.strip("/"))
