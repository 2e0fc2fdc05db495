"""Folders written to harm, linted beside an honest one: code of theirs runs in the sandbox only, and forges nothing."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.confined import needs_namespaces, with_bytecode
from support.evil import Traps, index, traps, wheel
from support.lintspace import SETTINGS, Space

pytestmark = pytest.mark.slow

BACKEND = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PLUGIN = "def plugin(version):\n    from mypy.plugin import Plugin\n    return Plugin\n"
HASH = f'"sha256:{"0" * 64}"'

SOURCES = {
    "directory": '[package.source]\ntype = "directory"\nurl = "package"\n',
    "editable": 'develop = true\n\n[package.source]\ntype = "directory"\nurl = "package"\n',
    "file": f'files = [{{file = "evil.tar.gz", hash = {HASH}}}]\n\n'
    '[package.source]\ntype = "file"\nurl = "evil.tar.gz"\n',
    "git": '[package.source]\ntype = "git"\nurl = "https://127.0.0.1:{port}/evil.git"\nreference = "main"\n'
    'resolved_reference = "0123456789012345678901234567890123456789"\n',
    "url": '[package.source]\ntype = "url"\nurl = "http://127.0.0.1:{port}/evil.tar.gz"\n',
    "sdist": f'files = [{{file = "evil-1.0.tar.gz", hash = {HASH}}}]\n',
    "legacy": f'files = [{{file = "evil-1.0.tar.gz", hash = {HASH}}}]\n\n'
    '[package.source]\ntype = "legacy"\nurl = "http://127.0.0.1:{port}/simple"\nreference = "evil"\n',
}
"""The kinds of packages that run code when they are installed, as they stand in a lock."""

LINKS = {
    "link-out": ("linked.py", "secret.txt"),
    "link-zero": ("linked.py", "/dev/zero"),
    "link-ignored": ("linked.py", "../honest/.env"),
    "link-left-behind": (".hypothesis/linked.py", "../../honest/.env"),
}


@dataclass(frozen=True)
class Linted:
    """What one lint of the workspace left: the findings by integration, all that was printed, and the traps."""

    status: int
    findings: dict[str, list[str]]
    printed: str
    traps: Traps
    space: Space

    def lint(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Lint once more."""
        return self.space.lint(*arguments, environ=secrets(self.traps))


def secrets(found: Traps) -> dict[str, str]:
    """The environment of a person with secrets, in it and in the home."""
    return {"AWS_SECRET_ACCESS_KEY": "CANARY-of-environment", "HOME": str(found.folder / "home")}


def locked(folder: Path, entry: str) -> None:
    """Add a package to the lock of an integration."""
    head = '[[package]]\nname = "evil"\nversion = "1.0"\ndescription = ""\noptional = false\n'
    rest = 'python-versions = ">=3.8"\ngroups = ["dev"]\n'
    lock = folder / "poetry.lock"
    lock.write_text(lock.read_text().replace("[metadata]", f"{head}{rest}{entry}\n[metadata]"))


def with_sources(space: Space, found: Traps) -> None:
    for kind, entry in SOURCES.items():
        folder = space.integration(f"source-{kind}")
        locked(folder, entry.replace("{port}", str(found.port)))
        (folder / "package").mkdir()
        (folder / "package" / "pyproject.toml").write_text(
            BACKEND + '[project]\nname = "evil"\nversion = "1.0"\n'
        )
        for name in ("backend.py", "setup.py"):
            (folder / "package" / name).write_text(f"{found.code}\nharm()\n")


def with_plugins(space: Space, found: Traps) -> None:
    ways = {
        "plugin": ('plugins = ["evil.py"]\n', "evil.py"),
        "reading-plugin": ('plugins = ["evil.py"]\n', "evil.py"),
        "unread": (f'plugins = ["evil.py"]\n[x]\ny = {"[" * 150}{"]" * 150}\n', "evil.py"),
        "executable": ('python_executable = "./evil.py"\n', "evil.py"),
        "shadowed": ("", "click/__init__.py"),
        "site": ("", "sitecustomize.py"),
        "conftest": ("", "conftest.py"),
    }
    for name, (setting, file) in ways.items():
        folder = space.integration(
            f"code-{name}", settings=f"[tool.mypy]\n{setting}\n[tool.ruff]\n[tool.black]\n"
        )
        (folder / file).parent.mkdir(exist_ok=True)
        start = "#!/usr/bin/env python3\n" if name == "executable" else ""
        fault = 'x: int = "1"\n' if "reading" in name else ""
        end = f"\n{fault}harm(forging={'reading' not in name})\n{PLUGIN}"
        (folder / file).write_text(f"{start}{found.code}{end}")
        (folder / file).chmod(0o755)


