"""The stores that the setting `store` opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError
from seatrial.release.store import open_store
from seatrial.release.store.bucket import BucketStore
from seatrial.release.store.local import FolderStore


def test_without_a_setting_the_store_is_the_embedded_folder(tmp_path: Path) -> None:
    assert open_store("", tmp_path / "dist" / "registry") == FolderStore(tmp_path / "dist" / "registry")
    assert list(tmp_path.iterdir()) == []


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    assert open_store("file:///srv/a%20b", tmp_path) == FolderStore(Path("/srv/a b"))
    assert open_store("file://localhost/srv", tmp_path) == FolderStore(Path("/srv"))


@pytest.mark.parametrize("url", ["file://srv/store", "file:srv", "file://", "file:///a%00b"])
def test_a_file_url_that_names_no_folder_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(
        ConfigurationError, match='is not a folder; write file:// and a path that begins with "/"'
    ):
        open_store(url, tmp_path)


@pytest.mark.parametrize("linked", ["dist", "dist/registry"])
def test_a_link_in_the_checkout_is_refused(tmp_path: Path, linked: str) -> None:
    (tmp_path / "root" / linked).parent.mkdir(parents=True)
    (tmp_path / "root" / linked).symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match=f"{linked} is a link; remove it, or name its target"):
        open_store("", tmp_path / "root" / "dist" / "registry")


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("s3://bucket", {}),
        ("s3://bucket/some/where", {}),
        ("gs://bucket", {}),
        ("az://container", {"AZURE_STORAGE_ACCOUNT_NAME": "account"}),
        ("abfs://container@account.dfs.core.windows.net/some/where", {}),
    ],
)
def test_a_bucket_is_opened_without_asking_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, environ: dict[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    store = open_store(url, tmp_path)
    assert isinstance(store, BucketStore)
    assert store.url == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://", 'store = "s3://" below [release] cannot be opened'),
        ("ftp://host/x", 'store = "ftp://host/x" below [release] cannot be opened'),
        ("az://container", "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY"),
        (
            "s3://key:secret@bucket/x",
            'store = "s3://bucket/x" below [release] has more than a bucket and a path',
        ),
        ("s3://key@bucket", "give credentials in the environment"),
        ("az://container?sig=secret", 'store = "az://container" below [release] has more than'),
        ("abfs://container:secret@account.dfs.core.windows.net", "has more than a bucket and a path"),
    ],
)
def test_an_invalid_url_is_reported_without_its_secrets(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        open_store(url, tmp_path)
    assert told in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)
