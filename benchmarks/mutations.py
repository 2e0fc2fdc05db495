"""Damage that people and attackers do to an integration folder, drawn at random: a folder in, a damaged one out."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

Files = dict[str, bytes]
Text = Callable[[str, random.Random], str]

WANTED = re.compile(
    r"\.port/.*\.(?:json|ya?ml)|pyproject\.toml|CHANGELOG\.md|poetry\.lock|\.ocean-release/.*|[^/]+\.py|[^/]+/[^/]+\.py"
)
"""The files that are damaged; most of them are read by rules."""

LOOKALIKES = {
    "a": "\u0430",
    "e": "\u0435",
    "o": "\u043e",
    "i": "\u0456",
    "c": "\u0441",
    "-": "\u2010",
    " ": "\u00a0",
}
"""Characters of other alphabets that look the same."""

VALUES = ["[]", "{}", "null", "true", "3", "-1.5e999", '""', "'", '"', "~", "[[1]]", "&a x", "*a", "!!set", "<<", "yes",
          "0x1F", "9" * 400, "1e400", "2024-01-01", "\U0001f600", "\u202e", "\u2028", "\x85", "#", ": ", "- ", "'''",
          "\\", "\\u0041", "${HOME}", "{{ x }}", "%s", "\t", "\x00"]  # fmt: skip

USUAL = {"exporter": ["export", "exporters", "Exporter", "exportr"], "string": ["str", "String", "strng"],
         "boolean": ["bool", "Boolean"], "number": ["int", "integer"], "integer": ["int", "Integer"],
         "object": ["dict", "Object"], "array": ["list", "Array"], "date-time": ["date", "datetime"],
         "format": ["Format", "formt"], "title": ["Title", "titel"], "type": ["Type", "tpye", "typ"],
         "icon": ["Icon"], "kind": ["Kind", "kinds"], "identifier": ["Identifier", "id"], "red": ["Red"],
         "url": ["string", "URL"], "darkGray": ["gray", "grey"], "patch": ["Patch", "patch # small", "pacth"],
         "bugfix": ["fix", "Fix", "bugfixes"], "### ": ["## ", "#### "], "Features": ["features", "Feature"],
         "Bug Fixes": ["Bugfixes", "bug fixes"], "## ": ["# ", "##  ", "## v"], "(20": ["20", " (20", "- (20"],
         "\n\n\n": ["\n\n", "\n\n\n\n", "\n"], "\n\n": ["\n", "\n\n\n"], "-->\n": ["--> \n", "-->\t\n", "--> x\n"],
         'version = "': ['version = "v', 'version = " '], "version: ": ["version: v"],
         "apiToken": ["api_token", "ApiToken"], "api_token": ["apiToken"], "api_url": ["apiUrl"],
         "- type: url": ["- type: string"], "type: url": ["type: string", 'type: "string"']}  # fmt: skip
"""Usual mistakes, by what is right; many of them have a repair."""

INTENTS = ["bump: patch\nchangelog-type: bugfix\nchangelog: Pages are read once\n", "- bump: Minor\nchangelog: x\n",
           "bump: patch # small\nchangelog-type: Fix\nChangelog: x\n", "BUMP: patch\nBump: patch\n"]  # fmt: skip


def mutated(files: Files, rng: random.Random, most: int = 4) -> Files:
    """Return the folder with up to `most` damages; files that are damaged out of existence are gone."""
    for _ in range(rng.randint(1, most)):
        files = rng.choice(WHOLE)(files, rng) if rng.random() < 0.15 else _in_one(files, rng)
    return files


def _in_one(files: Files, rng: random.Random) -> Files:
    """Damage one file: each kind of file is as likely as the others, however many there are."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(files):
        if WANTED.fullmatch(path):
            kinds.setdefault(_kind(path), []).append(path)
    if not kinds:
        return files
    path = rng.choice(kinds[rng.choice(sorted(kinds))])
    text = files[path].decode("utf-8", "surrogateescape")
    damage = _usual_mistake if rng.random() < 0.4 else rng.choice(TEXT)
    return {**files, path: damage(text, rng).encode("utf-8", "surrogateescape")}


