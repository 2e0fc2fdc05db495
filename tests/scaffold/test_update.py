"""Later changes of the template reach folders made earlier, and no line of an author is lost."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from functools import cache

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Entry, Kind, MemoryFolder, Profile
from seatrial.documents import toml
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.update import TemplateRecord, Update, brought_up, recording, update
from seatrial.system import git
from support.paths import ROOT

FIRST = skeleton.REVISION
SEEDS = range(int(os.environ.get("SEATRIAL_TESTS_FOLDERS", "10")))


def first_change(folder: MemoryFolder) -> MemoryFolder:
    return (
        folder.edited("pyproject.toml", 'ruff = "^0.6.3"', 'ruff = "^0.9.0"')
        .having("main.py", "# Ocean starts here.\n" + folder.text("main.py"))
        .having("NOTES.md", "Read me.\n")
    )


def second_change(folder: MemoryFolder) -> MemoryFolder:
    client = folder.text("client.py").replace("class ", "# All requests go through here.\nclass ", 1)
    return folder.without("debug.py").having("client.py", client).having("NOTES.md", "Read me, twice.\n")


def third_change(folder: MemoryFolder) -> MemoryFolder:
    ends = {path: folder.text(path) + "\nMore.\n" for path in ("README.md", "CONTRIBUTING.md", "NOTES.md")}
    for path, text in ends.items():
        folder = folder.having(path, text)
    return folder.having("main.py", folder.text("main.py").replace("Ocean starts here", "It starts here"))


CHANGES = (first_change, second_change, third_change)
NEWEST = FIRST + len(CHANGES)


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three revisions have come."""
    monkeypatch.setattr(skeleton, "REVISION", NEWEST)


@cache
def made(answers: Answers, revision: int) -> MemoryFolder:
    words = (f"revision = {NEWEST}\n", f"revision = {revision}\n")
    folder = skeleton.render(answers, revision=NEWEST).edited("pyproject.toml", *words)
    for change in CHANGES[: revision - FIRST]:
        folder = change(folder)
    return folder


def merged(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    found = git.merge(ours, base, theirs, "template")
    return found.data, found.conflicts > 0


def answers_of(seed: int) -> Answers:
    kinds = {"parent": f"thing {seed}", "child": f"part {seed}"}
    profile = list(Profile)[seed % 2]
    return Answers.of(f"My Service {seed}", profile, seed % 3 == 0, released="2026-01-31", **kinds)


def after(folder: MemoryFolder, found: Update) -> MemoryFolder:
    kept = {path: data for path, data in folder.files.items() if path not in found.files}
    return MemoryFolder({**kept, **{path: data for path, data in found.files.items() if data is not None}})


def brought(folder: MemoryFolder) -> tuple[MemoryFolder, Update]:
    record = TemplateRecord.of(folder)
    assert record is not None
    found = brought_up(folder, record, made, merged)
    return after(folder, found), found


def a_line_added(text: str, chance: random.Random, token: str) -> str:
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines)), f"# {token}")
    return "\n".join(lines)


def a_line_changed(text: str, chance: random.Random, token: str) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] += f"  # {token}"
    return "\n".join(lines)


def lines_deleted(text: str, chance: random.Random, token: str) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], f"# {token}", *lines[at + 2 :]])


def written(folder: MemoryFolder, seed: int) -> tuple[MemoryFolder, set[str]]:
    """A folder after edits of an author, and the words that are only in lines of theirs."""
    chance, tokens = random.Random(seed), set()
    paths = [path for path in folder.paths() if path not in ("pyproject.toml", "poetry.lock")]
    for number in range(15):
        path = chance.choice([*paths, "main.py", "client.py", "README.md", "debug.py"])
        edit: Callable[[str, random.Random, str], str] = chance.choice(
            [a_line_added, a_line_changed, lines_deleted]
        )
        token = f"author{seed}x{number}y"
        if path in folder.files:
            folder = folder.having(path, edit(folder.text(path), chance, token))
    gone = chance.choice(["tests/test_client.py", "CONTRIBUTING.md", "kinds.py"])
    folder = folder.without(gone).having("mine.py", f"author{seed}mine\n")
    text = folder.text("pyproject.toml").replace("[tool.black]", f"# author{seed}toml\n[tool.black]")
    folder = folder.having("pyproject.toml", text)
    tokens = set(re.findall(rf"author{seed}\w+", "\n".join(map(folder.text, folder.paths()))))
    return folder, tokens


