"""`doctor` tells what this machine has and lacks, and shows no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import uv
from seatrial.tasks import doctor


def test_credentials_are_told_by_their_places_only(tmp_path: Path) -> None:
    secrets = {"AWS_SECRET_ACCESS_KEY": "CANARY", "GITHUB_TOKEN": "CANARY", "LANG": "C", "GH_TOKEN": ""}
    environ = {"HOME": str(tmp_path), **secrets}
    assert doctor._logins(environ).found == "AWS_SECRET_ACCESS_KEY, GITHUB_TOKEN in the environment"
    login = tmp_path / ".docker" / "config.json"
    login.parent.mkdir()
    login.write_text("CANARY")
    assert doctor._logins({"HOME": str(tmp_path)}).found == str(login)
    login.unlink()
    lacking = doctor._logins({"HOME": str(tmp_path)})
    assert lacking.lacking and "docker login" in lacking.found


def test_an_index_that_does_not_answer_is_lacking_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "newest", lambda *_: "0.56.2")
    assert doctor._network().line == "ok  network   the package index has port-ocean 0.56.2"

    def fail(*_: object) -> str:
        raise ServiceError("the package index does not tell the newest version of port-ocean")

    monkeypatch.setattr(uv, "newest", fail)
    assert doctor._network().lacking and "UV_DEFAULT_INDEX" in doctor._network().found


def test_the_size_of_the_cache_counts_a_file_once_and_takes_a_bounded_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    (tmp_path / "c").symlink_to("/")
    assert f"{tmp_path} has 3 MB" in doctor._cache(tmp_path).found
    assert doctor._size(tmp_path, 0) == (0, False)
    assert doctor._size(tmp_path / "none", 1e12) == (0, True)


def test_without_gh_the_page_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._gh().lacking and "prints the page to open" in doctor._gh().found
