"""yamllint: its lines read, its refusals, and what its configuration makes count."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.lint.tools.tool import Output
from seatrial.lint.tools.yamllint import TOOL, UNREADABLE, configuration, follow_up
from support.lint_cases import put, reading, run, shown, told


def test_lines_are_read_with_level_and_rule() -> None:
    out = (
        './a.yaml:1:1: [warning] missing document start "---" (document-start)\n'
        "./b: c.yml:2:4: [error] too many spaces after colon (colons)\n"
        "./.port/spec.yaml:2:3: [error] syntax error: expected ',' or ']', but got ':' (syntax)\n"
    )
    assert told(TOOL, Output(1, out)) == [
        'a.yaml:1:1 warning missing document start "---" (document-start)',
        "b: c.yml:2:4 error too many spaces after colon (colons)",
        ".port/spec.yaml:2:3 error syntax error: expected ',' or ']', but got ':' (syntax)",
    ]


def test_warnings_alone_fail_nothing() -> None:
    out = './a.yaml:1:1: [warning] missing document start "---" (document-start)\n'
    assert told(TOOL, Output(0, out)) == ['a.yaml:1:1 warning missing document start "---" (document-start)']


OWN = "extends: default\nrules:\n  nosuch: disable\n  line-length: {max: wide}\n"

REFUSALS = [
    ('invalid config: no such rule: "nosuch"\n', ".yamllint:3:3"),
    ('invalid config: option "max" of "line-length" should be int\n', ".yamllint:4:17"),
    ("invalid config: while parsing a flow node\nexpected the node content\n", ".yamllint:1:1"),
]


@pytest.mark.parametrize(("err", "place"), REFUSALS)
def test_a_configuration_it_refuses_is_a_fault_at_its_place(err: str, place: str) -> None:
    (line,) = told(TOOL, Output(255, err=err), {".yamllint": OWN})
    assert line == f"{place} error {err.splitlines()[0]}"


def test_the_file_may_have_either_of_its_other_names() -> None:
    (line,) = told(TOOL, Output(255, err=REFUSALS[0][0]), {".yamllint.yml": OWN})
    assert line.startswith(".yamllint.yml:3:3 ")


def test_a_configuration_above_the_folder_is_named_in_the_message() -> None:
    (line,) = told(TOOL, Output(255, err=REFUSALS[0][0]))
    assert line.startswith('pyproject.toml:1:1 error invalid config: no such rule: "nosuch"')
    assert "above" in line


def test_a_file_that_cannot_be_opened_is_a_fault() -> None:
    err = "[Errno 2] No such file or directory: './b.yaml'\n"
    assert told(TOOL, Output(255, err=err)) == [
        "b.yaml:1:1 error it cannot be read: No such file or directory"
    ]


def test_a_crash_over_an_unknown_base_is_a_fault_of_the_configuration() -> None:
    err = (
        'Traceback (most recent call last):\n  File "cli.py", line 199, in run\n'
        "    conf = YamlLintConfig(file=project_config_filepath)\n"
        "FileNotFoundError: [Errno 2] No such file or directory: 'nosuch'\n"
    )
    (line,) = told(TOOL, Output(1, err=err), {".yamllint": "---\nextends: nosuch\n"})
    assert line.startswith(".yamllint:2:10 error FileNotFoundError")


@pytest.mark.parametrize(
    ("crash", "place"),
    [
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 7", "latin.yaml:2:4"),
        ("yaml.reader.ReaderError: unacceptable character #x0007: not allowed", "bell.yaml:1:5"),
    ],
)
def test_a_crash_over_a_file_is_reported_for_that_file(crash: str, place: str) -> None:
    files = {"bell.yaml": "a: '\x07'\n", "fine.yaml": "a: 1\n", "latin.yaml": b"a:\n - \xe9\n"}
    output = Output(1, err=f"Traceback (most recent call last):\n{crash}\n  in x\n")
    assert follow_up(output) == ("--list-files", ".")
    found = told(TOOL, output, files, Output(0, "".join(f"./{path}\n" for path in files)))
    assert found == [f"{place} error {UNREADABLE}: {crash.partition(': ')[2]}"]


def test_a_crash_without_a_list_of_files_is_reported() -> None:
    output = Output(1, err="Traceback (most recent call last):\nUnicodeDecodeError: why\n")
    assert len(told(TOOL, output, {}, Output(2))) == 1


def test_another_crash_is_not_a_verdict() -> None:
    output = Output(1, err="Traceback (most recent call last):\nMemoryError: much\n")
    assert reading(TOOL, output).failure == "yamllint ended with status 1: MemoryError: much"
    assert follow_up(output) == ()


PLAIN = {"extends": "default", "yaml-files": ["**/*.yaml", "*.json"], "ignore": "docs/**"}


@pytest.mark.parametrize(
    ("path", "own", "counts"),
    [
        ("a/b.yaml", {}, True),
        ("b.yml", {}, True),
        ("b.json", {}, False),
        ("b.json", PLAIN, True),
        ("b.yml", PLAIN, False),
        ("main.py", PLAIN, False),
        (".yamllint.yaml", PLAIN, True),
        (".gitignore", PLAIN, False),
        (".gitignore", {"ignore-from-file": ".gitignore"}, True),
        (".gitignore", {"rules": {"braces": {"ignore-from-file": [".gitignore"]}}}, True),
        ("main.py", {"yaml-files": ["*"]}, True),
        ("main.py", {"yaml-files": ["!x.yaml"]}, True),
        ("main.py", {"yaml-files": 3}, True),
        ("main.py", {"extends": "./base.yaml"}, True),
        ("main.py", {"ignore-from-file": [3]}, True),
        ("main.py", None, True),
    ],
)
def test_what_the_configuration_names_counts(path: str, own: object, counts: bool) -> None:
    assert (path in TOOL.watches({"yamllint": own})) is counts


def test_without_a_readable_configuration_everything_counts() -> None:
    assert "main.py" in TOOL.watches({})


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"extends: default\n", {"extends": "default"}), (b"- 1\n", None), (b"a: [\n", None), (b"\xff", None)],
)
def test_a_configuration_is_read_as_values(text: bytes, value: object) -> None:
    assert configuration(text) == value


@pytest.mark.slow
def test_real_output_is_read(tmp_path: Path) -> None:
    put(tmp_path, {"a.yaml": "---\né: 1 \n", ".yamllint": "---\nextends: default\n"})
    plain, output = run("yamllint", TOOL.plain, tmp_path), run("yamllint", TOOL.arguments(()), tmp_path)
    assert plain.status == output.status == 1
    assert [shown(one) for one in reading(TOOL, output).problems] == [
        "a.yaml:2:5 error trailing spaces (trailing-spaces)"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("err", "place"), REFUSALS[:2])
def test_a_real_refusal_is_read(err: str, place: str, tmp_path: Path) -> None:
    put(tmp_path, {"a.yaml": "---\na: 1\n", ".yamllint": OWN})
    output = run("yamllint", TOOL.arguments(()), tmp_path)
    assert output.status == 255
    assert told(TOOL, output, {".yamllint": OWN})[0].startswith(".yamllint:")
