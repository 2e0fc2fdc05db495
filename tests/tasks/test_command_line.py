"""The command line as people meet it: one clear line and the right status, whatever they do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seatrial.core.model import MemoryFolder, Profile
from seatrial.handbook.rule_examples import good_folder
from support import warm
from support.paths import SOURCES

TRACES = ("Traceback", "Error:", "Exception")


def put(folder: MemoryFolder, place: Path) -> Path:
    for path in folder.paths():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(folder.read(path))
    return place


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository with a good integration."""
    put(good_folder(Profile.GUIDE), tmp_path / "repo" / "integrations" / "good-service")
    return tmp_path / "repo"


@pytest.fixture
def broken(fleet: Path) -> Path:
    """The same, its spec naming a feature type that does not exist."""
    spec = fleet / "integrations" / "good-service" / ".port" / "spec.yaml"
    spec.write_text(spec.read_text().replace("exporter", "exportr"))
    return fleet


def environment(**more: str) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**kept, "PYTHONPATH": str(SOURCES), **more}


def seatrial(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    done = warm.run(cwd, [*arguments], environment(**env))
    assert not any(trace in done.stderr for trace in TRACES), done.stderr
    return done


def test_a_good_folder_is_clean(fleet: Path) -> None:
    done = seatrial(fleet, "validate")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "all well: 1 integration, no findings\n"


def test_a_fault_is_one_line_with_place_reason_and_repair(broken: Path) -> None:
    done = seatrial(broken, "validate")
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("integrations/good-service/.port/spec.yaml:")
    assert '"exportr"' in done.stdout
    assert "exporter" in done.stdout


@pytest.mark.parametrize(
    "place", ["integrations", "integrations/good-service", "integrations/good-service/.port"]
)
def test_the_verdict_is_the_same_from_a_subfolder(broken: Path, place: str) -> None:
    assert seatrial(broken / place, "validate").stdout == seatrial(broken, "validate").stdout


def test_the_environment_stands_in_for_flags_and_empty_is_not_given(broken: Path) -> None:
    done = seatrial(broken, "validate", SEATRIAL_FORMAT="json", SEATRIAL_INTEGRATION="", SEATRIAL_STRICT="")
    assert json.loads(done.stdout)["summary"]["errors"] == 1


def test_each_part_judges_its_own_families(broken: Path) -> None:
    assert seatrial(broken, "validate-spec").returncode == 1
    assert seatrial(broken, "check-layout").returncode == 0
    assert seatrial(broken, "check-version").returncode == 0


def test_warnings_fail_a_strict_run_only(fleet: Path) -> None:
    (fleet / "integrations" / "good-service" / ".gitignore").unlink()
    assert seatrial(fleet, "validate").returncode == 0
    assert seatrial(fleet, "validate", "--strict").returncode == 1


def test_under_github_actions_findings_are_annotations_and_a_page(broken: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    done = seatrial(broken, "validate", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page))
    assert "::error file=integrations/good-service/.port/spec.yaml,line=" in done.stdout
    assert "exportr" in page.read_text()


def test_findings_go_to_a_file_and_the_summary_stays(broken: Path, tmp_path: Path) -> None:
    done = seatrial(broken, "validate", "--format", "sarif", "--output", str(tmp_path / "out.sarif"))
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("output", "status", "last"),
    [
        ("/dev/full", 3, "/dev/full cannot be written: no space left on device"),
        ("/dev/fd/5", 3, "/dev/fd/5 cannot be written: broken pipe"),
        (">(cat >pipe)", 1, "says why"),
        ("/dev/stdout >>pipe", 1, "says why"),
    ],
)
def test_findings_go_to_devices_and_streams_as_well(
    broken: Path, output: str, status: int, last: str
) -> None:
    nobody_reads = "exec 5> >(true); wait $!"
    task = f'"{sys.executable}" -m seatrial validate --output {output}'
    command = f"{nobody_reads}; {task}; status=$?; wait $!; exit $status"
    done = subprocess.run(
        ["bash", "-c", command], cwd=broken, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.endswith(f"{last}\n")
    assert done.stderr.count("\n") == 1
    assert "pipe" not in output or "exportr" in (broken / "pipe").read_text()


WRONG_USE = [
    (
        ["validate", "-i", "good-servce"],
        2,
        'no integration is called "good-servce"; did you mean "good-service"?',
    ),
    (["validate", "--root", "nowhere"], 2, "is not a folder"),
    (["validate", "--format", "jsn"], 2, 'did you mean "json"?'),
    (["validate", "--jobs", "many"], 2, "jobs is a number"),
    (["validate", "--jobs", "0"], 2, "jobs is a number"),
    (["validate", "--output", "nowhere/x.txt"], 3, "cannot be written"),
    (["explain", "SPC9999"], 2, "SPC"),
    (["explain"], 2, "which rule?"),
    (["vaildate"], 2, "seatrial validate"),
    (["validate", "--rot", "x"], 2, "did you mean --root?"),
    (["validate", "--root"], 2, "--root"),
    (["validate", "--formt", "json"], 2, 'no flag "--formt" here; did you mean --format?'),
    (["validate", "--why", "x"], 2, 'there is no flag "--why" here; `seatrial lint` has one'),
    (["validate", "--whyy", "x"], 2, '"--whyy" is not a task or flag here'),
    (["validate", "good-servce"], 2, 'no integration is called "good-servce"; did you mean "good-service"?'),
    (["validate", "-i"], 2, "--integration needs a value"),
    (["validate", "--integration", "--strict"], 2, "--integration needs a value"),
    (["-f", "/nowhere", "validate"], 2, "seatrial --help"),
    (["-T", "a", "validate"], 2, "seatrial --help"),
    (["--help", "validat"], 2, "seatrial validate"),
    (["new", "--no-lok"], 2, "did you mean --no-lock?"),
    (["new"], 2, 'seatrial new "My Service"'),
    (["new", "--version"], 2, "begins like a flag; `seatrial --help new` lists the flags"),
    (["new", "-x"], 2, "begins like a flag"),
    (["new", "--name=--help"], 2, "begins like a flag"),
    (["new", "Good Service"], 2, "already there"),
]


@pytest.mark.parametrize(("arguments", "status", "said"), WRONG_USE, ids=lambda value: str(value)[:40])
def test_wrong_use_is_one_clear_line(fleet: Path, arguments: list[str], status: int, said: str) -> None:
    done = seatrial(fleet, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("task", ["--list", "--help validate", "rules"])
def test_help_whose_reader_goes_away_ends_well_and_silently(fleet: Path, task: str) -> None:
    nobody_reads = "exec 5> >(true); wait $!"
    command = f'{nobody_reads}; "{sys.executable}" -m seatrial {task} >&5'
    done = subprocess.run(
        ["bash", "-c", command], cwd=fleet, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


HELP = [
    "new --help",
    "new Title --help",
    "new --no-lock -h",
    "new --slug -h",
    "explain -h",
    "release.yank --help",
]


@pytest.mark.parametrize("typed", HELP)
def test_help_is_shown_wherever_it_is_asked_for_and_nothing_is_made(fleet: Path, typed: str) -> None:
    done = seatrial(fleet, *typed.split())
    task = next(word for word in typed.split() if not word.startswith("-"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: seatrial {task} [")
    assert sorted(path.name for path in (fleet / "integrations").iterdir()) == ["good-service"]


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    done = seatrial(tmp_path, "validate", "--root", ".")
    assert done.returncode == 2
    assert "is not a workspace" in done.stderr


@pytest.mark.parametrize("text", ["profile = 'gide'\n", "= 1\n", "[severity]\nLAY99 = 'off'\n", "\0"])
def test_a_bad_seatrial_toml_is_one_line_with_its_place(fleet: Path, text: str) -> None:
    (fleet / "seatrial.toml").write_text(text)
    done = seatrial(fleet, "validate")
    assert done.returncode == 2
    assert done.stderr.startswith("seatrial: seatrial.toml:")
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_ends_the_output_silently_and_keeps_the_status(broken: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "seatrial", "validate"]
    done = subprocess.run(
        command, cwd=broken, env=environment(), stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == "1 integration, 1 error; seatrial explain SPC105 says why\n"


def test_a_reader_that_stops_early_sees_no_complaint(fleet: Path) -> None:
    command = f'set -o pipefail; "{sys.executable}" -m seatrial rules | head -1'
    done = subprocess.run(
        ["bash", "-c", command], cwd=fleet, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, "")


def test_standard_error_may_be_closed_as_well(broken: Path) -> None:
    command = f'"{sys.executable}" -m seatrial validate 2>&-'
    done = subprocess.run(
        command, shell=True, cwd=broken, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 1


BEGUN = """
import sys
from seatrial.__main__ import main

class Sign:
    def find_spec(self, name, path=None, target=None):
        if name == "seatrial.tasks.program":
            print("begun", flush=True)

sys.meta_path.insert(0, Sign())
main()
"""
"""The console script, with a line as soon as it, and not Python's own start, answers Ctrl-C."""


@pytest.mark.parametrize("step", ["create_config", "parse_core", "parse_tasks", "update_config", "execute"])
def test_ctrl_c_is_answered_while_invoke_is_at_work(fleet: Path, step: str) -> None:
    script = f"""
import _thread, time
from seatrial.__main__ import main
from seatrial.tasks import program

def interrupted(self, *given):
    _thread.interrupt_main()
    time.sleep(10)

program._Seatrial.{step} = interrupted
main()
"""
    command = [sys.executable, "-c", script, "validate"]
    done = subprocess.run(command, cwd=fleet, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "seatrial: interrupted\n")


@pytest.fixture(scope="module")
def large_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of 500 integrations, which is only read."""
    repository = tmp_path_factory.mktemp("fleet")
    for number in range(500):
        put(good_folder(Profile.GUIDE), repository / "integrations" / f"copy-{number}")
    return repository


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("delay", [0, 0.1, 0.3, 0.7, 1.2])
def test_ctrl_c_ends_in_one_line_and_130(large_fleet: Path, jobs: str, delay: float) -> None:
    command = [sys.executable, "-c", BEGUN, "validate", "--no-cache", "--jobs", jobs]
    process = subprocess.Popen(
        command, cwd=large_fleet, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "seatrial: interrupted\n")
    assert out == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("task", "status"), [("validate", 1), ("rules", 0), ("new", 2)])
def test_every_standard_stream_may_be_closed(broken: Path, closed: str, task: str, status: int) -> None:
    command = f'"{sys.executable}" -m seatrial {task} {closed}'
    done = subprocess.run(
        command, shell=True, cwd=broken, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this machine has no /dev/full")
@pytest.mark.parametrize("task", ["validate", "rules", "--list"])
def test_a_full_disk_behind_standard_output_is_one_line(broken: Path, task: str) -> None:
    command = f'"{sys.executable}" -m seatrial {task} >/dev/full'
    done = subprocess.run(
        command, shell=True, cwd=broken, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.endswith("no space left on device\n")
    assert done.stderr.count("\n") == 1


def test_a_page_of_the_run_that_cannot_be_written_does_not_hide_the_summary(
    broken: Path, tmp_path: Path
) -> None:
    done = seatrial(broken, "validate", GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "x"))
    assert done.returncode == 3
    assert "1 integration, 1 error" in done.stderr
    assert "cannot be written" in done.stderr


def test_fix_shows_then_repairs_then_has_nothing_to_do(broken: Path) -> None:
    spec = broken / "integrations" / "good-service" / ".port" / "spec.yaml"
    spec.write_text(spec.read_text().replace("exportr", "exporters"))
    assert "+" in seatrial(broken, "fix", "--diff").stdout
    assert seatrial(broken, "validate").returncode == 1
    assert seatrial(broken, "fix").stderr.splitlines()[-1].startswith("1 file repaired")
    assert seatrial(broken, "validate").returncode == 0
    assert seatrial(broken, "fix").stderr.startswith("nothing repaired")


def test_a_word_that_is_only_likely_is_not_written(broken: Path) -> None:
    assert seatrial(broken, "fix").stderr.startswith("nothing repaired")


def test_a_settings_file_that_names_no_folder_is_told_where(fleet: Path) -> None:
    (fleet / "seatrial.toml").write_text('integrations = "nope"\n')
    assert f"no integrations in {fleet / 'nope'}" in seatrial(fleet, "validate").stderr