def with_settings(space: Space) -> None:
    settings = SETTINGS.replace("[tool.ruff]\n", '[tool.ruff]\nextend = "../honest/.env"\n')
    space.integration("reads-env", settings=settings)
    settings = SETTINGS.replace("[tool.mypy]\n", '[tool.mypy]\nmypy_path = ".."\n')
    (space.integration("reads-module", settings=settings) / "reads.py").write_text(
        "from typing import Literal\n\nfrom honest.local_secret import TOKEN\n\nX: Literal['a'] = TOKEN\n"
    )


def with_wheel(space: Space, found: Traps, address: str) -> None:
    digest = wheel(
        found.folder / "index" / "evil",
        "evil",
        "1.0",
        {"evil_code.py": f"{found.code}\nharm(forging=False)\n", "evil.pth": "import evil_code\n"},
    )
    entry = f'files = [{{file = "evil-1.0-py3-none-any.whl", hash = "sha256:{digest}"}}]\n\n'
    source = f'[package.source]\ntype = "legacy"\nurl = "{address}"\nreference = "evil"\n'
    locked(space.integration("code-wheel"), entry + source)


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linted]:
    """A workspace of hostile integrations and an honest one with a fault, linted once with all that is said."""
    needs_namespaces()
    folder = tmp_path_factory.mktemp("hostile")
    with traps(folder) as found, index(folder / "index") as address:
        space = Space(folder / "workspace", with_bytecode(folder / "cache"))
        honest = space.integration("honest")
        (honest / "main.py").write_text((honest / "main.py").read_text().replace("fetch(3)", 'fetch("3")'))
        subprocess.run(["git", "init", "-q", str(space.root)], check=True)
        (space.root / ".gitignore").write_text(".env\nlocal_secret.py\n")
        (honest / "local_secret.py").write_text(
            'from typing import Final\n\nTOKEN: Final = "CANARY-of-module"\n'
        )
        for path in (honest / ".env", folder / "home" / ".aws" / "credentials", folder / "secret.txt"):
            found.canary(path)
        found.canary(space.root / ".git" / "token")
        found.planted += [honest / "planted.py", space.root / "planted", folder / "home" / "planted"]
        found.planted += [space.cache / name / "planted" for name in ("results", "environments", "mypy")]
        with_sources(space, found)
        with_plugins(space, found)
        with_settings(space)
        with_wheel(space, found, address)
        for name, (place, target) in LINKS.items():
            way = target if target.startswith(("/", "..")) else str(folder / target)
            link = space.integration(name) / place
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(way)
        subprocess.run(["git", "-C", str(space.root), "add", "."], check=True)
        done = space.lint("--verbose", "--format", "json", environ=secrets(found))
        time.sleep(3.5)
        by: dict[str, list[str]] = {}
        for one in json.loads(done.stdout)["findings"]:
            by.setdefault(one["integration"], []).append(f"{one['code']} {one['message']}")
        yield Linted(done.returncode, by, done.stdout + done.stderr, found, space)


def test_nothing_was_written_and_nobody_was_called(linted: Linted) -> None:
    assert linted.traps.sprung == []


def test_no_secret_was_printed(linted: Linted) -> None:
    assert re.findall(r"CANARY-of-\S+", linted.printed) == []


def test_the_harmful_code_did_run_in_the_sandbox(linted: Linted) -> None:
    """Without this the other tests would prove nothing."""
    assert linted.printed.count("LOOT") >= 1, linted.printed


def test_no_secret_is_in_what_was_kept(linted: Linted) -> None:
    """But what mypy keeps of the module of the honest one, for that one."""
    for path in linted.space.cache.rglob("*"):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("local_secret."):
            assert b"CANARY-of" not in path.read_bytes(), path


def test_the_verdict_on_the_honest_one_is_its_own(linted: Linted) -> None:
    (finding,) = linted.findings["honest"]
    assert finding.startswith('LNT102 Argument 1 to "fetch" has incompatible type "str"')


@pytest.mark.parametrize("kind", SOURCES)
def test_a_package_that_runs_code_is_refused(linted: Linted, kind: str) -> None:
    (finding,) = linted.findings[f"source-{kind}"]
    assert finding.startswith("LNT003 evil comes from ")
    assert "source-packages" in linted.printed


@pytest.mark.parametrize("name", LINKS)
def test_a_folder_with_a_link_to_what_is_not_its_own_is_not_linted(linted: Linted, name: str) -> None:
    assert linted.findings.get(name) is None
    said = linted.lint("-i", name)
    assert said.returncode == 3
    assert "linked.py is a link" in said.stderr


def test_what_may_run_code_is_never_kept(linted: Linted) -> None:
    for name in ("code-plugin", "code-executable", "code-unread"):
        why = "pyproject.toml cannot be read" if "unread" in name else "mypy is set to run code of the folder"
        assert f"{name}: mypy runs every time: {why}" in linted.lint("--why", name).stdout
    assert linted.status == 3
