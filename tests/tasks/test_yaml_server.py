"""The JSON Schemas, as the YAML language server that editors use takes them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.schemas.jsonschema import derived_files
from support.editor_client import Editor
from support.repositories import put
from support.verbs import call

PACKAGE = "yaml-language-server@1"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("SEATRIAL_TESTS_MANY"),
        reason="installs packages of npm, so only the weekly run does it; set SEATRIAL_TESTS_MANY=1",
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of the server, which npm installs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("npm is missing; install Node.js")
    place = tmp_path_factory.mktemp("npm")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefer-offline"]
    done = subprocess.run(
        [npm, "install", *quiet, "--prefix", place, PACKAGE], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"npm cannot install {PACKAGE} here: {(done.stderr or done.stdout)[-200:]}")
    return [node, str(place / "node_modules/yaml-language-server/bin/yaml-language-server"), "--stdio"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, good = tmp_path_factory.mktemp("fleet"), good_folder(Profile.GUIDE)
    put(place, {f"integrations/good-service/{path}": good.text(path) for path in good.files})
    return place


@pytest.fixture
def editor(server: list[str], root: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Editor]:
    call("schemas", root=str(root), write="schemas")
    settings = json.loads(capsys.readouterr().out)
    one = Editor(root, command=server)
    schemas = {(root / name).as_uri(): paths for name, paths in settings["yaml.schemas"].items()}
    yaml = {"schemas": schemas, "schemaStore": {"enable": False}, "validate": True, "hover": True}
    one.settings = {"yaml": yaml}
    one.say("workspace/didChangeConfiguration", settings={})
    yield one
    one.leave()


def test_the_settings_have_it_find_faults_and_nothing_else(editor: Editor, root: Path) -> None:
    assert {path.name for path in (root / "schemas").iterdir()} == set(derived_files())
    folder = root / "integrations/good-service"
    for name in ("port-app-config", "blueprints"):
        path = next(folder.glob(f".port/resources/{name}.*"))
        if path.suffix != ".json":
            uri = editor.open(path)
            editor.until(lambda uri=uri: uri in editor.diagnostics)
            assert editor.diagnostics[uri] == []
    spec = folder / ".port/spec.yaml"
    text = spec.read_text()
    uri = editor.open(spec)
    editor.until(lambda: uri in editor.diagnostics)
    assert editor.diagnostics[uri] == []
    wrong = text.replace("type: integer", "type: number").replace("version:", "versoin:")
    editor.type(uri, wrong)
    editor.until(lambda: len(editor.diagnostics[uri]) >= 3)
    lines = {one["range"]["start"]["line"]: one["message"] for one in editor.diagnostics[uri]}
    number = next(at for at, line in enumerate(wrong.split("\n")) if "type: number" in line)
    assert "integer" in lines[number]
    assert any("versoin" in message or "version" in message for message in lines.values())
    told = editor.at(
        "hover", uri, next(at for at, line in enumerate(wrong.split("\n")) if line.startswith("title")), 2
    )
    assert "no two integrations" in json.dumps(told)
