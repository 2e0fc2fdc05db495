"""Environments: made once, shared, checked, swept; with a stand-in for uv, and (slow) with uv itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.core.errors import ServiceError
from seatrial.dependencies.requirements import Requirement, Requirements
from seatrial.lint.environments import venv
from seatrial.lint.environments.environment import Environment, EnvironmentRequest
from seatrial.lint.environments.pool import Environments
from seatrial.lint.environments.venv import CI, own_python, under_ci
from seatrial.lint.interpreters import Interpreter, interpreters
from seatrial.system import locks, process, uv
from seatrial.system.sandbox import View
from support.paths import SOURCES, TESTS
from support.services import lacking, mounted

PYTHON = Interpreter(Path(os.path.realpath(sys.executable)), "3.12.1", "cpython", {})
CORE = ("alpha==1.0", "beta==2.0", "gamma==3.0", "kappa==4.0")


@dataclass
class FakeUv:
    """A replacement for uv: it records what it is asked, and makes environments of empty packages."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    says: str = ""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    def run(self, *arguments: str, cwd: Path | None = None, seconds: float = 0) -> process.Ran:
        self.asked.append(arguments)
        assert cwd is not None
        if arguments[0] == "venv":
            self.venv(Path(arguments[-1]))
            return process.Ran(0, b"", b"")
        self.meanwhile()
        lines = (cwd / "requirements.txt").read_text().splitlines()
        if self.says and any(line.startswith("bad") for line in lines):
            return process.Ran(1, b"", self.says.encode())
        for line in lines:
            self.install(cwd / "made", line)
        return process.Ran(0, b"", b"")

    def venv(self, place: Path) -> None:
        (place / "bin").mkdir(parents=True)
        (place / "bin" / "python").symlink_to(PYTHON.path)
        (place / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
        (place / "lib" / "python3.12" / "site-packages").mkdir(parents=True)

    def install(self, place: Path, line: str) -> None:
        name, _, version = line.split(" ")[0].partition("==")
        site = place / "lib" / "python3.12" / "site-packages"
        (site / f"{name}-{version}.dist-info").mkdir()
        for file in self.files.get(name, (f"{name}/__init__.py",)):
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_text(name)

    def run_confined(self, *arguments: str, cwd: Path, view: View, **more: object) -> process.Ran:
        assert view.network
        return self.run(*arguments, "--confined", cwd=cwd)

    @property
    def installs(self) -> int:
        return sum(one[:2] == ("pip", "install") and "--offline" in one for one in self.asked)


@pytest.fixture
def fake_uv(monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    fake_uv = FakeUv()
    monkeypatch.setattr(uv, "run", fake_uv.run)
    monkeypatch.setattr(uv, "run_confined", fake_uv.run_confined)
    return fake_uv


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "environments"


def requirements(*lines: str) -> Requirements:
    pins = (Requirement(line.partition("==")[0], line.partition("==")[2], line) for line in lines)
    return Requirements(tuple(sorted(pins)), {})


def want(folder: Path, name: str, *lines: str) -> EnvironmentRequest:
    (folder / name).mkdir(exist_ok=True)
    return EnvironmentRequest(name, folder / name, folder, requirements(*lines), PYTHON)


def good(found: Environment | ServiceError) -> Environment:
    assert isinstance(found, Environment), found
    return found


def test_one_integration_gets_one_environment_with_its_packages(
    tmp_path: Path, store: Path, fake_uv: FakeUv
) -> None:
    with Environments(store) as environments:
        found = good(environments.prepare([want(tmp_path, "jira", *CORE)])["jira"])
    assert found.base is None
    assert found.packages == {"alpha": "1.0", "beta": "2.0", "gamma": "3.0", "kappa": "4.0"}
    assert found.python == store / found.key / "bin" / "python"
    assert (found.site / "alpha" / "__init__.py").exists()
    assert not list(store.glob("*.part"))


def test_what_many_share_is_in_a_base_that_is_installed_once(
    tmp_path: Path, store: Path, fake_uv: FakeUv
) -> None:
    wanted = [want(tmp_path, name, *CORE, f"{name}==1") for name in ("jira", "aws", "sentry")]
    with Environments(store) as environments:
        found = {name: good(one) for name, one in environments.prepare(wanted).items()}
    [base] = {one.base.key for one in found.values() if one.base}
    assert found["jira"].shared.packages.keys() == {"alpha", "beta", "gamma", "kappa"}
    assert found["jira"].packages.keys() == {"alpha", "beta", "gamma", "kappa", "jira"}
    assert fake_uv.installs == 4
    added = next(found["jira"].site.glob("*.pth")).read_text()
    assert f"addsitedir('{store}/{base}/lib/python3.12/site-packages')" in added


def test_a_second_run_makes_nothing(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    wanted = [want(tmp_path, name, *CORE, f"{name}==1") for name in ("jira", "aws")]
    with Environments(store) as environments:
        first = environments.prepare(wanted)
    fake_uv.asked.clear()
    with Environments(store) as environments:
        assert environments.prepare(wanted) == first
    assert fake_uv.asked == []


def test_one_integration_uses_an_existing_base(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    with Environments(store) as environments:
        environments.prepare([want(tmp_path, "jira", *CORE)])
        found = good(environments.prepare([want(tmp_path, "aws", *CORE, "aws==1")])["aws"])
    assert found.base is not None
    assert found.base.packages.keys() == {"alpha", "beta", "gamma", "kappa"}


def test_another_python_is_another_environment(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    one = want(tmp_path, "jira", *CORE)
    two = replace(one, name="aws", interpreter=replace(PYTHON, version="3.12.2"))
    with Environments(store) as environments:
        found = environments.prepare([one, two])
    assert good(found["jira"]).key != good(found["aws"]).key


def test_files_of_one_package_in_base_and_overlay_are_put_into_one_folder(
    tmp_path: Path, store: Path, fake_uv: FakeUv
) -> None:
    fake_uv.files = {"beta": ("fleet/__init__.py", "fleet/beta.py"), "jira": ("fleet/jira.py",)}
    wanted = [want(tmp_path, name, *CORE, f"{name}==1") for name in ("jira", "aws")]
    for _ in range(2):
        with Environments(store) as environments:
            found = {name: good(one) for name, one in environments.prepare(wanted).items()}
        assert found["jira"].base is None
        assert found["jira"].packages.keys() == {"alpha", "beta", "gamma", "kappa", "jira"}
        assert sorted(path.name for path in (found["jira"].site / "fleet").iterdir()) == [
            "__init__.py",
            "beta.py",
            "jira.py",
        ]
        assert found["aws"].base is not None
    assert fake_uv.installs == 4


def test_a_namespace_may_be_in_base_and_overlay(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    fake_uv.files = {"beta": ("fleet/beta/__init__.py",), "jira": ("fleet/jira/__init__.py",)}
    wanted = [want(tmp_path, name, *CORE, f"{name}==1") for name in ("jira", "aws")]
    with Environments(store) as environments:
        assert good(environments.prepare(wanted)["jira"]).base is not None


def unlist(place: Path) -> None:
    (place / "lib" / "python3.12" / "site-packages" / "alpha-1.0.dist-info").rmdir()


def empty(place: Path) -> None:
    shutil.rmtree(place / "lib" / "python3.12" / "site-packages" / "alpha")


def intrude(place: Path) -> None:
    (place / "lib" / "python3.12" / "site-packages" / "foreign-1.dist-info").mkdir()


def dangle(place: Path) -> None:
    (place / "bin" / "python").unlink()
    (place / "bin" / "python").symlink_to("/no/such/python")


DAMAGES = {
    "a package is no longer listed": unlist,
    "a package is gone": empty,
    "another package was installed": intrude,
    "its python is gone": dangle,
    "the manifest is no JSON": lambda place: (place / "seatrial.json").write_text("{"),
    "the manifest is empty": lambda place: (place / "seatrial.json").write_text(""),
    "the manifest says other things": lambda place: (place / "seatrial.json").write_text(
        '{"format": 1, "entries": {}}'
    ),
    "the manifest is gone": lambda place: (place / "seatrial.json").unlink(),
    "all is gone": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_it_is_made_again_where(
    tmp_path: Path, store: Path, fake_uv: FakeUv, damage: Callable[[Path], object]
) -> None:
    wanted = [want(tmp_path, "jira", *CORE)]
    with Environments(store) as environments:
        first = good(environments.prepare(wanted)["jira"])
    damage(store / first.key)
    with Environments(store) as environments:
        assert good(environments.prepare(wanted)["jira"]) == first
    assert fake_uv.installs == 2
    assert (first.site / "alpha" / "__init__.py").exists()


def test_two_runs_at_once_make_it_once(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    begun, told, found = threading.Event(), [], []
    fake_uv.meanwhile = lambda: (begun.set(), time.sleep(0.3))[0]
    wanted = [want(tmp_path, "jira", *CORE)]

    def other() -> None:
        with Environments(store) as environments:
            found.append(environments.prepare(wanted))

    run = threading.Thread(target=other)
    run.start()
    assert begun.wait(10)
    with Environments(store) as environments:
        found.append(environments.prepare(wanted, tell=told.append))
    run.join()
    assert found[0] == found[1]
    assert fake_uv.installs == 1
    assert told == ["waiting for another run that makes the same environment"]


def test_a_wait_can_be_interrupted(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    with Environments(store) as environments:
        key = good(environments.prepare([want(tmp_path, "jira", *CORE)])["jira"]).key
    shutil.rmtree(store / key)
    lock = locks.take(store / f"{key}.lock", exclusive=True)
    assert lock is not None

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with Environments(store) as environments, pytest.raises(KeyboardInterrupt):
        environments.prepare([want(tmp_path, "jira", *CORE)], tell=interrupt)
    os.close(lock)


def test_what_is_in_use_is_not_swept(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    wanted = [want(tmp_path, name, *CORE, f"{name}==1") for name in ("jira", "aws")]
    user, sweeper = Environments(store), Environments(store)
    keys = {good(one).key for one in user.prepare(wanted).values()}
    assert sweeper.sweep(max_age=-1, max_bytes=0) == 0
    assert keys < {path.name for path in store.iterdir()}
    user.close()
    assert sweeper.sweep(max_age=-1, max_bytes=0) > 0
    assert list(store.iterdir()) == []


def test_the_longest_unused_goes_first_and_only_as_much_as_needed(
    tmp_path: Path, store: Path, fake_uv: FakeUv
) -> None:
    keys = []
    for age, name in enumerate(("jira", "aws", "sentry")):
        with Environments(store) as environments:
            keys.append(good(environments.prepare([want(tmp_path, name, f"{name}==1")])[name]).key)
        os.utime(store / f"{keys[-1]}.lock", (1000 + age, 1000 + age))
    sizes = [json.loads((store / key / "seatrial.json").read_text())["bytes"] for key in keys]
    with Environments(store) as environments:
        environments.prepare([want(tmp_path, "jira", "jira==1")])
    assert Environments(store).sweep(max_age=10**12, max_bytes=sum(sizes) - 1) == sizes[1]
    assert {path.name for path in store.iterdir() if path.is_dir()} == {keys[0], keys[2]}
    assert Environments(store).sweep(max_age=3600, max_bytes=10**12) == sizes[2]


def test_abandoned_parts_are_swept_but_not_what_is_being_made(
    tmp_path: Path, store: Path, fake_uv: FakeUv
) -> None:
    left = store / f"{'0' * 32}.123abc.part"
    left.mkdir(parents=True)
    seen: list[int] = []

    def sweep() -> None:
        Environments(store).sweep(max_age=0, max_bytes=0)
        seen.append(len(list(store.glob("*.part"))))

    fake_uv.meanwhile = sweep
    with Environments(store) as environments:
        good(environments.prepare([want(tmp_path, "jira", *CORE)])["jira"])
    assert seen == [1]
    assert not left.exists()


def test_files_of_others_are_left_alone(store: Path) -> None:
    (store / "notes").mkdir(parents=True)
    (store / "x.part").mkdir()
    assert Environments(store).sweep(max_age=-1, max_bytes=0) == 0
    assert sorted(path.name for path in store.iterdir()) == ["notes", "x.part"]


FAILURES = {
    "other content": (
        "error: Failed to download `bad==1.0`\n  cause: Hash mismatch for `bad==1.0`\n\n  Expected:\n   sha256:00",
        'jira: the files of "bad" 1.0 are not those that poetry.lock pins (other hashes); '
        'find out why, then type "poetry lock"',
    ),
    "no such package": (
        "error: No solution found\n  cause: Because bad was not found in the package registry and you asked",
        'jira: no package index has "bad" 1.0; correct pyproject.toml and type "poetry lock", or set UV_INDEX',
    ),
    "no such version": (
        "error: No solution found\n  cause: Because there is no version of bad==1.0 and you require bad==1.0",
        'jira: no package index has "bad" 1.0; correct pyproject.toml and type "poetry lock", or set UV_INDEX',
    ),
    "no network": (
        "error: Failed to fetch: https://me:secret@index.example/simple/\n  cause: error sending request for url\n"
        "  cause: dns error",
        "jira: the package index cannot be reached; check the network or the proxy and run it again",
    ),
    "no leave": (
        "error: Failed to fetch: `https://index.example/bad/`\n  cause: HTTP status client error (401 Unauthorized)",
        "jira: the package index refuses access (HTTP status client error (401 Unauthorized); "
        "check the user and password in UV_INDEX",
    ),
    "no wheel": (
        "cause: Because bad==1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and you require",
        'jira: "bad" has no file for Python 3.12 on this machine; choose another version of it and type "poetry lock", '
        "or set SEATRIAL_LINT_PYTHON to another Python",
    ),
    "no compiler": (
        "  x Failed to build `bad==1.0`\n  cause: The build backend returned an error",
        'jira: "bad" 1.0 has to be built for Python 3.12 and cannot; "pip wheel --no-deps bad==1.0" shows why',
    ),
    "no space": (
        "error: failed to copy file: No space left on device (os error 28)",
        "jira: no space is left on the disk; free some, or set SEATRIAL_CACHE to a folder on another disk",
    ),
    "no leave to write": (
        "error: failed to open file `/x`: Permission denied (os error 13)",
        "jira: a folder cannot be written (permission denied (os error); set SEATRIAL_CACHE and UV_CACHE_DIR to others",
    ),
    "something else": (
        "warning: x\nerror: Odd \x1b[31mthing at https://me:secret@x.example\n  cause: because\n",
        "jira: uv cannot install its packages: Odd ?[31mthing at https://x.example: because",
    ),
    "nothing": ("?", "jira: uv cannot install its packages: it does not say why"),
}


@pytest.mark.parametrize(("says", "line"), FAILURES.values(), ids=FAILURES)
def test_one_line_names_the_integration_and_what_to_do_with(
    tmp_path: Path, store: Path, fake_uv: FakeUv, says: str, line: str
) -> None:
    fake_uv.says = says
    wanted = [want(tmp_path, "jira", *CORE, "bad==1.0"), want(tmp_path, "aws", *CORE)]
    with Environments(store) as environments:
        found = environments.prepare(wanted)
    assert str(found["jira"]) == line
    assert isinstance(found["jira"], ServiceError)
    assert good(found["aws"]).packages.keys() == {"alpha", "beta", "gamma", "kappa"}
    assert not list(store.glob("*.part"))


def test_what_failed_is_tried_again(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    wanted = [want(tmp_path, "jira", "bad==1.0")]
    fake_uv.says = "error: x"
    with Environments(store) as environments:
        assert isinstance(environments.prepare(wanted)["jira"], ServiceError)
        fake_uv.says = ""
        good(environments.prepare(wanted)["jira"])


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A place where nothing can be made."""
    (tmp_path / "sealed").write_text("")
    return tmp_path / "sealed" / "environments"


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, sealed: Path, fake_uv: FakeUv) -> None:
    with Environments(sealed) as environments:
        found = environments.prepare([want(tmp_path, "jira", *CORE)])["jira"]
        assert environments.sweep(0, 0) == 0
    assert (
        str(found)
        == f"jira: {sealed} cannot be written: not a directory; set SEATRIAL_CACHE to a folder that can"
    )


def local(folder: Path, name: str, path: str, editable: bool = False) -> EnvironmentRequest:
    wanted = want(folder, name)
    pin = Requirement("alpha", "1.0", "", path, editable, "a folder")
    return replace(wanted, requirements=Requirements((pin,), {}))


def test_a_package_of_the_workspace_is_installed_by_its_path_and_known_by_its_content(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, fake_uv: FakeUv
) -> None:
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "x.py").write_text("1")
    lines: list[str] = []
    monkeypatch.setattr(FakeUv, "install", lambda self, place, line: lines.append(line))
    keys = set()
    for content in ("1", "2", "1"):
        (tmp_path / "alpha" / "x.py").write_text(content)
        with Environments(store) as environments:
            keys.add(good(environments.prepare([local(tmp_path, "jira", "../alpha")])["jira"]).key)
    assert len(keys) == 2
    assert set(lines) == {f"alpha @ file://{tmp_path}/alpha"}
    assert all("--confined" in one for one in fake_uv.asked if one[0] == "pip")


@pytest.mark.parametrize("planted", ["made/seatrial.json", "made/lib", "made"])
def test_what_a_build_planted_is_not_written_through(
    tmp_path: Path, store: Path, fake_uv: FakeUv, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    """A package that may be built puts a link where the environment is finished outside the sandbox."""
    outside = tmp_path / "outside"
    (outside / "python3.12" / "site-packages").mkdir(parents=True)
    (outside / "canary").write_text("canary")

    def build(*arguments: str, cwd: Path, **more: object) -> process.Ran:
        place = cwd / planted
        if place.exists():
            place.rename(cwd / "aside")
        place.symlink_to(outside / "canary" if place.suffix else outside)
        return process.Ran(0, b"", b"")

    monkeypatch.setattr(uv, "run_confined", build)
    (tmp_path / "alpha").mkdir()
    with Environments(store) as environments:
        environments.prepare([local(tmp_path, "jira", "../alpha")])
    assert (outside / "canary").read_text() == "canary"
    assert sorted(path.name for path in outside.iterdir()) == ["canary", "python3.12"]


def test_what_comes_as_a_wheel_is_never_built(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    with Environments(store) as environments:
        good(environments.prepare([want(tmp_path, "jira", *CORE)])["jira"])
    assert all("--no-build" in one for one in fake_uv.asked if one[0] == "pip")


@pytest.mark.parametrize("way", ["../../..", "/etc", "../link"])
def test_a_package_outside_the_workspace_is_refused(
    tmp_path: Path, store: Path, fake_uv: FakeUv, way: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to("/etc")
    with Environments(store) as environments:
        found = environments.prepare([local(root, "jira", way), want(root, "aws", *CORE)])
    assert (
        str(found["jira"])
        == f'jira: poetry.lock takes "alpha" from "{way}", outside the workspace; move it inside'
    )
    good(found["aws"])


def test_a_package_that_is_not_there_is_named(tmp_path: Path, store: Path, fake_uv: FakeUv) -> None:
    with Environments(store) as environments:
        found = environments.prepare([local(tmp_path, "jira", "../nothing")])["jira"]
    assert 'poetry.lock takes "alpha" from "../nothing", where nothing can be read' in str(found)


@pytest.fixture
def author(
    tmp_path: Path, store: Path, fake_uv: FakeUv, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Environment]:
    """What is prepared for an integration that has a `.venv` of its own, changed by `change`."""
    for name in CI:
        monkeypatch.delenv(name, raising=False)

    def prepared(change: Callable[[Path], object] = lambda venv: None, private: bool = True) -> Environment:
        wanted = want(tmp_path, "jira", *CORE)
        own = wanted.folder / ".venv"
        fake_uv.venv(own)
        for line in (*CORE, "pip==25.0"):
            fake_uv.install(own, line)
        change(own)
        with Environments(store, lambda folder: private) as environments:
            return good(environments.prepare([wanted])["jira"])

    return prepared


def test_an_own_venv_that_equals_the_lock_is_used(author: Callable[..., Environment], tmp_path: Path) -> None:
    found = author()
    assert found.site == tmp_path / "jira" / ".venv" / "lib" / "python3.12" / "site-packages"
    assert found.packages == {"alpha": "1.0", "beta": "2.0", "gamma": "3.0", "kappa": "4.0"}
    assert own_python(tmp_path / "jira", [PYTHON]) == PYTHON


def test_an_own_venv_that_is_not_the_persons_own_to_git_is_not_used(
    author: Callable[..., Environment], store: Path
) -> None:
    assert author(private=False).python.is_relative_to(store)


@pytest.mark.parametrize("name", CI)
def test_no_own_venv_is_used_in_ci(
    author: Callable[..., Environment], store: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def arrive(venv: Path) -> None:
        monkeypatch.setenv(name, "true")

    assert author(arrive).python.is_relative_to(store)


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
def test_a_variable_that_denies_it_is_no_ci(value: str) -> None:
    assert not under_ci(dict.fromkeys(CI, value))


OWNED = ("", "bin", "bin/python", "pyvenv.cfg", "lib/python3.12/site-packages/alpha/__init__.py")


@pytest.mark.parametrize("part", OWNED)
def test_an_own_venv_is_not_used_of_which_somebody_else_owns_a_part(
    author: Callable[..., Environment], store: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    real = venv._all_in

    def disowned(place: Path) -> Iterator[tuple[Path, object]]:
        for path, there in real(place):
            owner = there.st_uid + (path == place / part)
            yield path, SimpleNamespace(st_uid=owner, st_mode=there.st_mode)

    monkeypatch.setattr(venv, "_all_in", disowned)
    assert author().python.is_relative_to(store)


def site(venv: Path) -> Path:
    return venv / "lib" / "python3.12" / "site-packages"


def project(venv: Path, folder: Path) -> None:
    """Install the integration itself, read in place."""
    (site(venv) / "jira-0.1.dist-info").mkdir()
    (site(venv) / "jira-0.1.dist-info" / "RECORD").write_text("jira.pth,,\n")
    (site(venv) / "jira-0.1.dist-info" / "direct_url.json").write_text(json.dumps({"url": folder.as_uri()}))
    (site(venv) / "jira.pth").write_text(f"{folder}\n")
    for name in site(venv).glob("*.dist-info"):
        (name / "RECORD").touch()


def test_the_project_itself_may_be_installed_in_an_own_venv(
    author: Callable[..., Environment], store: Path
) -> None:
    assert not author(lambda venv: project(venv, venv.parent)).python.is_relative_to(store)


def move(venv: Path) -> None:
    venv.rename(venv.parent / "elsewhere")
    venv.symlink_to(venv.parent / "elsewhere")


def relink(venv: Path) -> None:
    shutil.rmtree(site(venv) / "alpha")
    (site(venv) / "alpha").symlink_to("/etc")


def rename(venv: Path, old: str, new: str) -> None:
    (site(venv) / old).rename(site(venv) / new)


OTHERS = {
    "is a link": move,
    "has another version": lambda venv: rename(venv, "alpha-1.0.dist-info", "alpha-1.1.dist-info"),
    "lacks a package": lambda venv: (site(venv) / "alpha-1.0.dist-info").rmdir(),
    "has one package more": lambda venv: (site(venv) / "more-1.dist-info").mkdir(),
    "has one of the old form": lambda venv: (site(venv) / "more.egg-info").mkdir(),
    "links out": relink,
    "adds to the path": lambda venv: (site(venv) / "more.pth").write_text("/tmp\n"),
    "runs code on start": lambda venv: (site(venv) / "more.pth").write_text("import os\n"),
    "is of another folder": lambda venv: project(venv, Path("/tmp")),
    "sees the machine's packages": lambda venv: (venv / "pyvenv.cfg").write_text(
        "include-system-site-packages = true"
    ),
    "has no settings": lambda venv: (venv / "pyvenv.cfg").unlink(),
    "has another Python": lambda venv: (
        (venv / "bin" / "python").unlink(),
        (venv / "bin" / "python").symlink_to("/bin/sh"),
    ),
    "is a file": lambda venv: (shutil.rmtree(venv), venv.write_text("")),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_an_own_venv_is_not_used_that(
    author: Callable[..., Environment], store: Path, change: Callable[[Path], object]
) -> None:
    assert author(change).python.is_relative_to(store)


def test_settings_of_a_person_that_change_what_is_installed_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, object] = {}

    def run(arguments: list[str], **more: object) -> process.Ran:
        seen.update(more)
        return process.Ran(0, b"", b"")

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(uv, "program", lambda: "uv")
    kept = {
        "HOME": "/home/me",
        "UV_INDEX_URL": "https://x.example",
        "UV_CACHE_DIR": "/c",
        "SSL_CERT_FILE": "c",
    }
    left = (
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "UV_PROJECT",
        "UV_CONSTRAINT",
        "UV_EXCLUDE_NEWER",
        "UV_TARGET",
        "CONDA_PREFIX",
    )
    monkeypatch.setattr(os, "environ", {**kept, **dict.fromkeys(left, "x")})
    uv.run("venv")
    assert seen["env"] == kept
    assert seen["clean"] is True


SIX = "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"
LINES = {"six": SIX, "idna": "idna==3.7", "toml": "toml==0.10.2", "iniconfig": "iniconfig==2.0.0"}


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return interpreters(tmp_path_factory.mktemp("pythons") / "i.json")[-1]


def real(folder: Path, python: Interpreter, name: str, *packages: str) -> EnvironmentRequest:
    (folder / name).mkdir(exist_ok=True)
    lines = (LINES.get(one, one) for one in packages)
    pins = (
        Requirement(line.partition("==")[0], line.split(" ")[0].partition("==")[2], line) for line in lines
    )
    return EnvironmentRequest(name, folder / name, folder, Requirements(tuple(sorted(pins)), {}), python)


def prepared(store: Path, *wanted: EnvironmentRequest) -> dict[str, Environment | ServiceError]:
    with Environments(store) as environments:
        found = environments.prepare(wanted)
    if any("cannot be reached" in str(one) for one in found.values()):
        lacking("an answer of the package index", "set UV_DEFAULT_INDEX to an index within reach")
    return found


def says(environment: Environment, code: str) -> str:
    done = subprocess.run([environment.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


LISTED = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"


@pytest.mark.slow
def test_uv_makes_a_base_and_overlays_in_which_exactly_the_packages_are_seen(
    tmp_path: Path, store: Path, python: Interpreter
) -> None:
    core = ("six", "idna")
    found = prepared(
        store,
        real(tmp_path, python, "jira", *core, "toml"),
        real(tmp_path, python, "aws", *core, "iniconfig"),
    )
    jira, aws = good(found["jira"]), good(found["aws"])
    assert jira.base == aws.base
    assert says(jira, LISTED) == "idna six toml"
    assert says(aws, LISTED) == "idna iniconfig six"
    assert says(jira, "import six, toml; print(six.__file__)") == str(jira.shared.site / "six.py")


@pytest.mark.slow
def test_settings_of_uv_in_a_folder_above_are_not_read(tmp_path: Path, python: Interpreter) -> None:
    (tmp_path / "uv.toml").write_text('no-index = true\n[pip]\ntarget = "/nowhere"\n')
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\noverride-dependencies = ["six==1.15.0"]\n')
    found = good(prepared(tmp_path / "cache", real(tmp_path, python, "jira", "six"))["jira"])
    assert says(found, "import six; print(six.__version__)") == "1.16.0"


@pytest.mark.slow
def test_uvs_own_words_become_one_line(tmp_path: Path, store: Path, python: Interpreter) -> None:
    changed = re.sub("sha256:8abb", "sha256:0000", SIX)
    found = prepared(
        store,
        real(tmp_path, python, "jira", changed),
        real(tmp_path, python, "aws", "no-such-package-of-seatrial==1.0"),
        real(tmp_path, python, "sentry", "six==99.1"),
        real(tmp_path, python, "extra", "idna"),
    )
    assert str(found["jira"]).startswith(
        'jira: the files of "six" 1.16.0 are not those that poetry.lock pins'
    )
    assert str(found["aws"]).startswith('aws: no package index has "no-such-package-of-seatrial" 1.0;')
    assert str(found["sentry"]).startswith('sentry: no package index has "six" 99.1;')
    good(found["extra"])


@pytest.mark.slow
def test_without_a_network_what_uv_has_already_is_enough(
    tmp_path: Path, store: Path, python: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(prepared(store, real(tmp_path, python, "jira", "six"))["jira"])
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    shutil.rmtree(store)
    good(prepared(store, real(tmp_path, python, "jira", "six"))["jira"])
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    with Environments(tmp_path / "other") as environments:
        found = environments.prepare([real(tmp_path, python, "jira", "six")])["jira"]
    assert (
        str(found)
        == "jira: the package index cannot be reached; check the network or the proxy and run it again"
    )


PROGRAM = """
import os
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1].split(os.pathsep)
import test_environments as t
from seatrial.lint.environments.pool import Environments
from seatrial.lint.interpreters import interpreters
folder = Path(sys.argv[2])
python = interpreters(folder / "i.json")[-1]
with Environments(folder / "store") as environments:
    found = environments.prepare([t.real(folder, python, "jira", "six", "idna"), t.real(folder, python, "aws", "toml")])
    print(all(t.says(t.good(one), "print(1)") for one in found.values()), flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_point_the_next_run_is_right(tmp_path: Path, python: Interpreter) -> None:
    prepared(
        tmp_path / "warm",
        real(tmp_path, python, "jira", "six", "idna"),
        real(tmp_path, python, "aws", "toml"),
    )
    places = os.pathsep.join((str(Path(__file__).parent), str(TESTS), str(SOURCES)))
    command = [sys.executable, "-c", PROGRAM, places, str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    for step in range(6):
        shutil.rmtree(tmp_path / "store", ignore_errors=True)
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.25 + step * 0.08)
        run.send_signal(signal.SIGKILL)
        run.wait()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout == "True\n"
    Environments(tmp_path / "store").sweep(10**12, 10**12)
    assert not list((tmp_path / "store").glob("*.part"))


@pytest.mark.slow
def test_a_full_disk_is_reported_and_the_next_run_is_right(tmp_path: Path, python: Interpreter) -> None:
    prepared(tmp_path / "warm", real(tmp_path, python, "jira", "six"))
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=24k", "tmpfs") as again:
        found = prepared(disk / "store", real(tmp_path, python, "jira", "six"))["jira"]
        assert "no space" in str(found)
        again("-o", "remount,size=20m")
        good(prepared(disk / "store", real(tmp_path, python, "jira", "six"))["jira"])
