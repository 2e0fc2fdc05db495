"""Repairs prove themselves before they are written: what harms is refused, and what is left settles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from seatrial import documents
from seatrial.core.edits import repaired
from seatrial.core.model import (
    MAKE,
    REMOVE,
    Edit,
    Entry,
    Fix,
    Fleet,
    Integration,
    Kind,
    Location,
    MemoryFolder,
    Problem,
    Profile,
    Severity,
)
from seatrial.core.rules import ADVICE, ERROR, WARNING, Problems, Rule, rule
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import NAME, good_folder
from seatrial.validate import repair
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.facts.source import with_key
from seatrial.validate.repair import Repairs, no_changes, repairs
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace


def same(folder: MemoryFolder) -> MemoryFolder:
    return folder


def workspace_of(profile: Profile = Profile.GUIDE, **folders: MemoryFolder) -> Workspace:
    place = Path("/nowhere")
    fleet = Fleet(Integration(name, f"integrations/{name}", folder) for name, folder in folders.items())
    return Workspace(place, place, Settings(), profile, fleet)


def repaired_by(
    rules: Sequence[Rule], changes: repair.Changes = no_changes, **folders: MemoryFolder
) -> Repairs:
    workspace = workspace_of(**folders)
    return repairs(workspace, workspace.integrations, rules, changes)


def written(found: Repairs) -> dict[str, str]:
    """The new texts by path, without the beginning of the path that all share."""
    return {one.path.removeprefix("integrations/"): (one.after or b"").decode() for one in found.files}


def reasons(found: Repairs) -> list[str]:
    return [one.reason for one in found.refused]


def replacing(old: str, new: str, path: str = "a.json", code: str = "TST001", **more: Severity) -> Rule:
    """A rule that every `old` in a file breaks, with the edit that writes `new`."""

    @rule(code, bad=same, **more)
    def a_word(integration: Integration) -> Problems:
        """A law."""
        if not integration.has(path):
            return
        for number, line in enumerate(integration.read(path).decode("utf-8", "replace").split("\n"), 1):
            at = line.find(old)
            while at >= 0:
                where = Location(path, number, at + 1)
                yield Problem(where, f"{old!r} is no word", Fix(f"write {new}", Edit(where, old, new)))
                at = line.find(old, at + 1)

    return a_word


def complaining(word: str, code: str = "TST009", severity: Severity = ERROR, path: str = "a.json") -> Rule:
    """A rule that a file with this word breaks."""

    @rule(code, bad=same, severity=severity)
    def a_complaint(integration: Integration) -> Problems:
        """A law."""
        if integration.has(path) and word in integration.read(path).decode("utf-8", "replace"):
            yield Problem(Location(path), f"{word} is wrong")

    return a_complaint


@pytest.mark.parametrize(
    ("path", "text", "new", "reason"),
    [
        ("a.json", '{"old": 1}', 'n"w', "the file would no longer parse"),
        ("a.json", '{"new": 1, "old": 1}', "new", "the file would no longer parse: the key"),
        ("a.yaml", "a: old\n", "b: c: d", "the file would no longer parse"),
        ("a.yaml", "new: 1\nold: 1\n", "new", "the file would no longer parse: the key"),
        ("a.toml", 'a = "old"\n', '"', "the file would no longer parse"),
        ("a.py", 'a = "old"\n', '"', "the file would no longer parse"),
        ("a.yaml", "a: &x old\nb: *x\n", "new", "other values would change with it"),
        ("a.yaml", "a: old\nb: c\n", "new\nd: e", "other values would change with it"),
    ],
)
def test_an_edit_that_harms_the_document_is_refused(path: str, text: str, new: str, reason: str) -> None:
    found = repaired_by([replacing("old", new, path)], one=MemoryFolder.of({path: text}))
    assert found.files == ()
    assert [one[: len(reason)] for one in reasons(found)] == [reason]


def test_a_repair_that_brings_another_finding_is_refused_and_does_not_stop_the_others() -> None:
    rules = [replacing("old", "odd"), replacing("bad", "good", code="TST002"), complaining("odd")]
    found = repaired_by(rules, one=MemoryFolder.of({"a.json": '["bad", "old", "bad"]'}))
    assert written(found) == {"one/a.json": '["good", "old", "good"]'}
    assert reasons(found) == ["TST009 would come instead: integrations/one/a.json: odd is wrong"]


def test_a_repair_that_makes_another_finding_graver_is_refused() -> None:
    @rule("TST009", bad=same)
    def a_weight(integration: Integration) -> Problems:
        """A law."""
        is_grave = b"odd" in integration.read("a.json")
        yield Problem(Location("a.json"), "it is so", severity=ERROR if is_grave else WARNING)

    found = repaired_by([replacing("old", "odd"), a_weight], one=MemoryFolder.of({"a.json": '["old"]'}))
    assert found.files == ()
    assert reasons(found) == ["TST009 would come instead: integrations/one/a.json: it is so"]


def test_a_finding_that_would_be_suppressed_counts_as_well() -> None:
    ignoring = '[tool.seatrial]\nignore = { TST009 = "it is meant so" }\n'
    rules = [replacing("old", "odd"), complaining("odd")]
    folder = MemoryFolder.of({"a.json": '["old"]', "pyproject.toml": ignoring})
    assert repaired_by(rules, one=folder).files == ()


def test_a_finding_that_moves_to_another_line_or_cites_one_has_not_come() -> None:
    @rule("TST009", bad=same)
    def a_line(integration: Integration) -> Problems:
        """A law."""
        lines = integration.read("a.txt").split(b"\n")
        at = lines.index(b"x") + 1
        yield Problem(Location("a.txt", at), f"it is there in line {at}", evidence=f"{at} of 9 do so")

    rules = [replacing("old", "\nnew", "a.txt"), a_line]
    assert written(repaired_by(rules, one=MemoryFolder.of({"a.txt": "old\nx\n"}))) == {
        "one/a.txt": "\nnew\nx\n"
    }


def test_a_repair_whose_finding_stays_is_refused() -> None:
    found = repaired_by([replacing("old", "older")], one=MemoryFolder.of({"a.json": '["old"]'}))
    assert (found.files, reasons(found)) == ((), ["the finding would stay"])


def test_a_rule_that_fails_on_the_result_refuses_it() -> None:
    @rule("TST009", bad=same)
    def a_failure(integration: Integration) -> Problems:
        """A law."""
        if b"new" in integration.read("a.json"):
            raise ZeroDivisionError("oops")
        yield from ()

    found = repaired_by([replacing("old", "new"), a_failure], one=MemoryFolder.of({"a.json": '["old"]'}))
    assert (found.files, reasons(found)) == ((), ["a rule would fail on the result"])


@rule("TST001", bad=same)
def two_that_differ(integration: Integration) -> Problems:
    """Two files agree; each can be made like the other."""
    one, other = (integration.read(path).decode() for path in ("a.txt", "b.txt"))
    if one != other:
        yield Problem(
            Location("a.txt"), f"it is not {other}", Fix(other, Edit(Location("a.txt"), one, other))
        )
        yield Problem(Location("b.txt"), f"it is not {one}", Fix(one, Edit(Location("b.txt"), other, one)))


def test_two_files_never_flip() -> None:
    folder = MemoryFolder.of({"a.txt": "x", "b.txt": "y"})
    found = repaired_by([two_that_differ], one=folder)
    assert written(found) in ({"one/a.txt": "y"}, {})
    after = MemoryFolder(
        {**folder.files, **{one.path.rpartition("/")[2]: one.after or b"" for one in found.files}}
    )
    assert repaired_by([two_that_differ], one=after).files == ()


@rule("TST002", bad=same)
def a_name_taken(integration: Integration, fleet: Fleet) -> Problems:
    """No two integrations have the same name."""
    ours = integration.read("a.txt")
    others = [one.path for one in fleet.others(integration) if one.read("a.txt") == ours]
    if others:
        yield Problem(Location("a.txt"), "the name is taken", evidence=f"by {others[0]}")


def test_a_repair_that_brings_a_finding_in_another_integration_is_refused() -> None:
    names = {"one": "old", "two": "new", "three": "bad"}
    folders = {name: MemoryFolder.of({"a.txt": text}) for name, text in names.items()}
    rules = [replacing("old", "new", "a.txt"), replacing("bad", "good", "a.txt", "TST003"), a_name_taken]
    found = repaired_by(rules, **folders)
    assert written(found) == {"three/a.txt": "good"}
    said = "TST002 would come instead: integrations/one/a.txt: the name is taken (by integrations/two)"
    assert reasons(found) == [said]


def test_of_two_repairs_that_are_only_right_alone_one_is_made() -> None:
    folders = {name: MemoryFolder.of({"a.txt": "old"}) for name in ("one", "two")}
    both = {"TST002": complaining_of_two}
    found = repaired_by([replacing("old", "new", "a.txt"), *both.values()], **folders)
    assert len(found.files) == 1
    assert len(found.refused) == 1


@rule("TST002", bad=same)
def complaining_of_two(integration: Integration, fleet: Fleet) -> Problems:
    """At most one integration is new."""
    if integration.read("a.txt") == b"new" and any(
        one.read("a.txt") == b"new" for one in fleet.others(integration)
    ):
        yield Problem(Location("a.txt"), "two are new")


def test_rules_that_name_no_other_integration_do_not_read_one() -> None:
    class Closed(Fleet):
        def others(self, integration: Integration) -> tuple[Integration, ...]:
            raise AssertionError("another integration was read")

        def keep(self, question: object, answer: object) -> None:
            raise AssertionError("another integration was read")

    for profile in Profile:
        folder = good_folder(profile)
        facts = Facts(Integration("one", "integrations/one", folder), profile, Closed())
        alone = [one for one in RULES if not repair.ACROSS & set(one.needs)]
        assert check(facts, alone).crashes == ()


def test_edits_that_overlap_are_made_one_after_the_other() -> None:
    folder = MemoryFolder.of({"a.txt": "aab\n"})
    rules = [replacing("aa", "c", "a.txt"), replacing("ab", "d", "a.txt", "TST002")]
    assert written(repaired_by(rules, one=folder)) in ({"one/a.txt": "cb\n"}, {"one/a.txt": "ad\n"})


def many(word: str, count: int) -> str:
    """A list of this word and a number."""
    return "[" + f'"{word}", ' * count + "1]"


def test_more_edits_than_findings_are_reported_are_all_made() -> None:
    found = repaired_by([replacing("old", "new")], one=MemoryFolder.of({"a.json": many("old", 299)}))
    assert written(found) == {"one/a.json": many("new", 299)}


def test_with_too_many_findings_to_compare_nothing_is_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "MOST_COMPARED", 5)
    found = repaired_by([replacing("old", "new")], one=MemoryFolder.of({"a.json": many("old", 9)}))
    assert found.files == ()
    assert set(reasons(found)) == {"there are too many findings of TST001 to compare"}


def test_many_findings_in_another_integration_stop_no_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    @rule("TST009", bad=same)
    def a_crowd(integration: Integration, fleet: Fleet) -> Problems:
        """A law."""
        yield from (Problem(Location("b.txt"), f"{number}") for number in range(9 * integration.has("b.txt")))

    monkeypatch.setattr(repair, "MOST_COMPARED", 5)
    crowd, plain = MemoryFolder.of({"b.txt": ""}), MemoryFolder.of({"a.json": '["old"]'})
    found = repaired_by([replacing("old", "new"), a_crowd], one=crowd, two=plain)
    assert written(found) == {"two/a.json": '["new"]'}


def test_edits_that_exclude_each_other_endlessly_are_left_and_the_others_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repair, "MOST_TRIALS", 12)
    hostile, plain = MemoryFolder.of({"a.json": many("old", 40)}), MemoryFolder.of({"a.json": '["bad"]'})
    rules = [replacing("old", "odd"), replacing("bad", "good", code="TST002"), complaining("odd")]
    found = repaired_by(rules, one=hostile, two=plain)
    assert written(found) == {"two/a.json": '["good"]'}
    assert reasons(found) == [
        "too many repairs of one fail together; 12 ways were tried, and nothing is repaired there"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "old\r\nx\r\n",
        "old\nx\r\ny",
        "\ufeffx\nold\t \n\n",
        "old",
        "x \u2028 old\x0b\n",
        "old\ry\r",
        "\x00old\n",
    ],
)
def test_nothing_else_changes_in_the_file(text: str) -> None:
    found = repaired_by([replacing("old", "new", "a.txt")], one=MemoryFolder.of({"a.txt": text}))
    assert written(found) == {"one/a.txt": text.replace("old", "new")}


def test_a_file_that_is_not_utf_8_is_left_alone() -> None:
    found = repaired_by([replacing("old", "new", "a.txt")], one=MemoryFolder({"a.txt": b"old \xff"}))
    assert (found.files, reasons(found)) == ((), ["the file cannot be read as UTF-8"])


def test_a_link_is_left_alone_and_so_is_a_file_behind_one() -> None:
    linked = MemoryFolder({"a.txt": b"old"}, {"a.txt": Entry(Kind.FILE, target="../two/a.txt")})

    class Behind(MemoryFolder):
        def paths(self) -> Sequence[str]:
            return []

    for folder in (linked, Behind({"a.txt": b"old"})):
        found = repaired_by([replacing("old", "new", "a.txt")], one=folder)
        assert (found.files, reasons(found)) == ((), ["the file is a link, or behind one"])


def wanting(path: str, act: str, text: str = "", guessed: bool = False) -> Rule:
    """A rule that wants a file made with this text, or removed."""

    @rule("TST002", bad=same)
    def a_file(integration: Integration) -> Problems:
        """A law."""
        if integration.holds(path) == (act == REMOVE):
            edit = Edit(Location(path), "", text, act)
            yield Problem(Location(path), "wrong", Fix("mend it", edit, guessed))

    return a_file


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [(MAKE, {"b.txt": "x"}, b"text"), (REMOVE, {"c/a.txt": "text"}, None)],
    ids=["made", "removed"],
)
def test_a_file_is_made_or_removed(act: str, before: dict[str, str], after: bytes | None) -> None:
    found = repaired_by([wanting("c/a.txt", act, "text")], one=MemoryFolder.of(before))
    assert [(one.path, one.after) for one in found.files] == [("integrations/one/c/a.txt", after)]
    assert [one.before for one in found.files] == [b"text" if act == REMOVE else None]
    assert repaired_by([wanting("c/a.txt", act, guessed=True)], one=MemoryFolder.of(before)).files == ()


@pytest.mark.parametrize(
    "folder",
    [
        MemoryFolder.of({"x": ""}).linked("c", "../two", Kind.FOLDER),
        MemoryFolder.of({"c": "a file"}),
    ],
    ids=["link", "file"],
)
def test_no_file_is_made_behind_a_link_or_a_file(folder: MemoryFolder) -> None:
    found = repaired_by([wanting("c/a.txt", MAKE)], one=folder)
    assert (found.files, reasons(found)) == ((), ["the folder is a link, or none"])


def test_a_file_whose_removal_brings_another_finding_is_kept() -> None:
    @rule("TST003", bad=same)
    def an_empty_folder(integration: Integration) -> Problems:
        """A law."""
        if not integration.holds("c"):
            yield Problem(Location("c"), "nothing is in c")

    found = repaired_by([wanting("c/a.txt", REMOVE), an_empty_folder], one=MemoryFolder.of({"c/a.txt": ""}))
    assert (found.files, reasons(found)) == (
        (),
        ["TST003 would come instead: integrations/one/c: nothing is in c"],
    )


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("NOTES.md", "a  \n\nb \n", "a\n\nb\n"),
        ("NOTES.md", "a  \nb\n", None),
        ("NOTES.md", "a", "a\n"),
        ("NOTES.md", "a \n\n  ", "a\n"),
        ("NOTES.md", "a \r\nb\r\n\r\n", "a\r\nb\r\n"),
        ("a.yaml", "a: |\n  b \n  c\nd: 1 \n", None),
        ("a.yaml", "a: b \nc: d\n", "a: b\nc: d\n"),
    ],
)
def test_ends_of_lines_are_tidied_where_they_mean_nothing(path: str, before: str, after: str | None) -> None:
    tidying = [BY_NAME["unended-file"], BY_NAME["trailing-blanks"]]
    workspace = workspace_of(one=MemoryFolder.of({path: before}))
    found = repairs(workspace, workspace.integrations, tidying, advice=True)
    assert [one.after for one in found.files] == ([] if after is None else [after.encode()])


@pytest.mark.parametrize(
    ("spec", "package", "logged", "repaired"),
    [
        ("0.2.0", "0.1.0", "0.1.0", ".port/spec.yaml"),
        ("0.1.0", "0.2.0", "0.1.0", "pyproject.toml"),
        ("0.1.0", "0.2.0", "0.3.0", ""),
    ],
)
def test_of_three_versions_the_one_that_stands_alone_is_put_right(
    spec: str, package: str, logged: str, repaired: str
) -> None:
    folder = (
        good_folder()
        .edited(".port/spec.yaml", "version: 0.1.0", f"version: {spec}")
        .edited("pyproject.toml", 'version = "0.1.0"', f'version = "{package}"')
        .edited("CHANGELOG.md", "## 0.1.0 (", f"## {logged} (")
    )
    agreeing = [BY_NAME["version-disagrees"], BY_NAME["changelog-version-disagrees"]]
    found = repaired_by(agreeing, one=folder)
    paths = [one.path.removeprefix("integrations/one/") for one in found.files]
    assert paths == ([repaired] if repaired else [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    default: 100\n", "    default: '100'\n"),
        ("    sensitive: true\n", "    sensitive: false\n"),
        ("    required: false\n", ""),
    ],
    ids=["quoted", "switched off", "left out"],
)
def test_the_spec_is_put_back_as_it_was(old: str, new: str) -> None:
    bad = good_folder().edited(".port/spec.yaml", old, new)
    workspace = workspace_of(**{NAME: bad})
    found = repairs(workspace, workspace.integrations, RULES)
    assert sorted(patched(bad, found).text(".port/spec.yaml")) == sorted(
        good_folder().text(".port/spec.yaml")
    )


@pytest.mark.parametrize(
    "line", ['  "type": "x"', '  "type": "x",\n  "z": 1', "  type: x # why", "  type: x", "  type: {a: b}"]
)
def test_a_key_is_added_only_below_a_key_and_value_on_a_line_of_their_own(line: str) -> None:
    path = "a.json" if '"' in line else "a.yaml"
    text = f"{{\n{line}\n}}\n" if path == "a.json" else f"k:\n{line}\n"
    folder = Integration("one", "one", MemoryFolder.of({path: text}))
    document = documents.load(path, text.encode())
    keys = ("type",) if path == "a.json" else ("k", "type")
    edit = with_key(folder, document, keys, "sensitive", "true")
    after = documents.load(path, repaired(text, [edit]).encode() if edit else b"").value
    inner = after if path == "a.json" or not edit else after["k"]
    assert edit is None or (inner["type"], inner["sensitive"]) == ("x", True)
    assert (edit is None) == ("{a" in line)


def test_the_bytes_that_the_proof_began_from_are_those_to_be_replaced() -> None:
    class Changing(MemoryFolder):
        def read(self, path: str) -> bytes:
            read.append(path)
            return b"old" if len(read) < 3 else b"old, and somebody else's"

    read: list[str] = []
    found = repaired_by([replacing("old", "new", "a.txt")], one=Changing({"a.txt": b"old"}))
    assert [(one.before, one.after) for one in found.files] == [(b"old", b"new")]


def test_the_change_is_seen_with_the_repair_in_it() -> None:
    @rule("TST009", bad=same)
    def a_change(change: Change) -> Problems:
        """A law."""
        if "a.json" in change.paths:
            yield Problem(Location("a.json"), "it must not change")

    def changes(
        integrations: Sequence[Integration], edited: Mapping[str, Collection[str]]
    ) -> dict[str, Change]:
        return {one.path: Change("main", tuple(edited[one.path]), None, {}) for one in integrations}

    folder = MemoryFolder.of({"a.json": '["old"]'})
    found = repaired_by([replacing("old", "new"), a_change], changes, one=folder)
    assert (found.files, reasons(found)) == (
        (),
        ["TST009 would come instead: integrations/one/a.json: it must not change"],
    )


def test_a_finding_about_the_change_may_count_one_more_file() -> None:
    @rule("TST009", bad=same)
    def a_change(change: Change) -> Problems:
        """A law."""
        yield Problem(
            Location("b.txt"), f'"{sorted(change.paths)[0]}" and {len(change.paths) - 1} more changed'
        )

    def changes(
        integrations: Sequence[Integration], edited: Mapping[str, Collection[str]]
    ) -> dict[str, Change]:
        return {one.path: Change("main", ("b.txt", *edited[one.path]), None, {}) for one in integrations}

    folder = MemoryFolder.of({"a.json": '["old"]', "b.txt": ""})
    found = repaired_by([replacing("old", "new"), a_change], changes, one=folder)
    assert written(found) == {"one/a.json": '["new"]'}


def offering(safe: bool) -> list[Rule]:
    """The rules whose bad example has an edit, one that is safe or a guess."""
    return [one for one in RULES if not one.siblings and safe in _offers(one)]


@cache
def _offers(one: Rule) -> frozenset[bool]:
    if "change" in one.needs or one.severity is None:
        return frozenset()
    workspace = workspace_of(one.profile, one=one.bad(good_folder(one.profile)))
    verdict = check(Facts.of(workspace, workspace.integrations[0]), [one], advice=True)
    return frozenset(finding.fix.safe for finding in verdict.findings if finding.fix and finding.fix.edit)


@pytest.mark.parametrize("one", offering(safe=False), ids=lambda one: f"{one.code}-{one.name}")
def test_a_guess_is_tried_only_if_asked_for_and_must_prove_itself_too(one: Rule) -> None:
    bad = one.bad(good_folder(one.profile))
    workspace = workspace_of(one.profile, **{NAME: bad})
    proving = [rule for rule in RULES if "tried" not in rule.needs]
    is_advice = one.severity is ADVICE
    if True not in _offers(one):
        assert repairs(workspace, workspace.integrations, proving, advice=is_advice).files == ()
    found = repairs(workspace, workspace.integrations, proving, unsafe=True, advice=is_advice)
    before, after = (
        {one.code for one in check(Facts.of(each, each.integrations[0]), proving, advice=is_advice).findings}
        for each in (workspace, workspace_of(one.profile, **{NAME: patched(bad, found)}))
    )
    assert after <= before
    assert bool(found.files) == (one.code not in after)
    assert bool(found.files) or found.refused


def patched(folder: MemoryFolder, found: Repairs) -> MemoryFolder:
    """A folder after its repairs."""
    new = {file.path.removeprefix("integrations/good-service/"): file.after for file in found.files}
    kept = {path: data for path, data in folder.files.items() if path not in new}
    return MemoryFolder({**kept, **{path: data for path, data in new.items() if data is not None}})


@pytest.mark.parametrize("one", offering(safe=True), ids=lambda one: f"{one.code}-{one.name}")
def test_the_repair_of_an_example_proves_itself_and_leaves_nothing(one: Rule) -> None:
    bad = one.bad(good_folder(one.profile))
    workspace = workspace_of(one.profile, **{NAME: bad})
    is_advice = one.severity is ADVICE
    found = repairs(workspace, workspace.integrations, RULES, advice=is_advice)
    assert reasons(found) == []
    after = workspace_of(one.profile, **{NAME: patched(bad, found)})
    assert one.code not in {
        finding.code
        for finding in check(Facts.of(after, after.integrations[0]), RULES, advice=is_advice).findings
    }
