"""One registry for all tests of this folder, a repository in it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from seatrial.release.registry.http import Timeouts
from seatrial.release.registry.remote import RemoteImages
from support.services import running_registry

COUNTER = count()


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real registry without authorization; yield its host and port."""
    with running_registry(tmp_path_factory.mktemp("registry"), memory=True) as host:
        yield host


@pytest.fixture(scope="session")
def direct(upstream: str) -> RemoteImages:
    """Return a client of the registry itself."""
    return RemoteImages(Timeouts(pause=0.002))


@pytest.fixture
def path() -> str:
    """Return the path of a repository that no other test uses."""
    return f"tests/port-ocean-number{next(COUNTER)}"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the logins of the person who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
