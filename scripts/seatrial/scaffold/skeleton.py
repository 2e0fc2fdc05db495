"""New integration folders from answers; the only reader of templates/."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core import names
from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.core.model import MemoryFolder
from seatrial.documents import yaml
from seatrial.documents.integration import SPEC_FILES
from seatrial.scaffold.answers import Answers
from seatrial.system.atomic import write_tree

if TYPE_CHECKING:
    from jinja2 import Environment, Template

REVISION = 5
"""The revision of the template, raised whenever it changes what it writes; recorded in each generated folder."""

LOCK = "poetry.lock"
"""The file that is copied as it is: it depends on the dependencies of a folder and not on its name."""

IGNORE = ".gitignore"

_SUFFIX = ".tmpl"

SPEC_JSON, SPEC_YAML, _ = SPEC_FILES

_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9 &,.()/+_-]*|https?://[\w./?=&%#~+-]+")
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


FIRST = "0.1.0"
"""The version of a new integration."""

PREVIEW = f"{FIRST}-beta"
"""The version of a new integration in Ocean's repository, as its CONTRIBUTING.md asks for."""

ABSENT = "ABSENT"
"""The file of the history that lists the paths that a revision did not have."""

_ONLY_WITH = {
    "webhooks.py": "live_events",
    "tests/test_webhooks.py": "live_events",
    "actions.py": "actions",
    "tests/test_actions.py": "actions",
    "rate_limits.py": "rate_limits",
    "tests/test_rate_limits.py": "rate_limits",
    "tests/test_oauth.py": "oauth",
}
"""The files that a folder gets only with an answer, each with that field of `Answers`."""

_SENDING = ("live_events", "actions", "rate_limits")
"""The answers with which the client sends requests other than those for a page."""

_ROLE = re.compile(r"\b(?:parent|child)\b")
"""The word in the path of an example that stands for its kind: `child` for one that belongs to another."""

_COUNTS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]

Files = Mapping[str, str]
"""The texts of a template's files, by path."""


def render(answers: Answers, version: str = FIRST, revision: int = REVISION) -> MemoryFolder:
    """Return the files of a new integration, all but `poetry.lock`, as a revision of the template makes them.

    Raises UsageError for a revision that is not kept.
    """
    words = {**_words(answers), "version": version, "revision": revision}
    files = files_at(_template(), _history(), revision)
    wanted = {path: text for path, text in files.items() if words.get(_ONLY_WITH.get(path, ""), True)}
    return MemoryFolder.of(
        {name: _fill(text, each) for path, text in wanted.items() for name, each in _places(path, words)}
    )


def with_json_spec(folder: MemoryFolder) -> MemoryFolder:
    """Return the files with the spec as JSON, for a repository whose others have it so."""
    spec = yaml.load(SPEC_YAML, folder.read(SPEC_YAML)).value
    text = json.dumps(spec, indent=2, ensure_ascii=False) + "\n"
    return folder.without(SPEC_YAML).having(SPEC_JSON, text)


def lock() -> bytes:
    """Return the lock of a folder with the default version of the framework."""
    return (_templates() / "integration" / LOCK).read_bytes()


def shared() -> Mapping[str, str]:
    """Return the files that all integrations of a workspace share, by path: their Dockerfile and its ignore file."""
    return {path: text for path, text in _workspace().items() if path != IGNORE}


def root_ignore() -> str:
    """Return the `.gitignore` for the root of a workspace."""
    return _workspace()[IGNORE]


def repository_file(name: str, words: Mapping[str, Any]) -> str:
    """Return a file by which a repository uses Seatrial, filled in with these words."""
    return _fill((_templates() / "repository" / f"{name}{_SUFFIX}").read_text(encoding="utf-8"), words)


@cache
def _workspace() -> Mapping[str, str]:
    found = _texts(_templates() / "workspace")
    return {path.removesuffix(_SUFFIX): text for path, text in sorted(found)}


