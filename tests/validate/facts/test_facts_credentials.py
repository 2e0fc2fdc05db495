"""Credentials are recognised by their issuers' forms, and made-up ones are none."""

from __future__ import annotations

import pytest

from seatrial.validate.facts.credentials import Variable, credential, looks_real, lost_lines, variables

LETTERS = "q8Zr2LmX0vTn5KcW7yBdH3fJ9sGpQe1uAi6oNxVbMzRtYwDkSlPjChUgFEaT4IO"
"""A text in which no letter occurs twice."""
UPPER = "Q7DYX2MBL5ZK3RVN"


def key(length: int) -> str:
    return (LETTERS * 3)[:length]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"AKIA{UPPER}", "an access key of AWS"),
        (f"ghp_{key(36)}", "a token of GitHub"),
        (f"github_pat_{key(22)}_{key(59)}", "a token of GitHub"),
        (f"glpat-{key(20)}", "a token of GitLab"),
        (f"xoxb-123456789012-123456789012-{key(24)}", "a token of Slack"),
        (f"https://hooks.slack.com/services/T0{UPPER[:8]}/B0{UPPER[:8]}/{key(24)}", "a webhook of Slack"),
        (f"sk_live_{key(24)}", "a key of Stripe"),
        (f"AIza{key(35)}", "a key of Google"),
        (f"sk-ant-api03-{key(95)}", "a key of Anthropic"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{key(64)}\n{key(64)}\n", "a private key"),
        (f"-----BEGIN PRIVATE KEY-----\\n{key(64)}\\n", "a private key"),
    ],
)
def test_a_credential_is_found_at_its_line(text: str, name: str) -> None:
    assert credential(f"x = 1\ny = '{text}'\n".encode(), is_of_tests=False) == (name, 2)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        f"XAKIA{UPPER}",
        f"AKIA{UPPER}X",
        "ghp_" + "a" * 36,
        "ghp_1234567890abcdefghijklmnopqrstuvwxyz",
        "ghp_faketokenfaketokenfaketokenfaketoken",
        "-----BEGIN PRIVATE KEY-----\nfake\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "glpat-your-token-goes-in-here",
        f"-----BEGIN PUBLIC KEY-----\n{key(64)}\n",
    ],
)
def test_a_made_up_credential_is_none(text: str) -> None:
    assert credential(text.encode(), is_of_tests=False) is None


def test_in_tests_only_some_forms_are_looked_for() -> None:
    assert credential(f"glpat-{key(20)}".encode(), is_of_tests=True) is None
    assert credential(f"AKIA{UPPER}".encode(), is_of_tests=True) is not None


@pytest.mark.parametrize(
    ("name", "value", "real"),
    [
        ("OCEAN__PORT__CLIENT_SECRET", key(20), True),
        ("OCEAN__INTEGRATION__CONFIG__API_KEY", "3f9a1c77e0b24d6881aa5be2c90f1d34", True),
        ("OCEAN__PORT__CLIENT_SECRET", "<port_client_secret>", False),
        ("OCEAN__PORT__CLIENT_SECRET", "your-client-secret-123", False),
        ("OCEAN__PORT__CLIENT_SECRET", "", False),
        ("OCEAN__PORT__CLIENT_SECRET", "aaaaaaaaaaaaaaaaaaaa1", False),
        ("OCEAN__PORT__CLIENT_SECRET", "https://api.getport.io/v1", False),
        ("OCEAN__INTEGRATION__IDENTIFIER", key(20), False),
    ],
)
def test_a_value_looks_real_where_it_is_random_and_its_name_says_secret(
    name: str, value: str, real: bool
) -> None:
    assert looks_real(name, value) is real


def test_variables_are_read_as_shells_write_them() -> None:
    text = b"# a comment\nexport A='x' # why\n#B=1\n\n C = \"y#z\"\nno variable\n"
    assert list(variables(text)) == [
        Variable("A", "x", 2, False),
        Variable("B", "1", 3, True),
        Variable("C", "y#z", 5, False),
    ]


@pytest.mark.parametrize(
    "data", [b"\xff" * 100, b"A" * 100_000, b"AKIA" * 50_000, b"sk-" * 50_000 + b"T3BlbkFJ"]
)
def test_odd_bytes_take_no_time(data: bytes) -> None:
    assert credential(data, is_of_tests=False) is None
    assert list(variables(data)) == []


@pytest.mark.parametrize(
    ("text", "found", "lost"),
    [
        ('A="first\nB=1\nB=2"\nC=3\n', {"A": "first\nB=1\nB=2", "C": "3"}, []),
        ("A='first\nB=1' more\nC=3\n", {"C": "3"}, [2]),
        ('A="open\nC=3\n', {"C": "3"}, [1]),
        ('A="x # y"#z\n', {"A": "x # y"}, []),
        ("A= # none\nB=1\u2028C=2\n", {"A": "", "B": "1\u2028C=2"}, []),
        ("\ufeffA=1\r\nexport B\r\nC=2\r", {"A": "1", "C": "2"}, []),
        ('A="x\\\\"\nB="y"z\n', {"A": "x\\\\"}, [2]),
    ],
)
def test_an_environment_file_is_read_as_python_dotenv_reads_it(
    text: str, found: dict[str, str], lost: list[int]
) -> None:
    unset = {one.name for one in lost_lines(text.encode())}
    read = {one.name: one.value for one in variables(text.encode())}
    assert {name: value for name, value in read.items() if name not in unset} == found
    assert [one.line for one in lost_lines(text.encode())] == lost
