"""Secrets of the bucket and of keys, and the programs that have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.system import process, uv
from seatrial.system.git import discovery
from seatrial.system.git.command import LOCALLY

OF_THE_BUCKET = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
)
PASSWORD = "SEATRIAL_KEY_PASSWORD"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OF_THE_BUCKET, PASSWORD):
        monkeypatch.setenv(name, f"s3cret of {name}")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


def test_a_program_has_our_environment_without_the_secrets() -> None:
    told = process.run(["/usr/bin/env"]).out.decode()
    assert "s3cret" not in told and "AWS_REGION=eu-west-1" in told
    assert "ONE=1" in process.run(["/usr/bin/env"], env={"ONE": "1"}).out.decode()


def test_git_has_them_only_where_a_helper_may_ask_a_cloud_for_the_remote_s_password() -> None:
    assert "s3cret" not in str(discovery.environment(LOCALLY))
    remotely = discovery.environment({})
    assert {*OF_THE_BUCKET} <= remotely.keys() and PASSWORD not in remotely


def test_git_that_looks_for_the_repository_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    (tmp_path / "git").write_text(f"#!/bin/sh\n/usr/bin/env >{told}\nexit 1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(discovery.NoRepositoryError):
        discovery._accepted.__wrapped__(tmp_path / ".git", (0, 0))
    assert "s3cret" not in told.read_text()


@pytest.mark.parametrize(
    ("asking", "has"), [("", False), ("UV_KEYRING_PROVIDER", True), ("UV_S3_ENDPOINT_URL", True)]
)
def test_uv_has_them_only_where_an_index_is_asked_for_with_them(asking: str, has: bool) -> None:
    names = dict.fromkeys((*OF_THE_BUCKET, PASSWORD), "s3cret") | ({asking: "subprocess"} if asking else {})
    told = uv._environment(names)
    assert (told.keys() >= {*OF_THE_BUCKET}) is has and ("s3cret" in told.values()) is has
    assert PASSWORD not in told
