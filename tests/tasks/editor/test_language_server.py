"""The language server, through its protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from seatrial.core.errors import Unreadable
from seatrial.core.model import MemoryFolder, Profile
from seatrial.core.suggest import with_repair
from seatrial.documents import yaml
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.cli import Ended
from seatrial.tasks.editor.diagnostics import GRADES
from seatrial.tasks.editor.server import _operations
from seatrial.tasks.menu import VERBS
from seatrial.validate.rules import RULES
from support.editor_client import Editor
from support.paths import ROOT
from support.verbs import call

SPEC, MAPPING = ".port/spec.yaml", ".port/resources/port-app-config.yaml"
PARTS = 3


def put(folder: MemoryFolder, place: Path) -> Path:
    for path in folder.files:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(folder.read(path))
    return place


def broken(number: int) -> MemoryFolder:
    """The good folder with every third fault of the rules' examples, of those that can be made together."""
    folder = good_folder(Profile.GUIDE)
    for rule in RULES[number::PARTS]:
        try:
            made = (
                rule.bad(folder) if "change" not in rule.needs and rule.profile is Profile.GUIDE else folder
            )
        except (KeyError, ValueError, Unreadable):
            continue
        if made.files.keys() >= folder.files.keys() and yaml.load("", made.files[SPEC]).readable:
            folder = made
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("good") / "a ship 🚢"
    put(good_folder(Profile.GUIDE), place / "integrations" / "good-service")
    return place


@pytest.fixture(scope="module")
def editor(root: Path) -> Iterator[Editor]:
    one = Editor(root)
    yield one
    assert one.leave() == 0, "it ends when the editor is gone"


@pytest.fixture
def good(root: Path) -> Path:
    return root / "integrations" / "good-service"


@pytest.fixture
def spec(editor: Editor, good: Path) -> Iterator[str]:
    uri = opened(editor, good / SPEC)
    yield uri
    editor.close(uri)
    editor.until(lambda: not editor.diagnostics.get(uri))


def opened(editor: Editor, path: Path, text: str | None = None) -> str:
    """Open a file, and wait until it is judged."""
    editor.published.clear()
    uri = editor.open(path, text)
    editor.until(lambda: any(one["uri"] == uri for one in editor.published))
    return uri


def typed(editor: Editor, uri: str, text: str) -> list[dict[str, Any]]:
    """Type a text, and wait for what is found in it."""
    editor.published.clear()
    editor.type(uri, text)
    editor.until(lambda: any(one["uri"] == uri for one in editor.published))
    return editor.diagnostics[uri]


def offered(editor: Editor, uri: str, text: str) -> list[str]:
    """What is offered at the mark `§` of a text."""
    before = text[: text.index("§")]
    typed(editor, uri, text.replace("§", "", 1))
    place = before.count("\n"), len(before) - before.rfind("\n") - 1
    return [one["label"] for one in editor.at("completion", uri, *place)["items"]]


