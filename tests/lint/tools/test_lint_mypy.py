"""mypy: calls by version, its JSON and its lines read, its refusals, what it watches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.lint.tools.mypy import TOOL
from seatrial.lint.tools.tool import Output
from support.lint_cases import put, reading, run, shown, told

ERROR: dict[str, Any] = {
    "file": "app/a.py",
    "line": 3,
    "column": 11,
    "end_line": 3,
    "end_column": 12,
    "message": 'Incompatible return value type (got "int", expected "str")',
    "hint": None,
    "code": "return-value",
    "severity": "error",
}
SAID = 'Incompatible return value type (got "int", expected "str") [return-value]'


def found(*entries: dict[str, Any], status: int = 1) -> Output:
    return Output(status, "".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.mark.parametrize(
    ("version", "is_json"),
    [((1, 4, 1), False), ((1, 10, 1), False), ((1, 11), True), ((1, 20, 2), True), ((), True)],
)
def test_json_is_asked_for_where_the_version_has_it(version: tuple[int, ...], is_json: bool) -> None:
    arguments = TOOL.arguments(version)
    assert arguments[:3] == (".", "--exclude", r"/\.venv/")
    assert ("json" in arguments) is is_json
    assert "--show-column-numbers" in arguments


def test_an_error_has_place_message_and_code() -> None:
    assert told(TOOL, found(ERROR)) == [f"app/a.py:3:12 error {SAID}"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"column": -1}, f"app/a.py:3:1 error {SAID}"),
        ({"line": -1, "column": -1}, f"app/a.py:1:1 error {SAID}"),
        ({"hint": "one\n  two"}, f"app/a.py:3:12 error {SAID} (one; two)"),
        ({"code": None}, f"app/a.py:3:12 error {ERROR['message']}"),
        ({"file": ".venv/lib/x.py"}, f"pyproject.toml:1:1 error .venv/lib/x.py:3: {SAID}"),
        ({"file": "../../port_ocean/x.py"}, f"pyproject.toml:1:1 error ../../port_ocean/x.py:3: {SAID}"),
    ],
)
def test_each_form_of_an_entry_is_read(change: dict[str, Any], said: str) -> None:
    assert told(TOOL, found(ERROR | change)) == [said]


def test_lines_of_older_versions_are_read_alike() -> None:
    out = (
        'app/a.py:3:12: error: Incompatible return value type (got "int", expected "str")  [return-value]\n'
        'app/a.py:19: error: Unused "type: ignore" comment  [unused-ignore]\n'
        "Found 2 errors in 1 file (checked 1 source file)\n"
    )
    assert told(TOOL, Output(1, out)) == [
        f"app/a.py:3:12 error {SAID}",
        'app/a.py:19:1 error Unused "type: ignore" comment [unused-ignore] || remove what is unused of the comment',
    ]


def test_notes_on_an_error_are_folded_into_it() -> None:
    out = (
        'a.py:16:3: error: Argument 1 to "g" has incompatible type "list[int]"; expected "list[float]"  [arg-type]\n'
        'a.py:16:3: note: "list" is invariant\n'
        'a.py:16:3: note: Consider using "Sequence" instead\n'
    )
    assert told(TOOL, Output(1, out)) == [
        'a.py:16:3 error Argument 1 to "g" has incompatible type "list[int]"; expected "list[float]" [arg-type] '
        '("list" is invariant; Consider using "Sequence" instead)'
    ]


def test_a_note_on_its_own_is_an_info() -> None:
    note = ERROR | {"severity": "note", "code": "misc", "message": 'Revealed type is "list[int]"', "line": 9}
    assert told(TOOL, found(ERROR, note))[1] == 'app/a.py:9:12 info Revealed type is "list[int]"'
    assert told(TOOL, found(note, status=0)) == ['app/a.py:9:12 info Revealed type is "list[int]"']


def test_many_notes_are_cut() -> None:
    (line,) = told(TOOL, found(ERROR | {"hint": "\n".join(f"overload {number}" for number in range(100))}))
    assert line.endswith("overload 19; and 80 more lines)")


def test_missing_stubs_have_a_repair() -> None:
    hint = 'Hint: "python3 -m pip install types-PyYAML"\n(or run "mypy --install-types")'
    entry = ERROR | {
        "code": "import-untyped",
        "message": 'Library stubs not installed for "yaml"',
        "hint": hint,
    }
    assert told(TOOL, found(entry))[0].endswith(
        " || type `poetry add --group dev types-PyYAML` in this folder"
    )


@pytest.mark.parametrize(
    ("line", "offset", "column"),
    [
        ("return x", 7, 8),
        ('s = "é"; t: int = "ü"', 19, 19),
        ("s = '😀'; f(1)", 14, 12),
        ("", 11, 12),
        ("é", 11, 11),
    ],
)
def test_columns_count_characters_though_mypy_counts_bytes(line: str, offset: int, column: int) -> None:
    files = {"app/a.py": f"\n\n{line}\n"}
    assert told(TOOL, found(ERROR | {"column": offset}), files)[0].startswith(f"app/a.py:3:{column} ")


FOLDERS = [
    ("a.py:2:8: error: invalid syntax  [syntax]", "a.py:2:7 error invalid syntax [syntax]"),
    (
        "a.py: error: source code string cannot contain null bytes  [syntax]",
        "a.py:1:1 error source code string cannot contain null bytes [syntax]",
    ),
    (
        'b/util.py: error: Duplicate module named "util" (also at "./a/util.py")\n'
        "b/util.py: note: Common resolutions include:\nb/util.py: note:     a) adding `__init__.py` somewhere",
        'b/util.py:1:1 error Duplicate module named "util" (also at "./a/util.py") '
        "(Common resolutions include: a) adding `__init__.py` somewhere)",
    ),
    (
        'x/m.py: error: Source file found twice under different module names: "sub.m" and "x.m"',
        'x/m.py:1:1 error Source file found twice under different module names: "sub.m" and "x.m"',
    ),
]
UNSEEN = [
    (
        "./a.py: error: cannot decode file: 'utf-8' codec can't decode byte 0xff in position 5: invalid start byte",
        "a.py:1:1 error cannot decode file: 'utf-8' codec can't decode byte 0xff in position 5: invalid start byte",
    ),
    (
        "mypy: can't read file './b.py': No such file or directory",
        "b.py:1:1 error mypy cannot read it: No such file or directory",
    ),
    (
        'mypy: "typing.py" shadows library module "typing"\nnote: A user-defined top-level module is not supported',
        'typing.py:1:1 error "typing.py" shadows library module "typing" || give the file another name',
    ),
    (
        "my-pkg is not a valid Python package name",
        "my-pkg/__init__.py:1:1 error my-pkg is not a valid Python package name || "
        "give the folder a name that Python can import",
    ),
    (
        "There are no .py[i] files in directory '.'",
        "pyproject.toml:2:7 error There are no .py[i] files in directory '.'",
    ),
    (
        "pyproject.toml:1:1: error: Error importing plugin \"own.plugin\": No module named 'own'  [misc]",
        "pyproject.toml:3:12 error Error importing plugin \"own.plugin\": No module named 'own' [misc]",
    ),
    ("mypy: error: Invalid error code(s): nope", "pyproject.toml:4:22 error Invalid error code(s): nope"),
    (
        "error: The exclude (( is an invalid regular expression, because: missing )",
        "pyproject.toml:5:1 error The exclude (( is an invalid regular expression, because: missing )",
    ),
]
PYPROJECT = """\