def _kind(path: str) -> str:
    return path.rpartition(".")[2] if path.endswith(".py") else path


def _usual_mistake(text: str, rng: random.Random) -> str:
    """Make a usual mistake at one place, or at all of them."""
    found = [right for right in USUAL if right in text]
    if not found:
        return _misspelled(text, rng)
    right = rng.choice(found)
    wrong = rng.choice(USUAL[right])
    if rng.random() < 0.1:
        return text.replace(right, wrong)
    at = rng.choice([match.start() for match in re.finditer(re.escape(right), text)])
    return text[:at] + wrong + text[at + len(right) :]


def _misspelled(text: str, rng: random.Random) -> str:
    return _in_a_word(text, rng, lambda word: word[:1] + word[2:3] + word[1:2] + word[3:])


def _recased(text: str, rng: random.Random) -> str:
    change = rng.choice([str.upper, str.lower, str.swapcase, str.title])
    return _in_a_word(text, rng, change)


def _confused(text: str, rng: random.Random) -> str:
    return _in_a_word(text, rng, lambda word: "".join(LOOKALIKES.get(letter, letter) for letter in word))


def _plural(text: str, rng: random.Random) -> str:
    return _in_a_word(text, rng, lambda word: word.removesuffix("s") if word.endswith("s") else word + "s")


def _like_another(text: str, rng: random.Random) -> str:
    """Give a word the text of another one of the file, as when something is renamed to what exists."""
    words = re.findall(r"[A-Za-z][\w-]{2,}", text[:200_000])
    return _in_a_word(text, rng, lambda word: rng.choice(words)) if words else text


def _in_a_word(text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    places = [match.span() for match in re.finditer(r"[A-Za-z][\w-]{2,}", text[:200_000])]
    if not places:
        return text
    start, end = rng.choice(places)
    return text[:start] + change(text[start:end]) + text[end:]


def _other_value(text: str, rng: random.Random) -> str:
    """Give something else in place of a value: of the wrong type, huge, or not in the language."""
    places = [match.span(1) for match in re.finditer(r"[:=] *([^\n,{}\[\]]+)", text[:200_000])]
    if not places:
        return text + rng.choice(VALUES)
    start, end = rng.choice(places)
    return text[:start] + rng.choice(VALUES) + text[end:]


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Text:
    def damage(text: str, rng: random.Random) -> str:
        lines = text.splitlines(keepends=True)
        if lines:
            change(lines, rng.randrange(len(lines)), rng)
        return "".join(lines)

    return damage


def _drop(lines: list[str], at: int, rng: random.Random) -> None:
    del lines[at : at + rng.choice([1, 1, 2, 8])]


def _repeat(lines: list[str], at: int, rng: random.Random) -> None:
    block = lines[at : at + rng.choice([1, 1, 2, 8])]
    lines[at:at] = block


def _repeat_elsewhere(lines: list[str], at: int, rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), lines[at])


def _swap(lines: list[str], at: int, rng: random.Random) -> None:
    other = rng.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = rng.choice(["  ", " ", "\t", "\u00a0", "- "]) + lines[at]


