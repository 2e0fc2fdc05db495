"""Lint as people run it, with real tools: against the slow way, cold and kept, broken and interrupted."""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from support.confined import with_bytecode
from support.lintspace import TOOLS, Space
from support.often import rounds
from support.services import mounted

pytestmark = pytest.mark.slow

Edit = Callable[[Path], None]


def edited(path: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / path).read_text()
        assert text.count(old) == 1
        (folder / path).write_text(text.replace(old, new))

    return edit


def added(path: str, text: str | bytes) -> Edit:
    def edit(folder: Path) -> None:
        data = text.encode() if isinstance(text, str) else text
        (folder / path).write_bytes(
            ((folder / path).read_bytes() if (folder / path).exists() else b"") + data
        )

    return edit


FAULTS: Mapping[str, Edit] = {
    "clean": lambda folder: None,
    "type": edited("main.py", "fetch(3)", 'fetch("3")'),
    "type-of-a-dependency": edited("client.py", 'click.echo("fetching")', 'click.echo("fetching", nl="no")'),
    "unused-ignore": edited("main.py", "fetch(3)", "fetch(3)  # type: ignore"),
    "unused-import": edited("client.py", "import click\n", "import os\n\nimport click\n"),
    "format": edited("client.py", "count: int", "count:int"),
    "syntax": added("broken.py", "def broken(:\n"),
    "latin": added("latin.py", b"x = '\xe9'\n"),
    "broken-pyproject": added("pyproject.toml", "[tool.black\n"),
    "unknown-settings": added("pyproject.toml", 'speed = "fast"\n'),
    "bad-yaml": added(".port/spec.yaml", "kinds: [a\n"),
    "latin-yaml": added("latin.yaml", b"a: '\xe9'\n"),
    "duplicate-key": added(".port/spec.yaml", "title: Again\n"),
    "stale-lock": edited(
        "pyproject.toml", "[tool.poetry.dependencies]\n", '[tool.poetry.dependencies]\nattrs = "^25"\n'
    ),
    "missing-readme": edited("pyproject.toml", "authors = []\n", 'authors = []\nreadme = "README.md"\n'),
    "several": lambda folder: (
        [FAULTS[name](folder) for name in ("type", "unused-import", "format", "bad-yaml")] and None
    ),
}


OLDER = TOOLS | {"ruff": "0.7.4"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for all processes of this run of the tests, with what a lint of four integrations leaves.

    Only its environments, its seeds of mypy's cache, which lint makes for so many integrations, and its list of
    Pythons are used.
    """
    own = tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared-lint"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "ready").exists():
            space = Space(place / "workspace", place / "cache")
            for name, packages in (("a", TOOLS), ("b", TOOLS), ("c", TOOLS), ("d", OLDER)):
                space.integration(name, packages)
            assert space.said() == (0, [])
            FAULTS["several"](space.integration("one"))
            space.integration("two", OLDER)
            (place / "several.json").write_text(json.dumps(space.said("-i", "one,two")))
            (place / "ready").touch()
    return place / "cache"


@pytest.fixture
def said_of_several(space: Space, shared: Path) -> tuple[int, list[str]]:
    """Give "one" several faults, and return the status and findings of a whole, undisturbed lint of such a space."""
    FAULTS["several"](space.root / "integrations" / "one")
    status, said = json.loads((shared.parent / "several.json").read_text())
    assert said
    return status, said


def seeded(cache: Path, shared: Path) -> None:
    """Begin a cache with what is shared, so that not every test makes environments and checks typeshed."""
    shutil.copytree(shared / "mypy" / "seeds", cache / "mypy" / "seeds")
    shutil.copy(shared / "interpreters.json", cache)
    (with_bytecode(cache) / "environments").symlink_to(shared / "environments")


@pytest.fixture
def space(tmp_path: Path, shared: Path) -> Space:
    """A workspace of two integrations with a cache of its own: environments and seeds are shared, no results."""
    space = Space(tmp_path / "workspace", tmp_path / "cache")
    space.integration("one")
    space.integration("two", OLDER)
    space.cache.mkdir()
    seeded(space.cache, shared)
    return space


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with what the lock pins, made by uv itself, and beside it the cache of mypy for FILES."""
    place = tmp_path_factory.mktemp("hand") / "environment"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
    pins = [f"{name}=={version}" for name, version in TOOLS.items()]
    python = str(place / "bin" / "python")
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "--no-deps", *pins], check=True)
    clean = Space(place.parent, place.parent / "unused").integration("clean")
    cached = [str(place / "bin" / "mypy"), ".", "--cache-dir", str(place.parent / "mypy")]
    subprocess.run(cached, cwd=clean, check=True, capture_output=True)
    return place / "bin"


