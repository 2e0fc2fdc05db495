"""Credentials in the bytes of a file, recognised by the forms that their issuers document.

The forms are those with a prefix that nothing else has; a text that merely looks random is none. The usual scanners
look at each line with each form, which takes forty times as long as all rules together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class _Form:
    """What a credential is called, bytes that occur in each one, and its pattern; the group `body` is random."""

    name: str
    needle: bytes
    pattern: re.Pattern[bytes]


def _form(name: str, needle: bytes, pattern: bytes) -> _Form:
    return _Form(name, needle, re.compile(rb"(?<![A-Za-z0-9_-])" + pattern + rb"(?![A-Za-z0-9])"))


_EVERYWHERE = (
    _form("an access key of AWS", b"AKIA", rb"AKIA(?P<body>[A-Z0-9]{16})"),
    _form("a token of GitHub", b"ghp_", rb"ghp_(?P<body>[A-Za-z0-9]{36})"),
    _form("a token of GitHub", b"github_pat_", rb"github_pat_(?P<body>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
    _Form(
        "a private key",
        b"PRIVATE KEY-----",
        re.compile(
            rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\r?\n|\\n)\s*(?P<body>[A-Za-z0-9+/]{60,76})(?=\r?\n|\\n)"
        ),
    ),
)
_OUTSIDE_TESTS = (
    _form("a token of GitHub", b"ghs_", rb"ghs_(?P<body>[A-Za-z0-9]{36})"),
    _form("a token of GitLab", b"glpat-", rb"glpat-(?P<body>[\w-]{20,64})"),
    _form("a token of Slack", b"xoxb-", rb"xoxb-\d{10,14}-\d{10,14}-(?P<body>[A-Za-z0-9]{20,40})"),
    _form("a token of Slack", b"xoxp-", rb"xoxp-\d{10,14}-\d{10,14}-\d{10,14}-(?P<body>[a-f0-9]{28,40})"),
    _form(
        "a webhook of Slack",
        b"hooks.slack.com/services/",
        rb"https://hooks\.slack\.com/services/T\w{8,12}/B\w{8,12}/(?P<body>[A-Za-z0-9]{24})",
    ),
    _form("a key of Stripe", b"_live_", rb"[rs]k_live_(?P<body>[A-Za-z0-9]{24,99})"),
    _form("a key of Google", b"AIza", rb"AIza(?P<body>[\w-]{35})"),
    _form("a key of Anthropic", b"sk-ant-", rb"sk-ant-[a-z]+\d\d-(?P<body>[\w-]{80,120})"),
    _form("a key of OpenAI", b"T3BlbkFJ", rb"sk-(?P<body>[\w-]{20,80}T3BlbkFJ[\w-]{20,80})"),
    _form("a token of Atlassian", b"ATATT3", rb"ATATT3(?P<body>[\w=-]{100,220})"),
)

_PLACEHOLDER = re.compile(
    r"example|sample|placeholder|changeme|your|dummy|fake|mock|test|secret|token|xxx|\.\.\.|1234|abcd|0000|qwerty",
    re.IGNORECASE,
)
"""What is in a text that stands for a credential."""

_SENSITIVE = re.compile(
    r"SECRET|TOKEN|PASSW(?:OR)?D|(?:API|ACCESS|PRIVATE|APPLICATION|ACTIVATION)_?KEY", re.IGNORECASE
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_.~-]{16,}")

RANDOM = 3.3
"""Bits of each letter from which a text counts as random: names and words of 16 letters and more have less."""


def credential(data: bytes, is_of_tests: bool) -> tuple[str, int] | None:
    """The first credential in a file, in words, and its line; in tests, where many are made up, only of some forms."""
    for form in _EVERYWHERE if is_of_tests else (*_EVERYWHERE, *_OUTSIDE_TESTS):
        if form.needle in data:
            for match in form.pattern.finditer(data):
                if _is_random(match["body"].decode()):
                    return form.name, data.count(b"\n", 0, match.start()) + 1
    return None


def looks_real(name: str, value: str) -> bool:
    """True where a variable is sensitive by its name, and its value random: no word, no address, no placeholder."""
    has_both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return bool(_SENSITIVE.search(name) and _OPAQUE.fullmatch(value)) and has_both and _is_random(value)


def _is_random(text: str) -> bool:
    counts = Counter(text).values()
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return bits >= RANDOM and not _PLACEHOLDER.search(text)


PREFIX = "OCEAN__INTEGRATION__CONFIG__"
"""What precedes the name of a configuration in the environment, as Ocean reads it."""


@dataclass(frozen=True)
class Variable:
    """A line `NAME=value` of an environment file; a `mention` is one in a comment."""

    name: str
    value: str
    line: int
    is_mention: bool


_LINE = re.compile(r"\s*(?P<comment>#\s*)?(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")


def variables(data: bytes) -> Iterator[Variable]:
    """The variables of an environment file, in order."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if match := _LINE.fullmatch(line):
            value = re.split(r"\s#", match["value"])[0].strip().strip("\"'")
            yield Variable(match["name"], value, number, bool(match["comment"]))
