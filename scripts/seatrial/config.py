"""From the text of `seatrial.toml` to settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from seatrial import schemas
from seatrial.documents import toml
from seatrial.documents.document import Document
from seatrial.errors import ConfigurationError
from seatrial.model import Profile, Severity
from seatrial.near import nearest
from seatrial.settings import ReleaseSettings, Settings

SETTINGS_FILE = "seatrial.toml"


def settings_of(data: bytes) -> Settings:
    """What a `seatrial.toml` says. Raises ConfigurationError with place, fault and repair."""
    document = toml.load_settings(SETTINGS_FILE, data)
    for fault in document.faults:
        raise ConfigurationError(f"{SETTINGS_FILE}:{fault.line}:{fault.column}: {fault.message}")
    for violation in schemas.violations("seatrial", document.value):
        where = (document.key if violation.at_key else document.at)(*violation.keys)
        repair = f"; {violation.repair.title}" if violation.repair else ""
        raise ConfigurationError(f"{SETTINGS_FILE}:{where.line}:{where.column}: {violation.message}{repair}")
    known: dict[str, list[str]] = document.value.get("known", {})
    return Settings(
        profile=Profile(document.value["profile"]) if "profile" in document.value else None,
        integrations=document.value.get("integrations", "integrations"),
        severities=dict(_severity(document, code, word) for code, word in _table(document.value, "severity")),
        known_blueprints=frozenset(known.get("blueprints", ())),
        known_icons=frozenset(known.get("icons", ())),
        known_sections=frozenset(known.get("sections", ())),
        release=_release(document.value.get("release", {})),
    )


def _release(table: dict[str, Any]) -> ReleaseSettings:
    stated = {key.replace("-", "_"): value for key, value in table.items()}
    return ReleaseSettings(**(stated | {"platforms": tuple(table.get("platforms", ()))}))


def _table(value: dict[str, Any], name: str) -> list[tuple[str, str]]:
    return list(value.get(name, {}).items())


def _severity(document: Document, code: str, word: str) -> tuple[str, Severity | None]:
    known = _codes(code)
    if code not in known:
        where = document.key("severity", code)
        near = nearest(code, known)
        hint = f'; did you mean "{near}"?' if near else "; `seatrial rules` lists them"
        raise ConfigurationError(
            f'{SETTINGS_FILE}:{where.line}:{where.column}: no rule has the code "{code}"{hint}'
        )
    return code, None if word == "off" else Severity(word)


def _codes(asked: str) -> Collection[str]:
    """The codes that may have a severity; those of lint are looked up only when it may be one of them."""
    from seatrial.rules import BY_CODE

    if not asked.upper().startswith("L"):
        return BY_CODE.keys()
    from seatrial.lint.laws import LAW_OF

    return BY_CODE.keys() | LAW_OF.keys()
