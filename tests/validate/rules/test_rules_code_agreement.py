"""Rules of family COD about Python files, configurations, live events and actions."""

from __future__ import annotations

import pytest

from seatrial.core.edits import repaired
from seatrial.core.model import Severity
from seatrial.validate.rules import BY_CODE, RULES
from seatrial.validate.run import check
from support.code_cases import SAAS, SPEC, Edit, edited, facts, heard, problems, said
from support.good import facts_of, good_folder, problems_of

READ = 'ocean.integration_config["page_size"]'
PAGE_SIZE = "  - name: pageSize\n"
ACTION = "actions:\n  - name: close_task\n"
EXECUTOR = 'class Close(AbstractExecutor):\n    ACTION_NAME = "close_task"\n'
LIVE = SAAS.replace("false", "true") + "  liveEvents:\n    enabled: true\n"


def reading(expression: str) -> Edit:
    return ("client.py", READ, expression)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("def f(:\n    pass\n", "broken.py:1:7 the file does not parse: invalid syntax"),
        ("x = 1\nclass A\n    pass\n", "broken.py:2:8 the file does not parse: expected ':'"),
        (
            "def f():\n    x = 1\n   y = 2\n",
            "broken.py:3:9 the file does not parse: unindent does not match any outer indentation level",
        ),
        ("x = (1\n", "broken.py:1:5 the file does not parse: '(' was never closed"),
    ],
)
def test_a_file_that_does_not_parse_is_reported_once(text: str, finding: str) -> None:
    assert said("COD001", ("broken.py", "", text)) == [finding]
    assert heard(("broken.py", "", text)) == ["COD001"]


@pytest.mark.parametrize(
    "edit",
    [
        ("new.py", "", "type X[T] = list[T]\nmatch x:\n    case {'a': int() as b, **c}: ...\n"),
        ("tests/test_broken.py", "", "def f(:"),
        ("examples/broken.py", "", "def f(:"),
        ("conflicted.py", "", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n"),
        ("empty.py", "", ""),
        ("bom.py", "", "\ufeffx = 1\n"),
    ],
)
def test_these_files_are_accepted_or_reported_by_another_rule(edit: Edit) -> None:
    assert said("COD001", edit) == []


def test_a_file_not_in_utf8_must_declare_its_encoding() -> None:
    latin = edited().having("a.py", "# coding: latin-1\nx = 'é'\n".encode("latin-1"))
    plain = edited().having("a.py", "x = 'é'\n".encode("latin-1"))
    assert problems_of(BY_CODE["COD001"], latin) == []
    assert [one.where.line for one in problems_of(BY_CODE["COD001"], plain)] == [1]


def test_a_file_that_is_too_large_is_a_warning() -> None:
    [problem] = problems("COD001", ("data.py", "", "#" * (1024 * 1024 + 1)))
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'ocean.integration_config["size"]',
            'the spec declares no configuration for "size"; did you mean "page_size"?',
        ),
        (
            'ocean.integration_config["page_sizes"]',
            'the spec declares no configuration for "page_sizes"; did you mean "page_size"?',
        ),
        ('ocean.integration_config["proxy"]', 'the spec declares no configuration for "proxy"'),
    ],
)
def test_an_undeclared_key_is_reported(expression: str, message: str) -> None:
    assert said("COD208", reading(expression)) == [f"client.py:23:48 {message}"]


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ('ocean.integration_config["proxy"]', None),
        ('ocean.integration_config.get("proxy")', Severity.WARNING),
        ('ocean.integration_config.get("proxy") or ocean.integration_config["proxy"]', None),
    ],
)
def test_a_forgiving_read_is_a_warning(expression: str, severity: Severity | None) -> None:
    assert [one.severity for one in problems("COD208", reading(expression))] == [severity]


def test_a_key_that_several_files_read_is_reported_once() -> None:
    other = ("other.py", "", 'ocean.integration_config["proxy"]\n')
    [problem] = problems("COD208", reading('ocean.integration_config["proxy"]'), other)
    assert (problem.where.path, problem.evidence) == ("client.py", "also read in other.py")


def test_a_key_of_a_constant_is_followed() -> None:
    edits = [
        ("keys.py", "", 'PROXY = "proxy"\n'),
        ("client.py", "\n\nBatch", "\nfrom keys import PROXY\n\nBatch"),
    ]
    assert said("COD208", *edits, reading("ocean.integration_config[PROXY]")) == [
        'client.py:24:48 the spec declares no configuration for "proxy"'
    ]