def slow_way(folder: Path, programs: Path) -> dict[str, int]:
    """The statuses of the five tools, run by hand in the folder, where mypy has a cache of the clean one."""
    cache = folder.parent / f"mypy-{folder.name}"
    shutil.copytree(programs.parent.parent / "mypy", cache)
    commands = {
        "poetry": [sys.executable, "-m", "poetry", "check"],
        "mypy": [str(programs / "mypy"), ".", "--exclude", r"/\.venv/", "--cache-dir", str(cache)],
        "ruff": [str(programs / "ruff"), "check", "--no-cache", "."],
        "black": [str(programs / "black"), "--check", "."],
        "yamllint": [str(programs / "yamllint"), "."],
    }
    environ = {
        "HOME": str(folder.parent),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "BLACK_CACHE_DIR": str(folder.parent),
    }
    return {
        name: subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False).returncode
        for name, command in commands.items()
    }


CODES = {"poetry": "LNT101", "mypy": "LNT102", "ruff": "LNT103", "black": "LNT104", "yamllint": "LNT105"}
TOOL_OF = {code: name for name, code in CODES.items()} | {"LNT201": "poetry"}


def failed_tools(space: Space, *arguments: str) -> dict[str, set[str]]:
    """The tools that have an error, by integration, by Seatrial."""
    done = space.lint("--tools", ",".join(CODES), "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, set[str]] = {}
    for one in json.loads(done.stdout)["findings"]:
        if one["severity"] == "error":
            found.setdefault(one["integration"], set()).add(TOOL_OF[one["code"]])
    return found


FAULTS_TOGETHER = (
    ("type", "missing-readme", "bad-yaml"),
    ("type-of-a-dependency", "stale-lock", "unused-import", "latin-yaml"),
    ("unused-ignore", "format", "duplicate-key"),
)
"""Faults for different tools that share a folder in most runs; in the weekly one each fault has a folder."""


def folders_of_faults() -> list[tuple[str, ...]]:
    """The faults of each folder to lint."""
    together = FAULTS_TOGETHER[: rounds(len(FAULTS_TOGETHER), 0)]
    shared = {fault for faults in together for fault in faults} | ({"several"} if together else set())
    return [*together, *((fault,) for fault in FAULTS if fault not in shared)]


def test_each_tool_fails_exactly_where_it_does_by_hand(tmp_path: Path, shared: Path, by_hand: Path) -> None:
    """The faults come into folders that were clean and are known."""
    space = Space(tmp_path / "workspace", tmp_path / "cache")
    seeded(space.cache, shared)
    groups = {"-and-".join(faults): faults for faults in folders_of_faults()}
    folders = {name: space.integration(name) for name in groups}
    assert failed_tools(space) == {}
    for name, faults in groups.items():
        for fault in faults:
            FAULTS[fault](folders[name])
    copies = {name: shutil.copytree(folder, tmp_path / "hand" / name) for name, folder in folders.items()}
    statuses = {name: slow_way(Path(copy), by_hand) for name, copy in copies.items()}
    failing = {name: {tool for tool, code in by.items() if code} for name, by in statuses.items()}
    wanted = {name: tools for name, tools in failing.items() if tools}
    assert groups.keys() - wanted == {"clean", "unknown-settings"}, "black only warns of unknown settings"
    assert failed_tools(space) == wanted
    assert failed_tools(space) == wanted
    fresh = [name for name in wanted if name.startswith(("type", "broken-pyproject"))][: rounds(2, 9)]
    assert failed_tools(space, "--no-cache", "-i", ",".join(fresh)) == {name: wanted[name] for name in fresh}


def test_what_is_said_is_the_same_kept_fresh_alone_and_on_one_core(space: Space) -> None:
    FAULTS["several"](space.root / "integrations" / "one")
    FAULTS["syntax"](space.root / "integrations" / "two")
    first = space.said()
    assert first[0] == 1
    assert {line.partition("/")[0] for line in first[1]} == {"one", "two"}
    assert [space.said(*more) for more in ([], ["--no-cache"], ["--jobs", "1"])] == [first] * 3
    for name in ("one", "two"):
        assert space.said("-i", name) == (1, [line for line in first[1] if line.startswith(f"{name}/")])


def test_from_inside_a_folder_only_that_one_is_linted(space: Space) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "seatrial", "lint"],
        cwd=space.root / "integrations" / "two" / ".port",
        env=space.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "two" in done.stderr
    assert "one" not in done.stderr


