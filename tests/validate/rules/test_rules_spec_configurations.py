"""Rules of family SPC about configurations and references to them."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.rules import BY_NAME
from support.good import problems_of
from support.spec_cases import DEFAULT, SAAS, Edits, edited, said

SECTIONS = "interface:\n  sections:\n    - label: More\n      configurationNames: [apiUrl, api_token]\n"
OVERRIDE = "saas:\n  oauthConfiguration:\n    valuesOverride:\n      integrationSpec:\n        host: .a\n"
CHOICE = (
    "    enum: [basic, token]\n    dependencies:\n      - on: pageSize\n        when: {in: [basic, tokn]}\n"
)


@pytest.mark.parametrize(
    ("name", "edit", "line", "message"),
    [
        (
            "duplicate-configuration",
            ("name: apiToken", "name: apiUrl"),
            18,
            'configuration "apiUrl" is already there in line 14',
        ),
        (
            "duplicate-configuration",
            ("name: apiToken", "name: 'apiUrl '"),
            18,
            'configuration "apiUrl" is already there in line 14',
        ),
        (
            "undeclared-configuration",
            (SAAS, SAAS + SECTIONS),
            33,
            'there is no configuration "api_token"; did you mean "apiToken"?',
        ),
        ("undeclared-configuration", (SAAS, OVERRIDE), 32, 'there is no configuration "host"'),
        (
            "undeclared-configuration",
            (DEFAULT, DEFAULT + "    dependencies:\n      - on: mode\n"),
            28,
            'there is no configuration "mode"',
        ),
        (
            "impossible-dependency",
            (DEFAULT, CHOICE),
            29,
            'configuration "pageSize" cannot be "tokn"; did you mean "token"?',
        ),
    ],
)
def test_a_mistake_in_a_configuration_is_reported_at_its_place(
    name: str, edit: tuple[str, str], line: int, message: str
) -> None:
    assert said(name, edited(edit)) == [(line, message)]


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        ("odd-configuration-name", [("name: apiUrl", "name: api_url")]),
        ("odd-configuration-name", [("name: apiUrl", "name: isVersion8Point7OrOlder")]),
        ("exposed-secret", [("name: apiUrl", "name: apiTokenUrl"), ("type: url", "type: string")]),
        ("exposed-secret", [("name: apiUrl", "name: apiKeyHeader"), ("type: url", "type: string")]),
        ("exposed-secret", [("sensitive: true", 'sensitive: "true"')]),
        ("undeclared-configuration", [(DEFAULT, DEFAULT + "    dependencies:\n      - on: apiUrl\n")]),
        (
            "impossible-dependency",
            [(DEFAULT, DEFAULT + "    dependencies:\n      - {on: apiUrl, when: {equals: a}}\n")],
        ),
        ("duplicate-enum-value", [(DEFAULT, "    enum: [1, true, 1.5, '1']\n")]),
        ("host-typed-as-string", [("name: apiUrl", "name: appHost")]),
    ],
)
def test_a_correct_configuration_is_not_reported(name: str, edits: Edits) -> None:
    assert said(name, edited(*edits)) == []


@pytest.mark.parametrize(
    ("kind", "default", "name"),
    [
        ("string", "text", None),
        ("string", "100", "loosely-typed-default"),
        ("string", "true", "loosely-typed-default"),
        ("string", "[a]", "unusable-default"),
        ("string", "{a: b}", "unusable-default"),
        ("url", "https://example.com/v1", None),
        ("url", "https://{tenant}.example.com", None),
        ("url", "example.com", "unusable-default"),
        ("url", "''", "unusable-default"),
        ("url", "3", "unusable-default"),
        ("boolean", "false", None),
        ("boolean", "'yes'", "loosely-typed-default"),
        ("boolean", "1", "loosely-typed-default"),
        ("boolean", "2", "unusable-default"),
        ("boolean", "maybe", "unusable-default"),
        ("boolean", "[]", "unusable-default"),
        ("integer", "-7", None),
        ("integer", "'7'", "loosely-typed-default"),
        ("integer", "1.5", "loosely-typed-default"),
        ("integer", "'1.5'", "unusable-default"),
        ("integer", "seven", "unusable-default"),
        ("integer", "{}", "unusable-default"),
        ("object", "{a: 1}", None),
        ("object", "'{}'", "unusable-default"),
        ("array", "[1]", None),
        ("array", "'[]'", "unusable-default"),
        ("array", "{}", "unusable-default"),
        ("number", "text", None),
    ],
)
def test_a_default_is_read_as_ocean_reads_it(kind: str, default: str, name: str | None) -> None:
    folder = edited(("    type: integer", f"    type: {kind}"), (DEFAULT, f"    default: {default}\n"))
    found = {rule for rule in ("unusable-default", "loosely-typed-default") if said(rule, folder)}
    assert found == ({name} if name else set())


def unread(folder: MemoryFolder) -> MemoryFolder:
    """The folder with code that reads no configuration, by which a name in the spec could be at fault."""
    return folder.having("client.py", "")


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("ApiUrl", "apiUrl"),
        ("api-url", "apiUrl"),
        ("API_URL", "apiUrl"),
        ("Api url", "apiUrl"),
        ("NewRelicAPIKey", "newRelicAPIKey"),
        ("APIKey", "apiKey"),
        ("URL", "url"),
    ],
)
def test_an_odd_name_comes_with_a_better_one(name: str, better: str) -> None:
    folder = unread(edited(("name: apiUrl", f"name: {name}")))
    (problem,) = problems_of(BY_NAME["odd-configuration-name"], folder)
    assert problem.fix
    assert problem.fix.title == f'rename it to "{better}"'


@pytest.mark.parametrize("name", ["3scale", "ü", "__", "$"])
def test_an_odd_name_without_words_comes_without_a_better_one(name: str) -> None:
    (problem,) = problems_of(BY_NAME["odd-configuration-name"], edited(("name: apiUrl", f"name: {name}")))
    assert problem.fix
    assert problem.fix.title == "choose a name in camelCase"


@pytest.mark.parametrize("value", ["'\\\"TOKEN\\\"'", "\"'Github App'\"", "'.a |'"])
def test_an_oauth_text_that_is_not_jq_is_reported(value: str) -> None:
    oauth = f"saas:\n  enabled: true\n  oauthConfiguration:\n    requiredSecrets:\n      - value: {value}\n"
    ((line, message),) = said("broken-oauth-expression", edited((SAAS, oauth)))
    assert line == 32
    assert message.startswith("this is no jq expression")


@pytest.mark.parametrize("value", [".oauthData.accessToken", "'\"TOKEN\"'", "'{(.a): [\"**\"]} | @json'"])
def test_jq_in_oauth_is_accepted(value: str) -> None:
    oauth = f"saas:\n  enabled: true\n  oauthConfiguration:\n    requiredSecrets:\n      - value: {value}\n"
    assert said("broken-oauth-expression", edited((SAAS, oauth))) == []


SECRET = "    sensitive: true\n"


@pytest.mark.parametrize("key", ["sensitve", "Sensitive", "sensitiv"])
def test_a_misspelled_sensitive_is_one_finding(key: str) -> None:
    folder = edited((SECRET, f"    {key}: true\n"))
    assert said("exposed-secret", folder) == []
    assert len(said("misspelled-key", folder)) == 1


def test_a_name_in_camel_case_that_is_taken_is_not_proposed() -> None:
    folder = edited(("name: apiToken", "name: api-url"))
    (problem,) = problems_of(BY_NAME["odd-configuration-name"], folder)
    assert problem.fix and problem.fix.title == "choose a name in camelCase"
    folder = unread(edited(("name: apiToken", "name: api-token")))
    (problem,) = problems_of(BY_NAME["odd-configuration-name"], folder)
    assert problem.fix and problem.fix.title == 'rename it to "apiToken"'


def test_a_near_name_is_shown_on_one_line_and_cut() -> None:
    long = "api" + "x" * 70
    section = f"interface:\n  sections:\n    - label: More\n      configurationNames: [{long}y]\n"
    folder = edited(("name: apiToken", f'name: "{long}"'), (SAAS, section + SAAS))
    (problem,) = problems_of(BY_NAME["undeclared-configuration"], folder)
    assert problem.fix and long not in problem.fix.title


ADDRESS = "The address of the API"


@pytest.mark.parametrize(
    ("link", "count"),
    [
        ("<a href='https://a.b'>x</a>", 1),
        ('<a target=\\"_self\\" href=\\"https://a.b\\">x</a>', 1),
        ("<a target='_blank' href='https://a.b'>x</a>", 0),
        ("<A href='https://a.b' TARGET=_blank>x</A>", 0),
        ("<a target='_blank' href='https://a.b'>x</a> and <a href='https://a.b'>y</a>", 1),
        ("https://a.b", 0),
        ("<b>x</b> <abbr title='x'>y</abbr>", 0),
    ],
)
def test_a_link_in_a_description_opens_a_new_page(link: str, count: int) -> None:
    assert len(said("link-in-the-same-page", edited((ADDRESS, link)))) == count


WHOLE = "A token that may read each project and its tasks"


@pytest.mark.parametrize(
    "text",
    [
        "Azure subscription ID to",
        "The address of the",
        "Projects, labels,",
        "Things such as",
        "A (",
        "Read and",
    ],
)
def test_a_description_that_stops_in_a_sentence_is_reported(text: str) -> None:
    (found,) = said("description-cut-off", edited((WHOLE, f"'{text}'")))
    assert found[0] == 22


@pytest.mark.parametrize(
    "text",
    [
        "The host to subscribe webhooks to",
        "The account that this belongs to",
        "What the token is for",
        "The ID to read from",
        'Your API key, see <a href="https://x.y/a">the docs</a>',
        "The grade, such as A",
        "Log in",
    ],
)
def test_a_sentence_may_end_in_a_small_word(text: str) -> None:
    assert said("description-cut-off", edited((WHOLE, f"'{text}'"))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("required: true\n    sensitive", "required: yes\n    sensitive"), ("enabled: false", "enabled: off")],
)
def test_a_yes_for_a_flag_is_told_once(old: str, new: str) -> None:
    folder = edited((old, new))
    assert len(said("wrong-type", folder)) == 1
    assert said("unportable-scalar", folder) == []