[tool.mypy]
plugins = ["own.plugin"]
enable_error_code = ["nope"]
exclude = ["(("]
nosuch_option = true
python_version = "9"
"""


@pytest.mark.parametrize(("out", "said"), FOLDERS)
def test_what_stops_it_at_once_is_a_fault_of_the_file(out: str, said: str) -> None:
    assert told(TOOL, Output(2, f"{out}\n")) == [said]


@pytest.mark.parametrize(("err", "said"), UNSEEN)
def test_what_it_writes_to_standard_error_is_a_fault_at_its_place(err: str, said: str) -> None:
    assert told(TOOL, Output(2, err=f"{err}\n"), {"pyproject.toml": PYPROJECT}) == [said]


def test_settings_it_does_not_take_are_warnings() -> None:
    err = (
        "pyproject.toml: [mypy]: Unrecognized option: nosuch_option = True\n"
        "pyproject.toml: [mypy]: python_version: Invalid python version '9' (expected format: 'x.y')\n"
    )
    assert told(TOOL, Output(0, err=err), {"pyproject.toml": PYPROJECT}) == [
        "pyproject.toml:6:1 warning [mypy]: Unrecognized option: nosuch_option = True",
        "pyproject.toml:7:18 warning [mypy]: python_version: Invalid python version '9' (expected format: 'x.y')",
    ]


def test_settings_that_are_not_toml_are_warnings() -> None:
    err = "pyproject.toml: Expected ']' at the end of a table declaration (at line 1, column 11)\n"
    assert told(TOOL, Output(0, err=err), {"pyproject.toml": "[tool.mypy\n"}) == [
        "pyproject.toml:1:11 warning Expected ']' at the end of a table declaration"
    ]


def test_settings_in_a_file_of_their_own_are_placed_there() -> None:
    err = "mypy.ini: [mypy]: strictt: Not a boolean: maybe\n"
    (line,) = told(TOOL, Output(0, err=err), {"mypy.ini": "[mypy]\n\nstrictt = maybe\n"})
    assert line.startswith("mypy.ini:3:")


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        (
            Output(2, err="a.py:3: error: INTERNAL ERROR -- Please try using mypy master\nversion: 1.20.2\n"),
            "mypy ended with status 2: a.py:3: error: INTERNAL ERROR -- Please try using mypy master",
        ),
        (
            Output(1, err='Traceback (most recent call last):\n  File "x"\nre.error: missing )\n'),
            "mypy ended with status 1: re.error: missing )",
        ),
        (
            Output(2, err="usage: mypy [-h]\nmypy: error: unrecognized arguments: --output json\n"),
            "mypy ended with status 2: mypy: error: unrecognized arguments: --output json",
        ),
        (Output(-9, "a.py:1:1: error: x\n"), "mypy was ended by SIGKILL: a.py:1:1: error: x"),
        (Output(137, "a.py:1:1: error: x\n"), "mypy ended with status 137: a.py:1:1: error: x"),
        (Output(1), "mypy ended with status 1, without a word"),
    ],
)
def test_without_a_verdict_it_is_said_why(output: Output, failure: str) -> None:
    assert reading(TOOL, output).failure == failure


PYDANTIC: dict[str, object] = {"mypy": {"plugins": ["pydantic.mypy", "pydantic.v1.mypy"]}}


@pytest.mark.parametrize(
    ("path", "settings", "counts"),
    [
        ("a.py", PYDANTIC, True),
        ("x/a.pyi", PYDANTIC, True),
        ("x/py.typed", PYDANTIC, True),
        ("setup.cfg", PYDANTIC, True),
        ("spec.yaml", PYDANTIC, False),
        ("spec.yaml", {"mypy": {"plugins": "pydantic.mypy, pydantic.v1.mypy"}}, False),
        ("spec.yaml", {"mypy": {}}, False),
        ("spec.yaml", {"mypy": {"plugins": ["own.py"]}}, True),
        ("spec.yaml", {"mypy": {"plugins": 3}}, True),
        ("spec.yaml", {"mypy": {"custom_typeshed_dir": "stubs"}}, True),
        ("spec.yaml", {"mypy": 3}, True),
        ("spec.yaml", {}, True),
    ],
)
def test_only_what_it_may_read_counts(path: str, settings: dict[str, object], counts: bool) -> None:
    assert (path in TOOL.watches(settings)) is counts


def test_settings_in_files_of_their_own_make_everything_count() -> None:
    assert TOOL.widens is not None
    assert TOOL.widens(["a.py", "mypy.ini"])
    assert not TOOL.widens(["a.py", "sub/mypy.ini", "pyproject.toml"])


@pytest.mark.slow
def test_real_output_is_read(tmp_path: Path) -> None:
    files = {
        "app/a.py": "def f(x: int) -> str:\n    # plain\n    return x\n",
        "b.py": "y: int = 1  # type: ignore\n",
    }
    put(tmp_path, files | {"pyproject.toml": "[tool.mypy]\nwarn_unused_ignores = true\npretty = true\n"})
    plain, output = run("mypy", TOOL.plain, tmp_path), run("mypy", TOOL.arguments(()), tmp_path)
    assert plain.status == output.status == 1
    assert sorted(shown(one) for one in reading(TOOL, output).problems) == [
        f"app/a.py:3:12 error {SAID}",
        'b.py:1:1 error Unused "type: ignore" comment [unused-ignore] || remove what is unused of the comment',
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "def f(:\n"},
        {"a/util.py": "", "b/util.py": ""},
        {"x/sub/__init__.py": "", "x/sub/m.py": "", "main.py": "import x.sub.m\n"},
        {"readme.txt": ""},
        {"a.py": b'x = "\xff"\n'},
        {"my-pkg/__init__.py": ""},
        {"typing.py": "", "a.py": ""},
        {"a.py": "", "pyproject.toml": '[tool.mypy]\nplugins = ["nosuch.plugin"]\n'},
        {"a.py": "", "pyproject.toml": '[tool.mypy]\nenable_error_code = ["nope"]\n'},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_folder_that_mypy_refuses_has_a_fault(files: dict[str, str | bytes], tmp_path: Path) -> None:
    put(tmp_path, files)
    plain, output = run("mypy", TOOL.plain, tmp_path), run("mypy", TOOL.arguments(()), tmp_path)
    assert plain.status == output.status == 2
    assert " error " in told(TOOL, output, files)[0]
