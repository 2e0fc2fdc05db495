"""The task `completion`, and the candidates that a shell asks for: verbs, flags, values, integrations and codes.

A shell asks at each Tab, so nothing is imported here that is not needed for the answer.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from seatrial.core.errors import SeatrialError, UsageError
from seatrial.tasks.menu import VERBS, Option, OptionKind, Verb

FLAGS = ("--help", "--list", "--version")
"""The flags that stand before a verb."""

MOST = 2_000
"""Most candidates that are given."""

_SAFE = re.compile(r"[\w.@%+=,:/-]+", re.ASCII)
"""What a shell takes as it is; a name of another form has to be typed."""

_RULES = re.compile(r"^([A-Z]{3}\d{3})  (\S+)", re.MULTILINE)

_BASH = """\
_seatrial() {
    local line IFS=$'\\n'
    COMPREPLY=()
    while read -r line; do
        COMPREPLY+=("$line")
    done < <(seatrial --complete -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    case ${COMPREPLY[0]} in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o default -F _seatrial seatrial
"""

_ZSH = """\
#compdef seatrial
_seatrial() {
    local -a found
    found=("${(@f)$(seatrial --complete -- "${(@)words[1,CURRENT]}" 2>/dev/null)}")
    found=(${found:#})
    if (( $#found )); then compadd -Q -- $found; else _files; fi
}
if [ "$funcstack[1]" = "_seatrial" ]; then _seatrial "$@"; else compdef _seatrial seatrial; fi
"""

_FISH = """\
function __seatrial
    set -l words (commandline -opc) (commandline -ct)
    set -l found (seatrial --complete -- $words 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c seatrial -f -a '(__seatrial)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

PLACES = {
    "bash": "write it to ~/.local/share/bash-completion/completions/seatrial",
    "zsh": "write it to a file _seatrial in a folder of $fpath",
    "fish": "write it to ~/.config/fish/completions/seatrial.fish",
}


def completion(program: str | None) -> None:
    """Print the script by which a shell completes the words of `seatrial`. Raises UsageError."""
    from seatrial.tasks.cli import note, say

    if program not in SCRIPTS:
        told = f'no completion for "{program}"' if program else "name a shell"
        raise UsageError(f"{told}; type `seatrial completion bash`, or zsh, or fish")
    say(SCRIPTS[program])
    if sys.stdout.isatty():
        note(f"seatrial: {PLACES[program]}")


def answer(words: Sequence[str]) -> None:
    """Print the candidates for the last of these words, the first of which is the program's name."""
    found = [one for one in candidates(words[1:]) if _SAFE.fullmatch(one)]
    with suppress(OSError):
        sys.stdout.write("".join(f"{one}\n" for one in found[:MOST]))
        sys.stdout.flush()


def candidates(words: Sequence[str]) -> list[str]:
    """Return what the last word may become, given those before it; empty where the shell offers files."""
    before, word = words[:-1], (words[-1] if words else "")
    verb = _verb(before)
    if verb is None:
        names = [one.name for one in VERBS]
        return _beginning(FLAGS if word.startswith("-") else names, word)
    flag, equals, part = word.partition("=")
    if word.startswith("--") and equals and (option := _option(verb, flag)):
        return [f"{flag}={one}" for one in _values(option, part, before)]
    if option := _awaiting(verb, before):
        return _values(option, word, before)
    if word.startswith("-"):
        return _beginning(_flags(verb, before), word)
    return _behind(verb, word, before)


def _verb(words: Iterable[str]) -> Verb | None:
    """Return the last verb among words."""
    known = {one.name: one for one in VERBS}
    found = [known[word] for word in words if word in known]
    return found[-1] if found else None


def _option(verb: Verb, flag: str) -> Option | None:
    return next((one for one in verb.options if flag in (one.flag, f"-{one.short}")), None)


def _awaiting(verb: Verb, before: Sequence[str]) -> Option | None:
    """Return the option whose value comes next."""
    option = _option(verb, before[-1]) if before and before[-1].startswith("-") else None
    return option if option and option.kind is not OptionKind.SWITCH else None


def _flags(verb: Verb, before: Sequence[str]) -> Iterator[str]:
    """Yield the flags that can still be given."""
    for option in verb.options:
        is_many = option.kind in (OptionKind.LIST, OptionKind.WORDS)
        if is_many or not {option.flag, f"-{option.short}"} & set(before):
            yield option.flag
    yield "--help"


def _behind(verb: Verb, word: str, before: Sequence[str]) -> list[str]:
    """Return what may follow a verb without a flag: the value of its first argument, or integrations."""
    if not verb.positional:
        option = _option(verb, "--integration")
    else:
        option = next(one for one in verb.options if one.name == verb.positional[0])
    return _values(option, word, before) if option else []


def _values(option: Option, word: str, before: Sequence[str]) -> list[str]:
    """Return the values of an option that a word begins; of a list, the last part of it."""
    if option.name == "code":
        return _beginning(_codes(word), word)
    names = _integrations(before) if option.name in ("integration", "only", "why") else option.choices
    head, comma, last = word.rpartition(",")
    given = set(head.split(","))
    return [f"{head}{comma}{one}" for one in _beginning(names, last) if one not in given]


def _beginning(names: Iterable[str], word: str) -> list[str]:
    return [one for one in dict.fromkeys(names) if one.startswith(word)]


def _codes(word: str) -> Iterator[str]:
    """Yield the codes of all rules, or their names for a word in small letters."""
    from importlib.resources import files

    text = files("seatrial.handbook").joinpath("rules.txt").read_text(encoding="utf-8")
    for found in _RULES.finditer(text):
        yield found[2] if word[:1].islower() else found[1]


def _integrations(before: Sequence[str]) -> Sequence[str]:
    """Return the names of the integrations of the workspace that the command line names, or else the one around."""
    from seatrial.workspace.workspace import names_at

    stated = [after for word, after in pairwise(before) if word in ("-r", "--root")]
    with suppress(SeatrialError, OSError, ValueError):
        names = names_at(stated[-1] if stated else os.environ.get("SEATRIAL_ROOT"))
        return [name for name in names if not name.startswith("-")]
    return ()