def _outdent(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = lines[at].lstrip()


def _trail(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = lines[at].rstrip("\r\n") + rng.choice([" ", "\t", " # x", "\x0b", "\u2028", "\r"]) + "\n"


def _reversed(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at:] = lines[at:][::-1]


def _anchored(lines: list[str], at: int, rng: random.Random) -> None:
    """Put an anchor before a value, and an alias in place of another one."""
    key, colon, value = lines[at].partition(": ")
    lines[at] = f"{key}: &same {value}" if colon and value.strip() else lines[at]
    other = rng.randrange(len(lines))
    key, colon, value = lines[other].partition(": ")
    if colon and other > at:
        lines[other] = f"{key}: *same\n"


def _commented(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = "#" + lines[at]


def _crlf(text: str, rng: random.Random) -> str:
    ending = rng.choice(["\r\n", "\r\n", "\r"])
    if rng.random() < 0.5:
        return text.replace("\n", ending)
    return "".join(line[:-1] + ending if rng.random() < 0.5 and line.endswith("\n") else line
                   for line in text.splitlines(keepends=True))  # fmt: skip


def _marked(text: str, rng: random.Random) -> str:
    return "\ufeff" + text


def _unended(text: str, rng: random.Random) -> str:
    return text.rstrip("\n")


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _other_quotes(text: str, rng: random.Random) -> str:
    return text.replace('"', "'") if rng.random() < 0.5 else text.replace("'", '"')


def _escaped(text: str, rng: random.Random) -> str:
    """Write a letter of a word as an escape, which JSON and quoted YAML and TOML read as the letter."""
    return _in_a_word(text, rng, lambda word: f"\\u{ord(word[0]):04x}{word[1:]}")


def _in_the_other_language(text: str, rng: random.Random) -> str:
    """Write JSON as YAML and YAML as JSON, on one line or on many."""
    try:
        value: Any = yaml.safe_load(text)
        if rng.random() < 0.5:
            return json.dumps(value, default=str, indent=rng.choice([None, 2]))
        return str(
            yaml.safe_dump(value, sort_keys=rng.random() < 0.5, default_flow_style=rng.choice([None, True]))
        )
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return "{" + text + "}"


def _byte(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return (
        text[:at]
        + rng.choice(["\udcff", "\udc80", "\x00", "\x7f", "{", "}", ",", '"', "\\"])
        + text[at + 1 :]
    )


TEXT: Sequence[Text] = (
    _misspelled, _recased, _confused, _plural, _like_another, _other_value, _crlf, _marked, _unended, _cut, _escaped,
    _other_quotes, _in_the_other_language, _byte,
    *map(_lines, (_drop, _repeat, _repeat_elsewhere, _swap, _indent, _outdent, _trail, _reversed, _anchored,
                  _commented)),
)  # fmt: skip


def _swapped(files: Files, rng: random.Random) -> Files:
    one, other = rng.choice(sorted(files)), rng.choice(sorted(files))
    return {**files, one: files[other], other: files[one]}


def _renamed_everywhere(files: Files, rng: random.Random) -> Files:
    """Rename a blueprint in one file to another one that exists, or to nearly itself."""
    resources = [path for path in sorted(files) if path.startswith(".port/resources/")]
    names = sorted(
        {one.decode() for path in resources for one in re.findall(rb'"identifier": *"([\w-]+)"', files[path])}
    )
    if not names:
        return files
    name, path = rng.choice(names), rng.choice(resources)
    new = rng.choice([*names, name + "s", name.title(), name[:-1], name.lower()])
    return {**files, path: files[path].replace(f'"{name}"'.encode(), f'"{new}"'.encode())}


def _without(files: Files, rng: random.Random) -> Files:
    gone = rng.choice(sorted(files))
    return {path: data for path, data in files.items() if path != gone} if len(files) > 1 else files


def _with_an_intent(files: Files, rng: random.Random) -> Files:
    return {**files, f".ocean-release/{rng.randrange(3)}.yaml": rng.choice(INTENTS).encode()}


def _in_another_suffix(files: Files, rng: random.Random) -> Files:
    path = rng.choice([path for path in sorted(files) if path.startswith(".port/")] or sorted(files))
    stem, suffix = path.rpartition(".")[::2]
    other = {"json": "yaml", "yaml": "json"}.get(suffix, "yml")
    return {**files, f"{stem}.{other}": files[path]}


WHOLE: Sequence[Callable[[Files, random.Random], Files]] = (
    _swapped, _renamed_everywhere, _renamed_everywhere, _without, _with_an_intent, _with_an_intent, _in_another_suffix,
)  # fmt: skip