def test_an_edit_of_an_interface_shows_in_the_file_that_uses_it(space: Space) -> None:
    space.said()
    edited("client.py", "fetch(count: int)", "fetch(count: str)")(space.root / "integrations" / "one")
    status, said = space.said("--tools", "mypy")
    assert status == 1
    assert [line for line in said if line.startswith("one/main.py:5:")]
    edited("client.py", "fetch(count: str)", "fetch(count: int)")(space.root / "integrations" / "one")
    assert "one/main.py" not in str(space.said("--tools", "mypy"))


def test_each_integration_is_judged_by_its_own_version_of_a_tool(space: Space) -> None:
    for folder in (space.root / "integrations").iterdir():
        added("main.py", "type: ignored\n")(folder)
    done = space.lint("--tools", "ruff", "--verbose")
    why = space.lint("--why", "one,two").stdout
    assert done.returncode == 1
    assert len(re.findall("ruff need not run", why)) == 2
    records = [
        json.loads(path.read_text().split("\n", 1)[1]) for path in (space.cache / "results/last").iterdir()
    ]
    assert {record["tool"] for record in records if record["tool"].startswith("ruff")} == {
        "ruff 0.8.6",
        "ruff 0.7.4",
    }


def test_a_second_run_starts_no_tool(space: Space) -> None:
    space.lint()
    again = space.lint()
    assert not re.search(r"^\w+: \w+ ok", again.stderr, re.MULTILINE)
    shutil.rmtree(space.cache / "mypy")
    (space.cache / "environments").unlink()
    assert space.lint().returncode == 0, "the environments were needed"


def test_why_says_what_changed(space: Space) -> None:
    folder = space.root / "integrations" / "one"
    assert "it has not run here yet" in space.lint("--why", "one").stdout
    space.lint()
    added("client.py", "X = 1\n")(folder)
    added("README.md", "words\n")(folder)
    said = {line.split()[1]: line for line in space.lint("--why", "one").stdout.splitlines()}
    assert "client.py changed" in said["mypy"]
    assert "README.md is new" in said["poetry"]
    assert said.keys() == {"poetry", "mypy", "ruff", "black"}


def test_a_moved_workspace_finds_what_was_kept(space: Space, tmp_path: Path) -> None:
    FAULTS["several"](space.root / "integrations" / "one")
    before = space.said()
    moved = Space(space.root.rename(tmp_path / "elsewhere"), space.cache)
    done = moved.lint()
    assert not re.search(r"^one: ", done.stderr, re.MULTILINE)
    assert moved.said() == before


def test_fix_repairs_what_is_safe_and_says_so(space: Space) -> None:
    folder = space.root / "integrations" / "one"
    FAULTS["unused-import"](folder)
    added("client.py", "x   =  1\n")(folder)
    done = space.lint("--fix", "-i", "one")
    assert done.returncode == 0, done.stdout
    assert "repaired integrations/one/client.py (+" in done.stderr
    assert "import os" not in (folder / "client.py").read_text()
    assert "nothing to repair" in space.lint("--fix", "-i", "one").stderr


