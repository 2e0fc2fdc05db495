"""The task `preview` as the command line calls it."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seatrial.tasks.cli import Ended
from support.verbs import call

CONFIG = """
resources:
  - kind: issue
    selector: {query: 'true'}
    port: {entity: {mappings: {identifier: .id, blueprint: '"issue"', title: .title // 'none'}}}
  - kind: user
    selector: {query: .on}
    port: {entity: {mappings: {identifier: .id, blueprint: '"user"'}}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, version in (("alpha", "0.48.12"), ("beta", "0.30.0")):
        folder = tmp_path / "integrations" / name
        (folder / ".port/resources").mkdir(parents=True)
        (folder / ".port/spec.yaml").write_text("title: it\n")
        (folder / ".port/resources/port-app-config.yaml").write_text(CONFIG)
        (folder / ".port/resources/blueprints.json").write_text("[]")
        (folder / ".port/examples/issue").mkdir(parents=True)
        (folder / ".port/examples/issue/a.json").write_text('{"id": "A-1"}')
        (folder / "poetry.lock").write_text(f'\n[[package]]\nname = "port-ocean"\nversion = "{version}"\n')
    return tmp_path


def sample(root: Path, value: object) -> str:
    path = root / "sample.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


def titles(printed: str) -> dict[str, list[object]]:
    found = json.loads(printed)["integrations"]
    objects = {one["integration"]: [row for kind in one["kinds"] for row in kind["objects"]] for one in found}
    return {name: [(row["entity"] or {}).get("title") for row in rows] for name, rows in objects.items()}


def test_the_lock_of_each_integration_decides(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("preview", root=str(root), format="json")
    assert titles(capsys.readouterr().out) == {"alpha": ["none"], "beta": [None]}


def test_a_mapping_that_cannot_be_read_is_said_and_fails(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ".port/resources/port-app-config.yaml"
    (root / "integrations/alpha" / path).write_text("resources:\n\t- kind: issue\n")
    with pytest.raises(Ended) as ended:
        call("preview", root=str(root), integration=["alpha"])
    printed = capsys.readouterr().out
    assert (ended.value.code, f"  {path} cannot be read: line 2, column 1: " in printed) == (1, True)
    assert "no resource of the mapping has the kind" not in printed
    for asked in ({"kind": "issue"}, {"sample": sample(root, {"id": "A-1"})}):
        with pytest.raises(
            Ended, match=r"integrations/alpha/\.port/resources/port-app-config\.yaml cannot be read: line 2"
        ):
            call("preview", root=str(root), integration=["alpha"], **asked)


def test_blueprints_that_cannot_be_read_are_said_and_fail(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "integrations/alpha/.port/resources/blueprints.json").write_text('[{"identifier" "issue"}]')
    with pytest.raises(Ended):
        call("preview", root=str(root), integration=["alpha"], kind="issue")
    assert "blueprints.json cannot be read: line 1, column 16" in capsys.readouterr().out


def test_the_examples_are_shown_as_text(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("preview", root=str(root), integration=["alpha"])
    printed = capsys.readouterr()
    assert printed.out.startswith("alpha  (port-ocean 0.48.12)\n  issue -> issue  (")
    assert "1 object: 1 mapped; 0 values null" in printed.err


def test_a_sample_takes_the_place_of_the_examples(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sample(root, [{"id": "B-1", "title": "one"}, {"id": "B-2", "title": "two"}])
    call("preview", root=str(root), integration=["alpha"], kind="issue", sample=path, format="json")
    assert titles(capsys.readouterr().out) == {"alpha": ["one", "two"]}


def test_a_sample_may_come_from_standard_input(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "C-1", "title": "in"}')))
    call("preview", root=str(root), integration=["alpha"], kind="issue", sample="-", format="json")
    assert titles(capsys.readouterr().out) == {"alpha": ["in"]}


def test_the_page_goes_to_a_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("preview", root=str(root), format="html", output=str(root / "page.html"))
    assert (root / "page.html").read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"kind": "issues"}, 'no mapping here has the kind "issues"; did you mean "issue"?'),
        ({"format": "sarif"}, '"sarif" is not a format of a preview; choose among text, json, html'),
        ({"sample": "SAMPLE"}, "say of which kind the sample is, with --kind: issue, user"),
        ({"sample": "nowhere.json", "kind": "issue"}, "nowhere.json: no such file or directory"),
        ({"sample": "-", "watch": True}, "standard input is read once; give --sample a file to watch it"),
    ],
)
def test_wrong_usage_is_said(root: Path, flags: dict[str, str | bool], words: str) -> None:
    given = {name: sample(root, {}) if value == "SAMPLE" else value for name, value in flags.items()}
    with pytest.raises(Ended) as ended:
        call("preview", root=str(root), **given)
    assert (ended.value.message, ended.value.code) == (f"seatrial: {words}", 2)


@pytest.mark.parametrize("text", ["{", '"text"', "", "[1,", '{"a": NaN}'])
def test_a_sample_that_is_no_object_is_refused(root: Path, text: str) -> None:
    with pytest.raises(Ended) as ended:
        call("preview", root=str(root), kind="issue", sample=sample(root, text))
    assert ended.value.code == 2


def test_an_object_on_which_ocean_fails_fails_the_run(root: Path) -> None:
    with pytest.raises(Ended) as ended:
        call(
            "preview",
            root=str(root),
            integration=["alpha"],
            kind="user",
            sample=sample(root, {"id": "x", "on": 1}),
        )
    assert ended.value.code == 1


def test_watching_shows_what_changes_and_ends_with_ctrl_c(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = root / "integrations/alpha/.port/examples/issue/a.json"
    texts = iter(['{"id": "A-1"}', '{"id": "A-2"}', "{", '{"id": "A-3"}'])

    def next_look(_: float) -> None:
        text = next(texts, None)
        if text is None:
            raise KeyboardInterrupt
        example.write_text(text)

    monkeypatch.setattr(time, "sleep", next_look)
    call("preview", root=str(root), integration=["alpha"], watch=True)
    shown = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    A-")]
    assert shown == ["A-1", "A-2", "A-3"]


@pytest.mark.slow
def test_ctrl_c_ends_the_command_and_its_process(root: Path) -> None:
    command = [sys.executable, "-m", "seatrial", "preview", "--root", str(root), "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        threading.Timer(20, process.kill).start()
        assert process.stdout.readline().startswith("alpha")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 0
    assert err.splitlines()[-1] == "seatrial: ended"
