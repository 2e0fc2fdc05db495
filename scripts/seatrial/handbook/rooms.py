"""The rooms of this package and their floors: read by the layer test, printed in CONTRIBUTING.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """A folder of `scripts/seatrial/`, which may import only rooms of lower floors.

    `holds` describes its content, `touches` what it may use besides the pure parts of the standard library.
    """

    floor: int
    name: str
    holds: str
    touches: str


ROOMS = (
    Room(
        1,
        "core",
        "the words that all rooms use: integrations, findings, versions, settings, errors",
        "nothing",
    ),
    Room(
        2,
        "documents",
        "YAML, JSON, TOML, changelogs, Python, jq: text in, value and positions out",
        "the parsers",
    ),
    Room(2, "system", "files, processes, git, uv, locks: one outside thing a module", "the machine"),
    Room(2, "report", "an outcome as text, JSON, SARIF, JUnit and so on", "nothing"),
    Room(3, "schemas", "the grammar of the files under `.port`, and its messages", "cerberus"),
    Room(3, "dependencies", "what a `pyproject.toml` and a `poetry.lock` ask for", "packaging"),
    Room(3, "scaffold", "new integration folders from `templates/`", "jinja2"),
    Room(
        4,
        "workspace",
        "finding a repository's integrations; `seatrial.toml`; profiles; a pull request to it",
        "`system`",
    ),
    Room(
        4,
        "preview",
        "a mapping run over examples: the entities that Port would get",
        "a process that runs jq",
    ),
    Room(
        5, "validate", "`facts/` about an integration, `rules/` over them, and running the rules", "`system`"
    ),
    Room(
        5,
        "lint",
        "`tools/`, their `environments/`, and `run/`; `own_code/`: an integration's tests, what its classes accept",
        "processes",
    ),
    Room(
        6, "release", "`plan/` (pure), `registry/`, `store/`, `builders/`, `attest/`, `run/`", "the network"
    ),
    Room(
        7,
        "fleet",
        "many integrations: choosing them, one change or command over all, `ci/`: a run spread over jobs, "
        "`quality/`: the scale and the site",
        "processes",
    ),
    Room(8, "handbook", "generated documentation: the rules, their examples, pictures, this table", "rich"),
    Room(9, "tasks", "one module a verb; `editor/`: the language server behind `lsp`", "invoke"),
    Room(10, "__main__", "the console script", "`tasks`"),
)

LIBRARIES: Mapping[str, frozenset[str]] = {
    "yaml": frozenset({"documents", "lint.own_code.programs"}),
    "tomllib": frozenset({"documents"}),
    "toml": frozenset({"documents"}),
    "tomlkit": frozenset({"documents"}),
    "jq": frozenset({"documents"}),
    "tree_sitter": frozenset({"documents"}),
    "tree_sitter_python": frozenset({"documents"}),
    "cerberus": frozenset({"schemas"}),
    "packaging": frozenset({"dependencies"}),
    "invoke": frozenset({"tasks"}),
    "uv": frozenset({"system.uv"}),
    "platformdirs": frozenset({"system.cache"}),
    "subprocess": frozenset({"system.process"}),
    "poetry": frozenset({"system.poetry_lock"}),
    "jinja2": frozenset({"scaffold"}),
    "rich": frozenset({"handbook", "tasks"}),
    "pygls": frozenset({"tasks.editor"}),
    "lsprotocol": frozenset({"tasks.editor"}),
    "urllib3": frozenset({"release.registry"}),
    "obstore": frozenset({"release.store"}),
    "cyclonedx": frozenset({"release.attest"}),
    "packageurl": frozenset({"release.attest"}),
    "securesystemslib": frozenset({"release.attest.signing"}),
    "cryptography": frozenset({"release.attest.signing", "release.attest.sigstore_bundles"}),
    "sigstore": frozenset({"release.attest.sigstore_bundles"}),
    "requests": frozenset({"release.attest.sigstore_bundles"}),
}
"""The modules, or folders of modules, that may import an outside library."""


def table() -> str:
    """Return the table of rooms in CONTRIBUTING.md, in Markdown."""
    rows = [f"| {room.floor} | `{room.name}` | {room.holds} | {room.touches} |" for room in ROOMS]
    return "\n".join(["| floor | room | holds | may use |", "|---|---|---|---|", *rows]) + "\n"
