"""Logins that `docker login` and `podman login` saved, in their files or in credential helpers."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.release.registry.image_names import DOCKER_HUB, DOCKER_HUB_NAMES, Repository, shown
from seatrial.system import process
from seatrial.system.folder import read_plain
from seatrial.system.held_secrets import for_helpers
from seatrial.system.home import home

HELPER_SECONDS = 20.0

_HUB_KEY = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105 - the user name that helpers give with an identity token
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_FOUND = "credentials not found"


@dataclass(frozen=True)
class Login:
    """A user with a password, or an identity token, which access tokens are fetched with.

    `source` says for a message where it was found.
    """

    user: str = field(repr=False)
    secret: str = field(repr=False)
    is_token: bool
    source: str

    @property
    def basic(self) -> str:
        """The value of the header Authorization."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


class Logins:
    """The logins of this machine; each helper is run once for each registry."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._from_helpers: dict[tuple[str, str], Login | ServiceError | None] = {}
        self._lock = threading.Lock()

    def of(self, repository: Repository) -> Login | None:
        """Return the login for a repository; None for none. Raises ServiceError for one that cannot be read."""
        with self._lock:
            for path in config_files(self._environ):
                login = self._in(path, repository)
                if login:
                    return login
        return None

    def _in(self, path: Path, repository: Repository) -> Login | None:
        config = self._config(path)
        helper = _helper(config, repository.host)
        login = None if helper else _login_in(path, config, repository)
        helper = helper or _text(config, "credsStore")
        return self._from_helper(helper, repository.host) if helper and not login else login

    def _config(self, path: Path) -> Mapping[str, Any]:
        try:
            found = json.loads(read_plain(os.path.realpath(path)))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, Unreadable, ValueError, RecursionError):
            raise ServiceError(
                f"{path}, which holds logins, cannot be read as JSON; repair or remove it"
            ) from None
        return found if isinstance(found, dict) else {}

    def _from_helper(self, helper: str, host: str) -> Login | None:
        """Return the login that a helper gives. One that fails or hangs is not run for each repository again."""
        if (helper, host) not in self._from_helpers:
            try:
                self._from_helpers[helper, host] = _run_helper(helper, host)
            except ServiceError as failed:
                self._from_helpers[helper, host] = failed
        found = self._from_helpers[helper, host]
        if isinstance(found, ServiceError):
            raise ServiceError(str(found))
        return found


def config_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that may hold logins; the first with one counts."""
    own = home(environ)
    if environ.get("REGISTRY_AUTH_FILE"):
        yield Path(environ["REGISTRY_AUTH_FILE"])
    if docker := environ.get("DOCKER_CONFIG") or (own and own / ".docker"):
        yield Path(docker) / "config.json"
    if environ.get("XDG_RUNTIME_DIR"):
        yield Path(environ["XDG_RUNTIME_DIR"]) / "containers" / "auth.json"
    else:
        yield Path("/run/containers") / str(os.getuid()) / "auth.json"
    if config := environ.get("XDG_CONFIG_HOME") or (own and own / ".config"):
        yield Path(config) / "containers" / "auth.json"


def _helper(config: Mapping[str, Any], host: str) -> str | None:
    """Return the helper that is configured for one registry."""
    helper = _by_place(config, "credHelpers").get(host)
    return helper if isinstance(helper, str) and helper else None


def _login_in(path: Path, config: Mapping[str, Any], repository: Repository) -> Login | None:
    """Return the login in the file itself, of the longest key that the repository lies below."""
    auths = _by_place(config, "auths")
    for key in _keys(repository):
        entry = auths.get(key)
        login = _login(path, key, entry) if isinstance(entry, dict) else None
        if login:
            return login
    return None


def _keys(repository: Repository) -> Iterator[str]:
    key = f"{repository.host}/{repository.path}"
    while key:
        yield key
        key = key.rpartition("/")[0]


def _by_place(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    return {_place(key): value for key, value in section.items()} if isinstance(section, dict) else {}


def _place(key: str) -> str:
    """Return a key of `auths` as host and path: Docker writes some with a scheme, and Docker Hub's with a version."""
    text = key.partition("://")[2] or key
    host, _, path = text.partition("/")
    path = re.sub(r"^v[12]/?$", "", path.strip("/"))
    host = DOCKER_HUB if host in DOCKER_HUB_NAMES else host
    return f"{host}/{path}" if path else host


def _login(path: Path, key: str, entry: Mapping[str, Any]) -> Login | None:
    user, secret = _decoded(path, key, _text(entry, "auth"))
    user, secret = _text(entry, "username") or user, _text(entry, "password") or secret
    token = _text(entry, "identitytoken")
    if token:
        return Login(user, token, True, f"the login in {path}")
    return Login(user, secret, False, f"the login in {path}") if user and secret else None


def _decoded(path: Path, key: str, text: str) -> tuple[str, str]:
    try:
        user, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ServiceError(
            f"the login for {shown(key)} in {path} cannot be read; type: docker login {shown(key.partition('/')[0])}"
        ) from None
    return user, secret.strip("\0")


def _text(entry: Mapping[str, Any], key: str) -> str:
    found = entry.get(key)
    return found.strip() if isinstance(found, str) else ""


def _run_helper(name: str, host: str) -> Login | None:
    """Return the login that a credential helper gives. Its output is never shown, as it may hold the secret.

    Raises ServiceError.
    """
    if not _HELPER.fullmatch(name):
        raise ServiceError(f'"{shown(name)}", the credential helper for {host}, is not the name of a program')
    program, server = f"docker-credential-{name}", _HUB_KEY if host == DOCKER_HUB else host
    try:
        ran = process.run(
            [program, "get"],
            env=for_helpers(os.environ),
            seconds=HELPER_SECONDS,
            clean=True,
            feed=server.encode(),
        )
    except process.MissingProgram:
        raise ServiceError(
            f"{program}, which keeps the login for {host}, is not on this machine; "
            "install it, or take it out of config.json"
        ) from None
    if ran.status and _NOT_FOUND in (ran.out + ran.err).decode(errors="replace").lower():
        return None
    try:
        found = json.loads(ran.out) if ran.status == 0 else {}
        user, secret = found["Username"], found["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ServiceError(
            f"{program} has no login for {host} (exit status {ran.status}); to see why: echo {server} | {program} get"
        ) from None
    if not (isinstance(user, str) and isinstance(secret, str) and secret):
        return None
    is_token = user == _TOKEN_USER
    return Login("" if is_token else user, secret, is_token, f"the login that {program} keeps")