def filled(folder: str, words: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a folder of templates/, by path, filled in with these words."""
    here = _templates()
    for part in folder.split("/"):
        here = here / part
    return {path.removesuffix(_SUFFIX): _fill(text, words) for path, text in sorted(_texts(here))}


def write(folder: MemoryFolder, destination: Path, root: Path | None = None) -> None:
    """Write all files to `destination`, or none; it must not exist, and no link below `root` is followed.

    Raises UsageError if it exists, ServiceError if writing fails or a link is on the way.
    """
    if os.path.lexists(destination):
        raise UsageError(
            f'"{destination}" is already there and was left as it is; '
            "type another name with --slug, or move it away"
        )
    write_tree(destination, {path: folder.read(path) for path in folder.paths()}, root=root)


def _words(answers: Answers) -> dict[str, Any]:
    """Return the variables of the template."""
    stem = answers.title if names.words(answers.title) else answers.slug
    record = answers.record()
    kinds = _kinds(stem, answers.tree)
    child = next((kind for kind in kinds if kind["above"]), None)
    return {
        **{field.name: getattr(answers, field.name) for field in fields(answers)},
        "profile": answers.profile.value,
        "answers": list(record.items()),
        "contact": answers.author + (f" <{answers.email}>" if answers.email else ""),
        "class_name": names.class_name(stem),
        "kinds": kinds,
        "parent": kinds[0],
        "child": child,
        "counts": _COUNTS,
        "exported": _exported(kinds),
        "action": _action(child or kinds[0]),
        "sends": answers.pagination != "page" or any(getattr(answers, name) for name in _SENDING),
    }


def _exported(kinds: Sequence[dict[str, Any]]) -> str:
    """Return the exported kinds in words: "each project and its tasks", "projects, tasks and users"."""
    if len(kinds) == 2 and kinds[1]["above"]:
        return f"each {kinds[0]['words']} and its {kinds[1]['plural_words']}"
    return _enumerated([kind["plural_words"] for kind in kinds])


def _enumerated(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _action(kind: dict[str, Any]) -> dict[str, Any]:
    """Return the words of the action that changes an object of a kind."""
    verb, done, change = ("close", "closed", 'state="closed"')
    if not kind["above"]:
        verb, done, change = ("archive", "archived", "archived=True")
    return {
        "kind": kind,
        "class_name": f"{verb.capitalize()}{kind['class_name']}",
        "name": f"{verb}_{kind['singular']}",
        "verb": verb.capitalize(),
        "title": f"{verb.capitalize()}s one {kind['words']}",
        "done": f"{done.capitalize()} {kind['words']}",
        "change": change,
        "python": '{"state": "closed"}' if kind["above"] else '{"archived": True}',
    }


def _kinds(stem: str, tree: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the words of each kind; `above` and `below` are those of the kinds around it, `number` its example's."""
    found: dict[str, dict[str, Any]] = {}
    for given, over in tree:
        above = found.get(names.kind(over)) if over else None
        number = (2001 if above else 101) + sum(bool(one["above"]) is bool(above) for one in found.values())
        words = {**_kind_words(stem, given), "above": above, "below": [], "number": number}
        if above:
            above["below"].append(words)
        words["getter"] = f"get_{'all_' if above else ''}{words['plural']}"
        words["status"] = "state" if above else "status"
        found[words["kind"]] = words
    for words in found.values():
        for one in words["below"]:
            one["count_name"] = f"open{one['class_name'] if words['below'][1:] else ''}Count"
    return list(found.values())


def _kind_words(stem: str, given: str) -> dict[str, Any]:
    kind = names.kind(given)
    spaced = kind.replace("-", " ")
    return {
        "kind": kind,
        "class_name": names.class_name(kind),
        "constant": names.constant_name(kind),
        "singular": names.variable_name(kind),
        "plural": names.plural(names.variable_name(kind)),
        "path": names.plural(kind),
        "blueprint": names.blueprint(stem, kind),
        "relation": names.blueprint(kind),
        "words": spaced,
        "title": spaced.capitalize(),
        "plural_words": names.plural(spaced),
    }


def _places(path: str, words: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the path and the words of each file made from a template file: one, or for an example one for each kind."""
    role = _ROLE.search(path) if "examples/" in path else None
    if role is None:
        yield path, words
        return
    for kind in words["kinds"]:
        if bool(kind["above"]) is (role[0] == "child"):
            parent = kind["above"] or kind
            yield _ROLE.sub(kind["kind"], path), {**words, "kind": kind, "parent": parent, "child": kind}


def _fill(text: str, words: Mapping[str, Any]) -> str:
    return _compiled(text).render(words)


@lru_cache(maxsize=200)
def _compiled(text: str) -> Template:
    return _environment().from_string(text)


@cache
def _environment() -> Environment:
    """Return a Jinja environment with delimiters that no file contains: TOML and shell use `[[`, jq and Helm `{{`."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701 - no HTML: each place escapes for its own language
        variable_start_string="[=",
        variable_end_string="=]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    environment.filters |= {"json": _json, "markdown": _markdown, "yaml": _yaml, "enumerated": _enumerated_of}
    return environment


def _enumerated_of(kinds: Sequence[dict[str, Any]], key: str, form: str = "%s") -> str:
    """Return a word of each kind, in this form, joined as in a sentence."""
    return _enumerated([form % kind[key] for kind in kinds])


def _json(value: str | bool) -> str:
    """Return a literal that JSON and TOML both read."""
    return json.dumps(value, ensure_ascii=False)


def _yaml(text: str) -> str:
    """Return a scalar that YAML 1.1 and 1.2 read as this text, quoted only if need be."""
    plain = _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS
    return text if plain else _json(text)


def _markdown(text: str) -> str:
    """Escape everything that Markdown and HTML would take as markup."""
    without_tags = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", without_tags)


@cache
def _template() -> Mapping[str, str]:
    """Return the template's files by path, without their suffix."""
    found = _texts(_templates() / "integration")
    return {path.removesuffix(_SUFFIX): text for path, text in found}


def files_at(now: Files, history: Mapping[int, Files], revision: int) -> Files:
    """Return the files of a revision: those of `now`, with the changes of each later revision undone.

    An entry of the history holds the files that the next revision changed, as they were before it, and under ABSENT the
    paths that it added. Raises UsageError for a revision that is not kept.
    """
    files = dict(now)
    for number in range(REVISION - 1, revision - 1, -1):
        if number not in history:
            raise UsageError(f"revision {revision} of the template is not known any more; type --adopt")
        gone = history[number].get(ABSENT, "").split()
        changed = {path: text for path, text in history[number].items() if path != ABSENT}
        files = {path: text for path, text in files.items() if path not in gone} | changed
    return files


@cache
def _history() -> Mapping[int, Files]:
    """Return the entries of the history by the numbers of their revisions."""
    folder = _templates() / "history"
    if not folder.is_dir():
        return {}
    found = {int(one.name): _texts(one) for one in folder.iterdir() if one.name.isdigit()}
    return {
        number: {path.removesuffix(_SUFFIX): text for path, text in texts} for number, texts in found.items()
    }


def digest() -> str:
    """Return a digest of the template; the history keeps that of the newest revision."""
    return hashlib.sha256(json.dumps(sorted(_template().items())).encode()).hexdigest()


def difference(before: Files) -> Files:
    """Return the entry of the history by which `files_at` gets back to an earlier template."""
    now = _template()
    changed = {path: text for path, text in before.items() if now.get(path) != text}
    added = sorted(path for path in now if path not in before)
    return {**changed, **({ABSENT: "".join(f"{path}\n" for path in added)} if added else {})}


def _texts(folder: Traversable, above: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _texts(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(_SUFFIX) or entry.name == ABSENT:
            yield above + entry.name, entry.read_text(encoding="utf-8")


def _templates() -> Traversable:
    """Return the templates of the installed package, or of this checkout."""
    try:
        return importlib.resources.files("seatrial.templates")
    except ModuleNotFoundError:
        beside = Path(__file__).parents[2] / "templates"
    if not beside.is_dir():
        raise ConfigurationError("this installation of seatrial lacks its templates; install it again")
    return beside
