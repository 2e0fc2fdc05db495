"""Credentials in the bytes of a file, and the variables of an environment file.

Credentials are recognised by the forms that their issuers document. The forms are those with a prefix that nothing
else has; a text that merely looks random is none. The usual scanners look at each line with each form, which takes
forty times as long as all rules together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from seatrial.core.suggest import nearest
from seatrial.documents.document import BOM


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

LISTENER = "OCEAN__EVENT_LISTENER__TYPE"
_FLAG = "OCEAN__INITIALIZE_PORT_RESOURCES"
_MINUTES = "OCEAN__SCHEDULED_RESYNC_INTERVAL"

SETTINGS = (
    "OCEAN__PORT__CLIENT_ID",
    "OCEAN__PORT__CLIENT_SECRET",
    "OCEAN__PORT__BASE_URL",
    "OCEAN__BASE_URL",
    "OCEAN__INTEGRATION__TYPE",
    "OCEAN__INTEGRATION__IDENTIFIER",
    "OCEAN__EVENT_LISTENER",
    LISTENER,
    _FLAG,
    _MINUTES,
    "APPLICATION__LOG_LEVEL",
)
"""The settings of Ocean that integrations name in `.env.example`."""

LISTENERS = ("POLLING", "KAFKA", "WEBHOOK", "ONCE", "WEBHOOKS_ONLY", "ACTIONS_ONLY")
"""The types of event listeners, as `EventListenerType` of Ocean has them."""

TYPES = {_FLAG: "boolean", _MINUTES: "integer"}
"""The types of the settings of Ocean that are no texts."""

_BOOLEANS = frozenset({"0", "1", "off", "on", "f", "t", "false", "true", "n", "y", "no", "yes"})
"""The texts of which pydantic makes a boolean, in any case."""


@dataclass(frozen=True)
class Variable:
    """A line `NAME=value` of an environment file; a `mention` is one in a comment."""

    name: str
    value: str
    line: int
    is_mention: bool


@dataclass(frozen=True)
class LostLine:
    """A line of an environment file that is read as no variable: its number, and the text to be replaced in it.

    `name` is that of the variable that it seems to set; empty where it looks like none.
    """

    line: int
    name: str
    old: str
    new: str


_LINE = re.compile(r"\s*(?P<comment>#\s*)?(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")
_COLON = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)(?P<sign>\s*:\s*|[ \t]+)(?=[^\s=#])")
_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<value>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)(?P<rest>[^\r\n]*)""", re.DOTALL
)
_END = re.compile(r"\r\n|\n|\r")
_EXPORTED = re.compile(r"\s*export\s+[^\s=#]+\s*(?:#.*)?")


def _lines(data: bytes) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Yield the lines of an environment file with their numbers, and the values in quotes that begin there.

    A value in quotes may take several lines; the others of these are left out.
    """
    text = data.decode("utf-8", "replace").removeprefix(BOM)
    start = number = after = 0
    while start <= len(text):
        end = _END.search(text, start)
        number, stop = number + 1, end.start() if end else len(text)
        if start >= after:
            line = text[start:stop]
            match = _LINE.fullmatch(line)
            is_set = match and not match["comment"]
            quoted = _QUOTED.match(text, start + match.start("value")) if match and is_set else None
            after = quoted.end() if quoted else stop
            yield number, line, quoted
        start = end.end() if end else len(text) + 1


def variables(data: bytes) -> Iterator[Variable]:
    """The variables of an environment file, in order."""
    for number, line, quoted in _lines(data):
        if match := _LINE.fullmatch(line):
            value = re.split(r"(?:^|\s)#", match["value"])[0].strip().strip("\"'")
            if quoted and not _behind(quoted["rest"]):
                value = quoted["value"]
            yield Variable(match["name"], value, number, bool(match["comment"]))


def lost_lines(data: bytes) -> Iterator[LostLine]:
    """The lines of an environment file that python-dotenv, with which Ocean reads it, passes over, in order."""
    for number, line, quoted in _lines(data):
        if not line.strip() or line.lstrip().startswith("#") or _EXPORTED.fullmatch(line):
            continue
        if match := _LINE.fullmatch(line):
            lost, sign = _behind(quoted["rest"]) if quoted else "", match["value"][:1]
            if quoted and lost:
                *above, last = _END.split(f"{quoted['quote']}{quoted['value']}{quoted['quote']}")
                yield LostLine(number + len(above), match["name"], f"{last}{lost}", last)
            elif not quoted and sign in ("'", '"'):
                yield LostLine(number, match["name"], match["value"], f"{match['value'].rstrip()}{sign}")
        elif match := _COLON.match(line):
            sign = f"{match['name']}{match['sign']}"
            is_meant = ":" in match["sign"] or "__" in match["name"]
            yield LostLine(number, match["name"] if is_meant else "", sign, f"{match['name']}=")


def _behind(rest: str) -> str:
    """Return what stands behind a quoted value and is no comment; empty for nothing."""
    return re.split(r"(?:^|\s)#", rest)[0].rstrip()


def meant_setting(name: str, configurations: Collection[str]) -> str | None:
    """Return the variable of Ocean that was probably meant by a name, in capitals, that it does not read.

    `configurations` are those of the spec, by the key in the code.
    """
    known = [*SETTINGS, *(f"{PREFIX}{one.upper()}" for one in configurations)]
    is_of_ocean = name.startswith(("OCEAN", "APPLICATION_"))
    return nearest(name, known, cutoff=0.93) if is_of_ocean and name not in known else None


def is_refused(value: str, kind: str) -> bool:
    """Return whether Ocean makes no value of this type of a text; False for a placeholder, and for no text."""
    if not value or re.search(r"[<>${}\[\]\"']|your|\.\.\.|xxx|\s", value, re.IGNORECASE):
        return False
    if kind == "integer":
        return not re.fullmatch(r"[-+]?\d+(?:_\d+)*", value)
    return kind == "boolean" and value.lower() not in _BOOLEANS