def test_code_place_severity_and_text_are_those_of_json_in_every_file(
    editor: Editor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "a wreck 🚢"
    folders = [put(broken(number), root / "integrations" / f"broken-{number}") for number in range(PARTS)]
    with pytest.raises(Ended):
        call("validate", root=str(root), format="json", no_cache=True)
    told = json.loads(capsys.readouterr().out)["findings"]
    uris = [opened(editor, folder / MAPPING) for folder in folders]
    editor.settled()
    shown = [(uri, one) for uri, found in editor.diagnostics.items() for one in found]
    assert len({one["code"] for one in told}) > 60
    assert sorted(map(of_json, told)) == sorted(of_editor(root, told, *one) for one in shown)
    for uri in uris:
        editor.close(uri)
    editor.until(lambda: not any(editor.diagnostics.values()))


def of_json(one: dict[str, Any]) -> tuple[Any, ...]:
    text = with_repair(one["message"], one["fix"]["title"]) if one["fix"] else one["message"]
    grade = next(grade for severity, grade in GRADES.items() if severity.value == one["severity"])
    return one["path"], one["line"], one["code"], grade, one["fingerprint"], text.replace("\n", "\\n")


def of_editor(root: Path, told: list[dict[str, Any]], uri: str, one: dict[str, Any]) -> tuple[Any, ...]:
    """A finding as the editor shows it, with its line as JSON counts it."""
    path = next(path for path in {one["path"] for one in told} if (root / path).as_uri() == uri)
    line = one["range"]["start"]["line"] + 1
    return path, line, one["code"], one["severity"], one["data"]["fingerprint"], one["message"]


def test_what_is_typed_is_judged_before_it_is_saved_and_gone_when_it_is_put_right(
    editor: Editor, good: Path, spec: str
) -> None:
    text = (good / SPEC).read_text()
    assert editor.diagnostics[spec] == []
    found = typed(editor, spec, text.replace("type: integer", "type: number"))
    assert [one["code"] for one in found] == ["SPC105"]
    assert typed(editor, spec, text) == []


def test_a_fault_that_shows_in_another_file_is_shown_there(editor: Editor, good: Path, spec: str) -> None:
    text, mapping = (good / SPEC).read_text(), (good / MAPPING).as_uri()
    assert typed(editor, spec, text.replace("      - kind: task\n", "")) == []
    editor.until(lambda: editor.codes(mapping) == ["COD206"])
    typed(editor, spec, text)
    editor.until(lambda: not any(editor.diagnostics.values()))


def test_of_many_changes_only_the_last_is_shown(editor: Editor, good: Path, spec: str) -> None:
    text = (good / SPEC).read_text()
    editor.published.clear()
    for number in range(20):
        editor.type(spec, text.replace("type: integer", f"type: number{number}"))
    editor.type(spec, text)
    version = editor._versions[spec]
    editor.until(lambda: any(one.get("version") == version for one in editor.published))
    assert all(one.get("version") == version for one in editor.published if one["uri"] == spec)
    assert editor.diagnostics[spec] == []


def test_a_range_counts_utf_16(editor: Editor, good: Path, spec: str) -> None:
    text = (good / SPEC).read_text()
    flow = text.replace(
        next(part for part in text.split("  - ") if "type: integer" in part),
        "{description: 🚢🚢, name: pageSize, type: number, required: false, default: 100}\n",
    )
    found = typed(editor, spec, flow)
    (one,) = [one for one in found if one["code"] == "SPC105"]
    line = flow.split("\n")[one["range"]["start"]["line"]]
    start = len(line[: line.index("number")].encode("utf-16-le")) // 2
    assert one["range"]["start"]["character"] == start
    assert one["range"]["end"]["character"] == start + len("number")


def test_a_repair_is_offered_where_it_is_needed_and_is_the_one_of_fix(
    editor: Editor, good: Path, spec: str
) -> None:
    text = (good / SPEC).read_text()
    icon = next(line for line in text.split("\n") if line.startswith("icon: "))
    wrong = text.replace(icon, icon.lower())
    found = typed(editor, spec, wrong)
    ask = {"textDocument": {"uri": spec}, "range": found[0]["range"], "context": {"diagnostics": []}}
    actions = editor.ask("textDocument/codeAction", **ask)
    assert [action["kind"] for action in actions] == ["quickfix", "source.fixAll.seatrial"]
    for action in actions:
        edit = editor.ask("codeAction/resolve", **action)["edit"]
        assert applied(wrong, edit, spec) == text


def applied(text: str, edit: dict[str, Any], uri: str) -> str:
    """A text after an edit of an ASCII document."""
    (change,) = edit["documentChanges"]
    assert change["textDocument"]["uri"] == uri
    lines = text.split("\n")
    for one in reversed(change["edits"]):
        start, end = one["range"]["start"], one["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]]
        lines[start["line"]] = line[: start["character"]] + one["newText"] + line[end["character"] :]
    return "\n".join(lines)


def test_where_nothing_is_wrong_nothing_is_offered(editor: Editor, spec: str) -> None:
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    ask = {"textDocument": {"uri": spec}, "range": whole, "context": {"diagnostics": []}}
    assert editor.ask("textDocument/codeAction", **ask) == []


def test_a_repair_makes_and_removes_files_where_the_editor_can(editor: Editor, tmp_path: Path) -> None:
    place = put(good_folder(Profile.GUIDE), tmp_path / "integrations" / "good-service")
    wanted = (place / "poetry.toml").read_text()
    (place / "poetry.toml").unlink()
    (place / ".DS_Store").write_text("x")
    uri = opened(editor, place / SPEC)
    start = {"line": 0, "character": 0}
    ask = {
        "textDocument": {"uri": uri},
        "range": {"start": start, "end": start},
        "context": {"diagnostics": []},
    }
    steps = {
        action["title"].partition(":")[0]: editor.ask("codeAction/resolve", **action)["edit"][
            "documentChanges"
        ]
        for action in editor.ask("textDocument/codeAction", **ask)
    }
    made, every = steps["LAY005"], steps["Seatrial"]
    assert made[0] == {"kind": "create", "uri": (place / "poetry.toml").as_uri()}
    assert made[1]["textDocument"] == {"uri": made[0]["uri"], "version": None}
    assert [edit["newText"] for edit in made[1]["edits"]] == [wanted]
    removed = {"kind": "delete", "uri": (place / ".DS_Store").as_uri()}
    assert len(every) == 3 and all(step in every for step in [*made, removed])
    editor.close(uri)
    editor.until(lambda: not any(editor.diagnostics.values()))


def test_an_editor_that_only_changes_texts_is_offered_no_other_repair() -> None:
    support = {"workspace_edit": types.WorkspaceEditClientCapabilities(resource_operations=["create"])}
    for able in (None, types.WorkspaceClientCapabilities(), types.WorkspaceClientCapabilities(**support)):
        assert _operations(types.ClientCapabilities(workspace=able)) == set()


def test_hover_on_a_finding_gives_the_page_of_its_rule(editor: Editor, good: Path, spec: str) -> None:
    found = typed(editor, spec, (good / SPEC).read_text().replace("type: integer", "type: number"))
    start = found[0]["range"]["start"]
    told = editor.at("hover", spec, start["line"], start["character"] + 1)["contents"]["value"]
    for part in ("SPC105 unknown-value", "**A value for which", "Ocean does not start", "```diff"):
        assert part in told


def test_hover_on_a_key_of_the_spec_tells_what_it_means(editor: Editor, good: Path, spec: str) -> None:
    lines = (good / SPEC).read_text().split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("version:"))
    told = editor.at("hover", spec, at, 2)["contents"]["value"]
    assert "Raising it triggers a release" in told
    assert editor.at("hover", spec, at, 10) is None


def test_kinds_icons_blueprints_properties_and_keys_are_completed(
    editor: Editor, good: Path, spec: str
) -> None:
    text = (good / SPEC).read_text()
    kinds = [line.split(": ")[1] for line in text.split("\n") if "- kind:" in line]
    assert set(kinds) <= set(offered(editor, spec, text.replace(f"kind: {kinds[0]}", "kind: §")))
    assert "Jira" in offered(editor, spec, text.replace("icon: ", "icon: J§\nignored: ", 1))
    assert "integer" in offered(editor, spec, text.replace("type: integer", "type: §"))
    assert "sensitive" in offered(
        editor, spec, text.replace("    type: integer", "    type: integer\n    sens§")
    )
    blueprints = json.loads((good / ".port/resources/blueprints.json").read_text())
    names, properties = [one["identifier"] for one in blueprints], [*blueprints[0]["schema"]["properties"]]
    mapping = opened(editor, good / MAPPING)
    config = (good / MAPPING).read_text()
    assert set(names) <= set(offered(editor, mapping, config.replace(f"'\"{names[0]}\"'", "'\"§\"'", 1)))
    assert set(names) <= set(offered(editor, mapping, config.replace(f"'\"{names[0]}\"'", "§", 1)))
    line = next(line for line in config.split("\n") if line.strip().startswith(f"{properties[0]}:"))
    assert properties[0] in offered(
        editor, mapping, config.replace(line, line.partition(properties[0])[0] + "§", 1)
    )
    editor.close(mapping)


def test_a_completed_blueprint_is_quoted_as_the_mapping_needs_it(editor: Editor, good: Path) -> None:
    mapping = opened(editor, good / MAPPING)
    lines = (good / MAPPING).read_text().split("\n")
    at = next(number for number, line in enumerate(lines) if "blueprint:" in line)
    lines[at], literal = lines[at].split(":")[0] + ": ", lines[at].split(": ")[1]
    typed(editor, mapping, "\n".join(lines))
    items = editor.at("completion", mapping, at, len(lines[at]))["items"]
    assert literal in [one["textEdit"]["newText"] for one in items]
    editor.close(mapping)


def test_what_changed_on_the_disk_is_seen_once_the_editor_tells(
    editor: Editor, good: Path, spec: str
) -> None:
    readme = good / "README.md"
    before = readme.read_bytes()
    readme.unlink()
    editor.say("workspace/didChangeWatchedFiles", changes=[{"uri": readme.as_uri(), "type": 3}])
    editor.until(lambda: editor.codes(readme.as_uri()) == ["LAY001"])
    readme.write_bytes(before)
    editor.say("textDocument/didSave", textDocument={"uri": spec})
    editor.until(lambda: editor.codes(readme.as_uri()) == [])


def test_documents_that_are_in_no_integration_are_left_alone(editor: Editor, root: Path, spec: str) -> None:
    elsewhere = root / "notes.yaml"
    for uri in (
        elsewhere.as_uri(),
        "untitled:Untitled-1",
        "file://server/share/x",
        "file:///a%00b",
        "file://[",
    ):
        editor.say(
            "textDocument/didOpen", textDocument={"uri": uri, "languageId": "", "version": 1, "text": "a: ["}
        )
        assert editor.at("hover", uri, 0, 0) is None
    editor.settled()
    assert not any(editor.diagnostics.values())
    assert editor.messages == []


def test_hostile_texts_end_no_server(editor: Editor, good: Path, spec: str) -> None:
    for text in ("a: &a [*a, *a]", "[" * 50_000, "\ud800: \x00", "x" * 9_000_000, "? " * 500, "\r\r\r\u2028"):
        typed(editor, spec, text)
        editor.at("completion", spec, 0, 1)
        editor.at("hover", spec, 0, 1)
    assert typed(editor, spec, (good / SPEC).read_text()) == []
    assert editor.messages == []


def test_a_link_is_shown_but_what_it_leads_to_is_not_read(editor: Editor, root: Path, good: Path) -> None:
    secret = root.parent / "secret.yaml"
    secret.write_text("token: xyzzy")
    link = good / ".port/resources/pages.yaml"
    link.symlink_to(secret)
    try:
        editor.say("workspace/didChangeWatchedFiles", changes=[])
        uri = editor.open(link, "- identifier: x\n")
        editor.until(lambda: "LAY107" in editor.codes(uri))
        assert "xyzzy" not in str(editor.published)
        editor.close(uri)
        editor.until(lambda: not editor.codes(uri))
    finally:
        link.unlink()
    editor.say("workspace/didChangeWatchedFiles", changes=[])
    editor.settled(0.3)


def test_the_settings_that_the_docs_give_for_vs_code_are_whole_and_start_the_server() -> None:
    page = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")
    block = re.search(r"^    \{\n(?:     .*\n)+    \}$", page, re.MULTILINE)
    assert block
    settings = json.loads(block[0])
    command = [settings["glspc.server.command"], *settings["glspc.server.commandArguments"]]
    assert command == ["seatrial", "lsp"] and "lsp" in {verb.name for verb in VERBS}
    neovim = re.findall(r"filetypes = \{(.*?)\}", page)[0]
    assert settings["glspc.server.languageId"] == re.findall(r"'(\w+)'", neovim)
    assert settings["glspc.server.initializationOptions"] == {"advice": False}
