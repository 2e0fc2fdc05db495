"""HTML pages that ask for nothing from elsewhere, and on which foreign text is text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from typing import Any

from seatrial.core.printable import cut, plain

LONGEST = 20_000
"""The most characters of an object on a page."""

THEME = """
:root { color-scheme: light dark; --back: #fff; --text: #1f2328; --link: #0550ae; }
:root { --line: #d0d7de; --soft: #f6f8fa; --null: #9a3412; --bad: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --link: #79c0ff; }
  :root { --line: #3d444d; --soft: #161b22; --null: #fdba74; --bad: #fda29b; }
}
* { box-sizing: border-box; }
html { background: var(--back); color: var(--text); }
a { color: var(--link); }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 110rem; padding: 0 1rem 3rem; }
a.skip { position: absolute; left: -100rem; }
a.skip:focus { position: static; }
:focus-visible { outline: 2px solid; outline-offset: 2px; }
details { border: 1px solid var(--line); border-radius: .375rem; margin: .5rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; overflow-wrap: anywhere; }
pre, code { font: .8125rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: .375rem; margin: 0; max-height: 32rem; overflow: auto; padding: .75rem; }
pre { overflow-wrap: anywhere; white-space: pre-wrap; }
"""
"""The colours of a page by day and by night, and the look of its plain elements."""


def document(title: str, style: str, body: str, scripts: Iterable[str] = ()) -> str:
    """Return a page whose policy lets in this style and these scripts, by their hashes, and nothing else."""
    programs = list(scripts)
    inline = "".join(f"<script>{one}</script>\n" for one in programs)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html.escape(policy(style, programs))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{text(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
{inline}</body>
</html>
"""


def policy(style: str, scripts: Iterable[str] = ()) -> str:
    """Return the content security policy of a page with this style and these scripts."""
    allowed = " ".join(_hashed(one) for one in scripts)
    programs = f"script-src {allowed}; " if allowed else ""
    return f"default-src 'none'; {programs}style-src {_hashed(style)}; base-uri 'none'; form-action 'none'"


def _hashed(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def text(words: str) -> str:
    """Return foreign text for an element or for an attribute in quotes, on one line, with nothing invisible."""
    return html.escape(plain(words))


def block(label: str, value: Any, most: int = LONGEST) -> str:
    """Return a value as indented JSON, in a box that can be reached and scrolled by keyboard."""
    return lines(label, cut(json.dumps(value, indent=2, ensure_ascii=False), most).split("\n"))


def lines(label: str, shown: Iterable[str]) -> str:
    """Return foreign lines in a box that can be reached and scrolled by keyboard."""
    whole = "\n".join(plain(line) for line in shown)
    return f'<pre role="group" aria-label="{text(label)}" tabindex="0">{html.escape(whole)}</pre>'


def table(label: str, inner: str, *, role: str = "region", identifier: str = "") -> str:
    """Return a table of this HTML with a name, in a box that can be reached and scrolled by keyboard."""
    name = f'aria-label="{text(label)}"'
    given = f' id="{identifier}"' if identifier else ""
    return f'<div class="scroll" role="{role}" {name} tabindex="0"><table{given} {name}>{inner}</table></div>'


def data(identifier: str, value: Any) -> str:
    """Return a value as JSON for scripts of the page, in which nothing ends the element or begins a comment."""
    said = json.dumps(value)
    for letter in "<>&":
        said = said.replace(letter, f"\\u{ord(letter):04x}")
    return f'<script type="application/json" id="{identifier}">{said}</script>'
