"""Reading settings from the text of `seatrial.toml`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from seatrial import schemas
from seatrial.core.errors import ConfigurationError
from seatrial.core.framework import Framework
from seatrial.core.model import Profile, Severity
from seatrial.core.names import canonical
from seatrial.core.settings import (
    GROWTH,
    BotRule,
    KeylessSettings,
    LayersSettings,
    LintSettings,
    OwnRulesSettings,
    ReleaseSettings,
    Settings,
    SharedCacheSettings,
    SharedFiles,
)
from seatrial.core.suggest import hint, with_repair
from seatrial.documents import toml
from seatrial.documents.document import Document

SETTINGS_FILE = "seatrial.toml"


KnownCodes = Callable[[str], Collection[str]]
"""Returns the known rule codes, given the one that was read."""


def settings_of(data: bytes, known_codes: KnownCodes | None = None) -> Settings:
    """Read the text of a `seatrial.toml`; rule codes must be among `known_codes`, if given.

    Raises ConfigurationError with place, fault and repair.
    """
    document = toml.load_settings(SETTINGS_FILE, data)
    for fault in document.faults:
        raise ConfigurationError(f"{SETTINGS_FILE}:{fault.line}:{fault.column}: {fault.message}")
    for violation in schemas.violations("seatrial", document.value):
        where = (document.key if violation.at_key else document.at)(*violation.keys)
        repair = violation.repair.title if violation.repair else ""
        message = with_repair(violation.message, repair) if repair else violation.message
        raise ConfigurationError(f"{SETTINGS_FILE}:{where.line}:{where.column}: {message}")
    own = _own(document.value.get("rules", {}))
    known: dict[str, list[str]] = document.value.get("known", {})
    return Settings(
        profile=Profile(document.value["profile"]) if "profile" in document.value else None,
        integrations=document.value.get("integrations", "integrations"),
        severities=_growth(document.value.get("exemptions", {}))
        | dict(
            _severity(document, code, word, None if own.knows(code) else known_codes)
            for code, word in document.value.get("severity", {}).items()
        ),
        known_blueprints=frozenset(known.get("blueprints", ())),
        known_icons=frozenset(known.get("icons", ())),
        known_sections=frozenset(known.get("sections", ())),
        lint=_lint(document.value.get("lint", {})),
        release=_release(document.value.get("release", {})),
        own=own,
        newest_core=Framework.of(document.value.get("quality", {}).get("core", "")).release,
        shared_cache=SharedCacheSettings(
            document.value.get("cache", ""), tuple(document.value.get("cache-keys", ()))
        ),
        shared=_shared(document),
    )


MOST_SHARED = 2_000
"""The most patterns and names below `[shared]`, as each name is compared with each integration."""


def _shared(document: Document) -> tuple[SharedFiles, ...]:
    """Return the declarations of shared files. Raises ConfigurationError for too many."""
    table: dict[str, list[str]] = document.value.get("shared", {})
    if len(table) + sum(map(len, table.values())) > MOST_SHARED:
        where = document.key("shared")
        raise ConfigurationError(
            f"{SETTINGS_FILE}:{where.line}:{where.column}: more than {MOST_SHARED:,} patterns and names below "
            "[shared]; let one pattern stand for many"
        )
    return tuple(SharedFiles(path, tuple(names)) for path, names in table.items())


def _growth(table: dict[str, Any]) -> dict[str, Severity | None]:
    """Return the severity that `may-grow` gives to the rule about added suppressions, unless that is stated itself."""
    return {} if table.get("may-grow", True) else {GROWTH: Severity.ERROR}


def _own(table: dict[str, Any]) -> OwnRulesSettings:
    """Return the settings of own rules; which codes they have is known once they are loaded."""
    return OwnRulesSettings(table.get("prefix", ""), tuple(table.get("files", ())), table.get("forks", False))


def _lint(table: dict[str, Any]) -> LintSettings:
    return LintSettings(frozenset(canonical(name) for name in table.get("source-packages", ())))


def _release(table: dict[str, Any]) -> ReleaseSettings:
    stated = {key.replace("-", "_"): value for key, value in table.items()}
    layers = table.get("layers", {})
    told = LayersSettings(frozenset(layers.get("in-base", ())), layers.get("python", ""))
    bots = {name.lower(): BotRule(**rule) for name, rule in table.get("bots", {}).items()}
    platforms = tuple(table.get("platforms", ()))
    keyless = KeylessSettings(
        **{key.replace("-", "_"): value for key, value in table.get("keyless", {}).items()}
    )
    more = {"platforms": platforms, "layers": told, "bots": bots, "keyless": keyless}
    return ReleaseSettings(**(stated | more))


def _severity(
    document: Document, code: str, word: str, known_codes: KnownCodes | None
) -> tuple[str, Severity | None]:
    known = known_codes(code) if known_codes else (code,)
    if code not in known:
        where = document.key("severity", code)
        raise ConfigurationError(
            f'{SETTINGS_FILE}:{where.line}:{where.column}: no rule has the code "{code}"'
            + hint(code, known, "`seatrial rules` lists them")
        )
    return code, None if word == "off" else Severity(word)