def test_fix_does_not_write_through_a_link(space: Space, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("import os\n")
    (space.root / "integrations" / "one" / "link.py").symlink_to(outside)
    done = space.lint("--fix", "-i", "one")
    assert "one: link.py is a link out of the workspace" in done.stderr
    assert outside.read_text() == "import os\n"


def test_plugins_of_poetry_that_a_folder_brings_along_are_not_run(space: Space, tmp_path: Path) -> None:
    folder, mark = space.root / "integrations" / "one", tmp_path / "mark"
    plugins = folder / ".poetry" / "plugins"
    entry = plugins / "hostile-1.0.dist-info"
    entry.mkdir(parents=True)
    (entry / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
    (entry / "entry_points.txt").write_text("[poetry.application.plugin]\nhostile = hostile:Plugin\n")
    (plugins / "hostile.py").write_text(f"open({str(mark)!r}, 'w')\n")
    subprocess.run([sys.executable, "-m", "poetry", "check"], cwd=folder, capture_output=True, check=False)
    assert mark.exists(), "the trap does not work"
    mark.unlink()
    FAULTS["stale-lock"](folder)
    space.lint("-i", "one", "--tools", "poetry", "--verbose")
    assert not mark.exists()


@pytest.mark.parametrize("name", ["pipe.py", ".yamllint", "mypy.ini", "pyproject.toml"])
def test_nothing_waits_for_a_pipe(space: Space, name: str) -> None:
    folder = space.root / "integrations" / "one"
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    for more in ([], ["--fix"], ["--verbose"]):
        done = space.lint("-i", "one", *more)
        assert done.returncode == 3
        assert f"seatrial: one: {name} is neither a file nor a folder" in done.stderr


def test_without_a_lock_that_is_the_finding(space: Space) -> None:
    (space.root / "integrations" / "one" / "poetry.lock").unlink()
    status, said = space.said("-i", "one")
    assert status == 1
    assert [line for line in said if line.startswith("one/poetry.lock:1:1 LNT001 ")]


def test_a_tool_that_the_lock_does_not_hold_is_a_finding_and_the_others_run(space: Space) -> None:
    space.integration("three", {name: version for name, version in TOOLS.items() if name != "ruff"})
    status, said = space.said("-i", "three")
    assert status == 1
    assert [line.split()[1] for line in said] == ["LNT002"]


BROKEN_LOCKS = {
    "empty": "",
    "garbage": "garbage",
    "half": '[[package]]\nname = "black"\nversion = "24.10.0"\n',
    "binary": "\x00\xff",
}


def test_a_broken_lock_is_a_finding(space: Space) -> None:
    for name, lock in BROKEN_LOCKS.items():
        (space.integration(name) / "poetry.lock").write_text(lock)
    done = space.lint("-i", ",".join(BROKEN_LOCKS))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert [name for name in BROKEN_LOCKS if f"{name}/poetry.lock" not in done.stdout] == []


def test_what_cannot_be_installed_fails_that_integration_only(space: Space) -> None:
    space.integration("three", TOOLS | {"seatrial-no-such-package": "1.0"})
    FAULTS["format"](space.root / "integrations" / "two")
    done = space.lint()
    assert done.returncode == 3
    assert "seatrial: three" in done.stderr
    assert "seatrial-no-such-package" in done.stderr
    assert "two/client.py" in done.stdout


def test_no_suitable_python_fails_that_integration_only(space: Space) -> None:
    folder = space.root / "integrations" / "one"
    edited("pyproject.toml", 'python = ">=3.11"', 'python = ">=3.9,<3.9.1"')(folder)
    done = space.lint(environ={"UV_PYTHON_DOWNLOADS": "never"})
    assert done.returncode == 3
    assert ">=3.9,<3.9.1" in done.stderr
    assert re.search(r"^two .*ok", done.stderr, re.MULTILINE)


DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "overwritten": lambda data: data[:-3] + b"\xff\xff\xff",
    "zeroes": lambda data: bytes(len(data)),
}


def damaged(folder: Path) -> Iterator[str]:
    """Yield each way of damage, once all files below a folder, as they are now, are damaged in that way."""
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(whole.values())
    for way, spoil in DAMAGE.items():
        shutil.rmtree(folder)
        for path, data in whole.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(spoil(data))
        yield way


def test_a_damaged_cache_changes_no_verdict(space: Space) -> None:
    FAULTS["several"](space.root / "integrations" / "one")
    shutil.rmtree(space.root / "integrations" / "two")
    before = space.said()
    for way in damaged(space.cache / "results"):
        (space.cache / "interpreters.json").write_bytes(b"{")
        assert space.said() == before, way


def test_a_damaged_cache_of_mypy_changes_no_verdict(space: Space) -> None:
    FAULTS["type"](space.root / "integrations" / "one")
    shutil.rmtree(space.root / "integrations" / "two")
    before = space.said()
    for way in damaged(space.cache / "mypy"):
        added("client.py", f"\nX{len(way)} = 1\n")(space.root / "integrations" / "one")
        after = space.said("--tools", "mypy")
        assert [line for line in before[1] if "LNT102" in line] == after[1], way


def test_two_runs_at_once_agree(space: Space) -> None:
    FAULTS["several"](space.root / "integrations" / "one")
    runs = [
        subprocess.Popen(
            space.command("--format", "json"), env=space.environ, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = {run.communicate(timeout=300)[0] for run in runs}
    assert len(said) == 1
    assert json.loads(said.pop())["findings"]


KILLS = int(os.environ.get("SEATRIAL_TEST_KILLS", str(rounds(2, 12))))


def test_after_a_kill_at_any_point_the_next_run_is_right(
    space: Space, shared: Path, said_of_several: tuple[int, list[str]], tmp_path: Path
) -> None:
    wanted = said_of_several
    own = Space(space.root, tmp_path / "killed")
    seeded(own.cache, shared)
    started = time.monotonic()
    assert own.said() == wanted
    whole = time.monotonic() - started
    for turn in range(KILLS):
        if turn % 3 == 0:
            shutil.rmtree(own.cache)
            seeded(own.cache, shared)
        run = subprocess.Popen(
            own.command(), env=own.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(random.Random(turn).uniform(0, whole))
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert own.said() == wanted, turn


def test_an_interrupted_run_says_so_and_leaves_nothing_running(space: Space) -> None:
    run = subprocess.Popen(
        space.command("--no-cache"),
        env=space.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == 130
    assert said.rstrip().endswith("seatrial: interrupted")
    assert "Traceback" not in said
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(space.cache) not in listed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    with mounted(place, "-t", "tmpfs", "-o", "size=3m", "none"):
        yield place


def test_a_full_disk_is_one_line_and_the_next_run_is_right(
    space: Space, said_of_several: tuple[int, list[str]], small_disk: Path
) -> None:
    full = Space(space.root, small_disk)
    done = full.lint("--tools", "mypy,ruff,black")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "seatrial: " in done.stderr
    assert space.said() == said_of_several


def test_a_disk_that_fills_up_while_tools_run_changes_no_verdict(
    space: Space, said_of_several: tuple[int, list[str]], small_disk: Path
) -> None:
    status, said = said_of_several
    (small_disk / "environments").symlink_to((space.cache / "environments").resolve())
    (small_disk / "filler").write_bytes(b"x" * 2_900_000)
    full = Space(space.root, small_disk)
    for _ in range(2):
        assert full.said("-i", "one") == (status, [line for line in said if line.startswith("one/")])


def test_a_folder_that_cannot_be_written_is_linted_all_the_same(
    space: Space, shared: Path, said_of_several: tuple[int, list[str]], tmp_path: Path
) -> None:
    place = tmp_path / "readonly"
    place.mkdir()
    with mounted(place, "--bind", str(space.root)) as again:
        again("-o", "remount,ro,bind")
        seeded(tmp_path / "other", shared)
        assert Space(place, tmp_path / "other").said() == said_of_several