@pytest.mark.parametrize(
    "edits",
    [
        [reading("ocean.integration_config[key]")],
        [reading('config["proxy"]')],
        [reading('ocean.integration_config["page_size"]["proxy"]')],
        [reading("3"), ("a.py", "", 'ocean.integration_config["proxy"] = 3\n')],
        [reading('ocean.integration_config["proxy"]'), (SPEC, PAGE_SIZE, "  - title: pageSize\n")],
        [("tests/test_a.py", "", 'ocean.integration_config["proxy"]\n')],
        [(SPEC, "", "configurations: 3\n")],
        [(SPEC, "", "title: x\n")],
    ],
)
def test_a_read_that_cannot_be_resolved_is_not_reported(edits: list[Edit]) -> None:
    assert said("COD208", *edits) == []
    assert said("COD209", *edits) == []


def test_a_key_in_the_case_of_the_spec_is_reported_and_repaired() -> None:
    edit = reading('ocean.integration_config["pageSize"]')
    [problem] = problems("COD209", edit)
    assert problem.message == '"pageSize" is "page_size" in the code'
    assert problem.fix
    assert problem.fix.edit
    assert repaired(edited(edit).text("client.py"), [problem.fix.edit]) == edited().text("client.py")
    assert heard(edit) == ["COD209"]


CFG = "ocean.integration_config"
FALLBACKS = [
    f'{CFG}.get("page_size") or {CFG}.get("pageSize")',
    f'{CFG}.get("pageSize") or {CFG}["page_size"]',
    f'{CFG}.get("page_size", {CFG}.get("pageSize"))',
    f'{CFG}["pageSize"] if "pageSize" in {CFG} else {CFG}["page_size"]',
    f'{CFG}["page_size"] if "page_size" in {CFG} else {CFG}.get("pageSize")',
    f'next(({CFG}[key] for key in ("page_size", "pageSize") if key in {CFG}), 100)',
]


@pytest.mark.parametrize("expression", FALLBACKS)
def test_a_fallback_beside_the_right_key_is_accepted(expression: str) -> None:
    assert heard(reading(expression)) == []


@pytest.mark.parametrize(
    "body",
    [
        '    size = config.get("page_size")\n    if not size:\n        size = config.get("pageSize")\n',
        '    try:\n        size = config["pageSize"]\n    except KeyError:\n        size = config["page_size"]\n',
        '    if "pageSize" not in config:\n        return config["page_size"]\n    size = config["pageSize"]\n',
        '    if config.get("pageSize"):\n        return config["pageSize"]\n    size = config["page_size"]\n',
    ],
)
def test_a_fallback_may_take_several_statements(body: str) -> None:
    code = f"def size():\n    config = ocean.integration_config\n{body}    return size\n"
    assert heard(("sizes.py", "", code)) == []


@pytest.mark.parametrize(
    "expression",
    [
        f'{CFG}.get("pageSize")',
        f'{CFG}["pageSize"] or {CFG}["page_size"]',
        f'{CFG}.get("pageSize") or {CFG}.get("api_url")',
    ],
)
def test_a_read_that_fails_or_stands_alone_is_not_a_fallback(expression: str) -> None:
    assert len(said("COD209", reading(expression))) == 1


def test_the_right_key_in_another_function_is_not_beside() -> None:
    code = 'def f():\n    return ocean.integration_config.get("pageSize")\n'
    assert len(said("COD209", ("sizes.py", "", code))) == 1


def test_an_undeclared_key_that_is_tested_before_is_a_warning() -> None:
    expression = f'{CFG}["proxy"] if "proxy" in {CFG} else None'
    assert [one.severity for one in problems("COD208", reading(expression))] == [Severity.WARNING]


@pytest.mark.parametrize("name", ["api-url", "api url", "api.url", "API_URL"])
def test_a_name_that_is_no_identifier_is_to_be_renamed_in_the_spec(name: str) -> None:
    [problem] = problems("COD208", (SPEC, "name: apiUrl", f"name: {name}"))
    assert problem.message == f'the spec declares no configuration for "api_url", but for "{name}"'
    assert problem.fix
    assert problem.fix.title == f'rename "{name}" in the spec to "apiUrl"'
    assert problem.where.path == SPEC
    assert problem.evidence == "read so in client.py, line 21, and set so in .env.example"
    there = facts((SPEC, "name: apiUrl", f"name: {name}"))
    others = ("SPC119", "COD209", "COD210", "LAY121")
    assert not any(list(BY_CODE[code].problems(there)) for code in others)


def test_a_name_in_snake_case_in_the_spec_is_accepted() -> None:
    assert heard((SPEC, PAGE_SIZE, "  - name: page_size\n")) == []