@pytest.mark.parametrize("seed", SEEDS)
def test_no_line_of_an_author_is_lost_and_a_second_run_changes_nothing(seed: int) -> None:
    folder, tokens = written(made(answers_of(seed), FIRST), seed)
    result, found = brought(folder)
    assert len(tokens) > 5
    assert tokens == set(re.findall(rf"author{seed}\w+", "\n".join(map(result.text, result.paths()))))
    assert {path for path in result.paths() if b"<<<<<<<" in result.read(path)} == set(found.conflicts)
    deleted = made(answers_of(seed), FIRST).files.keys() - folder.files.keys()
    assert not deleted & result.files.keys()
    again, nothing = brought(result)
    assert (again, nothing.files) == (result, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_folder_that_nobody_touched_becomes_what_the_template_makes_now(seed: int) -> None:
    for revision in range(FIRST, NEWEST + 1):
        result, found = brought(made(answers_of(seed), revision))
        assert result == made(answers_of(seed), NEWEST)
        assert not found.conflicts
        assert not found.kept


BASE, NEW = MemoryFolder.of({"a": "1\n2\n3\n"}), MemoryFolder.of({"a": "1\n2\nthree\n"})
NONE = MemoryFolder({})


@pytest.mark.parametrize(
    ("ours", "base", "new", "files", "kept"),
    [
        (BASE, BASE, NEW, NEW.files, {}),
        (NEW, BASE, NEW, {}, {}),
        (MemoryFolder.of({"a": "one\n2\n3\n"}), BASE, NEW, {"a": b"one\n2\nthree\n"}, {}),
        (MemoryFolder.of({"a": "1\r\n2\r\n3\r\n"}), BASE, NEW, {"a": b"1\r\n2\r\nthree\r\n"}, {}),
        (MemoryFolder.of({"a": "mine\n"}), BASE, BASE, {}, {}),
        (NONE, BASE, NEW, {}, {"a": "was deleted, and the template changed it"}),
        (NONE, NONE, NEW, NEW.files, {}),
        (NONE, BASE, NONE, {}, {}),
        (BASE, BASE, NONE, {"a": None}, {}),
        (NEW, BASE, NONE, {}, {"a": "was changed, and the template no longer has it"}),
        (MemoryFolder({}, {"a": Entry(Kind.FILE, 3, "../b")}), BASE, NEW, {}, {"a": "is not a plain file"}),
        (MemoryFolder({"a": b"\0\xff"}), BASE, NEW, {}, {"a": "is not text, and the template changed it"}),
        (MemoryFolder({"a": b"1\n2\n3\n\xe9\n"}), BASE, BASE, {}, {}),
    ],
)
def test_each_file_is_merged_from_three_states(
    ours: MemoryFolder, base: MemoryFolder, new: MemoryFolder, files: dict[str, bytes], kept: dict[str, str]
) -> None:
    assert update(ours, base, new, merged) == Update(files, (), kept)


@pytest.mark.parametrize("base", [BASE, NONE], ids=["changed", "added"])
def test_a_conflict_keeps_both_sides_and_is_marked_as_git_does(base: MemoryFolder) -> None:
    found = update(MemoryFolder.of({"a": "1\n2\nthird\n"}), base, NEW, merged)
    text = (found.files["a"] or b"").decode()
    assert found.conflicts == ("a",)
    assert "<<<<<<< yours\n" in text
    assert text.endswith("third\n=======\nthree\n>>>>>>> template\n") or base is NONE
    assert {"third", "three"} <= set(text.split())


def test_a_file_behind_a_link_is_not_written() -> None:
    linked = MemoryFolder({}, {"c": Entry(Kind.FOLDER, 0, "../two")})
    found = update(linked, NONE, MemoryFolder.of({"c/a": "x"}), merged)
    assert (found.files, found.kept) == ({}, {"c/a": "is not a plain file"})


def test_a_folder_without_a_record_is_adopted_and_has_nothing_to_change() -> None:
    text = '[tool.poetry]\nname = "x"\n\n[tool.seatrial]\nignore = { SPC011 = "why" }\n'
    folder = MemoryFolder.of({"pyproject.toml": text, "main.py": "mine\n"})
    assert TemplateRecord.of(folder) is None
    adopted = folder.having("pyproject.toml", recording(text, answers_of(1)))
    assert adopted.text("pyproject.toml").startswith(text)
    assert toml.load("pyproject.toml", adopted.read("pyproject.toml")).faults == ()
    assert TemplateRecord.of(adopted) == TemplateRecord(NEWEST, answers_of(1))
    assert brought(adopted)[1].files == {}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((f"revision = {FIRST}", "revision = 99"), "newer Seatrial"),
        ((f"revision = {FIRST}", 'revision = "x"'), "not a record of the template"),
        (('icon = "Microservice"', 'icon = "a b"'), "icon"),
        (('profile = "guide"', 'profile = "gide"'), "names an unknown profile"),
        (("[tool.black]", "<<<<<<< yours\n[tool.black]"), "resolve them first"),
    ],
)
def test_an_unusable_record_is_reported(edit: tuple[str, str], said: str) -> None:
    folder = made(answers_of(2), FIRST).edited("pyproject.toml", *edit)
    with pytest.raises(UsageError, match=said):
        brought(folder)


def test_a_template_that_has_changed_has_another_revision() -> None:
    kept = (ROOT / "templates" / "history" / "DIGEST").read_text().strip()
    assert skeleton.digest() == kept, "before you commit the template's change, type `make template-keep`"


def test_what_the_history_keeps_gives_the_former_template_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"a": "1", "b": "2"}
    now = {"a": "1", "b": "two", "c": "3"}
    monkeypatch.setattr(skeleton, "_template", lambda: now)
    entry = skeleton.difference(before)
    assert entry == {"b": "2", "ABSENT": "c\n"}
    assert skeleton.files_at(now, {NEWEST - 1: entry}, NEWEST - 1) == before
    assert skeleton.difference(now) == {}


def test_an_earlier_revision_is_the_present_one_with_later_changes_undone() -> None:
    history = {
        NEWEST - 1: {"a": "a6", "ABSENT": "new\n"},
        NEWEST - 2: {"b": "b5", "gone": "gone5"},
    }
    now = {"a": "a", "b": "b", "new": "new"}
    assert skeleton.files_at(now, history, NEWEST) == now
    assert skeleton.files_at(now, history, NEWEST - 1) == {"a": "a6", "b": "b"}
    assert skeleton.files_at(now, history, NEWEST - 2) == {"a": "a6", "b": "b5", "gone": "gone5"}
    with pytest.raises(UsageError, match="not known any more; type --adopt"):
        skeleton.files_at(now, history, NEWEST - 3)
