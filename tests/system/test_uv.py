"""What uv is run with."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import process, uv


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    uv.trusted.cache_clear()
    yield
    uv.trusted.cache_clear()


def verify_paths(monkeypatch: pytest.MonkeyPatch, cafile: str | None, capath: str | None) -> None:
    paths = ssl.DefaultVerifyPaths(cafile, capath, "SSL_CERT_FILE", "", "SSL_CERT_DIR", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)


def test_it_trusts_what_the_machine_trusts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    verify_paths(monkeypatch, "/etc/bundle.pem", None)
    assert uv._environment({})["SSL_CERT_FILE"] == "/etc/bundle.pem"
    uv.trusted.cache_clear()
    (tmp_path / "one.pem").touch()
    verify_paths(monkeypatch, None, str(tmp_path))
    assert uv._environment({})["SSL_CERT_DIR"] == str(tmp_path)


def test_what_the_person_says_to_trust_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    verify_paths(monkeypatch, "/etc/bundle.pem", None)
    assert uv._environment({"SSL_CERT_FILE": "own.pem"}) == {"SSL_CERT_FILE": "own.pem"}
    assert uv._environment({"SSL_CERT_DIR": "own"}) == {"SSL_CERT_DIR": "own"}


def test_a_machine_that_trusts_nothing_leaves_it_to_uv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verify_paths(monkeypatch, None, str(tmp_path))
    assert uv._environment({}) == {}


@pytest.mark.parametrize(
    "name", ["VIRTUAL_ENV", "PYTHONPATH", "UV_PYTHON", "UV_RESOLUTION", "UV_NO_BINARY_PACKAGE"]
)
def test_what_would_change_what_is_installed_does_not_reach_it(name: str) -> None:
    assert name not in uv._environment({name: "x", "SSL_CERT_FILE": "y"})


@pytest.mark.parametrize("name", ["UV_INDEX_URL", "UV_CACHE_DIR", "HTTPS_PROXY", "HOME", "UV_OFFLINE"])
def test_where_packages_come_from_stays_the_persons_choice(name: str) -> None:
    assert uv._environment({name: "x"})[name] == "x"


def test_it_takes_no_settings_from_the_current_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "uv.toml").write_text('python-downloads-json-url = "http://127.0.0.1:1/evil.json"\n')
    monkeypatch.chdir(tmp_path)
    uv.program()
    folders = []

    def run(arguments: object, *, cwd: Path, **more: object) -> process.Ran:
        folders.append(cwd)
        assert (cwd / "uv.toml").read_text() == ""
        return process.Ran(0, b"", b"")

    monkeypatch.setattr(process, "run", run)
    uv.run("python", "install", "3.12")
    assert folders
    assert tmp_path not in (folders[0], *folders[0].parents)


@pytest.mark.parametrize(("said", "good"), [("uv 0.13.9 (x86_64)", True), ("uv 0.11.6", False), ("", False)])
def test_an_old_uv_is_refused(monkeypatch: pytest.MonkeyPatch, said: str, good: bool) -> None:
    monkeypatch.setattr(process, "run", lambda *arguments, **more: process.Ran(0, said.encode(), b""))
    uv._program.cache_clear()
    try:
        if good:
            assert uv.program()
        else:
            with pytest.raises(ServiceError, match=r'older than 0\.12; type "pip install -U uv"'):
                uv.program()
    finally:
        uv._program.cache_clear()