@pytest.mark.parametrize(
    ("edits", "findings"),
    [
        (
            [reading("100")],
            [f'{SPEC}:23:11 the configuration "pageSize" is not used: no code names "page_size"'],
        ),
        ([reading("100"), ("a.py", "", "config.page_size\n")], []),
        ([reading("100"), ("a.py", "", "Settings(pageSize=1)\n")], []),
        ([reading("100"), ("a.py", "", 'os.environ["OCEAN__PAGE_SIZE"]\n')], []),
        ([reading("ocean.integration_config[key]")], []),
        ([reading('ocean.integration_config["size"]')], []),
        ([(SPEC, PAGE_SIZE, "  - name: appHost\n"), reading("100")], []),
        (
            [
                reading("100"),
                (
                    SPEC,
                    "    sensitive: true\n",
                    "    sensitive: true\n    dependencies:\n      - on: pageSize\n",
                ),
            ],
            [],
        ),
    ],
)
def test_an_unused_configuration_is_reported(edits: list[Edit], findings: list[str]) -> None:
    client = edited().text("client.py").replace("page_size", "size").replace('["size"]', '["page_size"]')
    assert said("COD210", ("client.py", "", client), *edits) == findings


@pytest.mark.parametrize(
    ("saas", "code", "findings"),
    [
        (LIVE, "", [f"{SPEC}:31:14 live events are enabled, but the code has no webhook processor"]),
        (LIVE, "class P(AbstractWebhookProcessor): ...\n", []),
        (LIVE, "ocean.add_webhook_processor(path, P)\n", []),
        (LIVE, "class E(AbstractExecutor):\n    WEBHOOK_PROCESSOR_CLASS = P\n", []),
        (LIVE, "@ocean.router.post('/x')\ndef f(): ...\n", []),
        (LIVE.replace("enabled: true\n", "enabled: false\n"), "", []),
        (SAAS + "  liveEvents: 3\n", "", []),
        (SAAS + "  liveEvents:\n    enabled: 'true'\n", "", []),
    ],
)
def test_live_events_need_a_processor(saas: str, code: str, findings: list[str]) -> None:
    assert said("COD211", (SPEC, SAAS, saas), ("processors.py", "", code)) == findings


@pytest.mark.parametrize(
    ("saas", "count"),
    [
        (SAAS, 0),
        (SAAS.replace("false", "true"), 1),
        (LIVE, 0),
        (SAAS.replace("false", "true") + "  liveEvents:\n    enabled: false\n", 0),
        ("", 0),
    ],
)
def test_a_processor_needs_live_events_where_the_rule_is_on(saas: str, count: int) -> None:
    code = ("processors.py", "", "ocean.add_webhook_processor(path, P)\n")
    assert len(said("COD212", (SPEC, SAAS, saas), code)) == count


@pytest.mark.parametrize(
    ("actions", "executor", "missing", "unlisted"),
    [
        (ACTION, EXECUTOR, [], []),
        ("", "", [], []),
        (ACTION, "", [f'{SPEC}:31:11 no executor has the ACTION_NAME "close_task"'], []),
        ("", EXECUTOR, [], ['actions/close.py:2:19 the spec has no action "close_task"']),
        (
            ACTION,
            EXECUTOR.replace("close", "close_my"),
            [f'{SPEC}:31:11 no executor has the ACTION_NAME "close_task"; did you mean "close_my_task"?'],
            [],
        ),
        (ACTION, EXECUTOR.replace('"close_task"', "make()"), [], []),
        (ACTION, 'NAME = "close_task"\n' + EXECUTOR.replace('"close_task"', "NAME"), [], []),
        (ACTION, "class Base(AbstractExecutor):\n    ACTION_NAME: str\n\n\n" + EXECUTOR, [], []),
        ("actions: 3\n", "", [], []),
        ("actions:\n  - 3\n  - name:\n", EXECUTOR, [], []),
    ],
)
def test_every_action_needs_an_executor_and_every_executor_an_action(
    actions: str, executor: str, missing: list[str], unlisted: list[str]
) -> None:
    edits = [(SPEC, SAAS, SAAS + actions), ("actions/close.py", "", executor)]
    assert said("COD213", *edits) == missing
    assert said("COD214", *edits) == unlisted


def test_a_name_that_the_spec_alone_has_is_renamed_there() -> None:
    [problem] = problems("COD208", (SPEC, "name: pageSize", "name: pageSizes"))
    assert problem.message == 'the spec declares no configuration for "page_size", but for "pageSizes"'
    assert problem.fix is not None
    assert problem.fix.title == 'rename "pageSizes" in the spec to "pageSize"'
    assert problem.where.path == SPEC


@pytest.mark.parametrize("name", ["apiUrl", "api_url"])
def test_a_key_that_a_repeated_name_has_lost_is_told_in_the_spec(name: str) -> None:
    folder = good_folder().edited(SPEC, "name: pageSize", f"name: {name}")
    (finding,) = check(facts_of(folder), RULES).findings
    assert finding.code == "SPC118"
    assert finding.fix and finding.fix.title == 'rename one of the two to "pageSize", which the code reads'
